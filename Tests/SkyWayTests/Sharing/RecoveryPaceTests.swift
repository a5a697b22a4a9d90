// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SkyWay

@Suite("Links that come back at once", .timeLimit(.minutes(1)))
struct RecoveryPaceTests {
    private let start = ContinuousClock.now

    @Test("one link alone never waits", arguments: [RecoveryPaceStateMachine.Kind.connection, .recovery])
    func alone(kind: RecoveryPaceStateMachine.Kind) {
        var machine = RecoveryPaceStateMachine()
        for second in 0..<100 {
            #expect(machine.reserve(kind, at: start + .seconds(second), jitter: 0.9) == .zero)
        }
    }

    @Test("a hundred recoveries begin within 20 s, at most seven in any second after the first five")
    func hundred() {
        var machine = RecoveryPaceStateMachine()
        var random = 0.0
        let begins = (0..<100).map { _ in
            random = (random + 0.618).truncatingRemainder(dividingBy: 1)
            return machine.reserve(.recovery, at: start, jitter: random)
        }
        #expect(begins.prefix(5).allSatisfy { $0 == .zero })
        #expect(begins.max().map { $0 <= .seconds(20) } == true)
        for begin in begins.dropFirst(5) {
            #expect(begins.count { $0 >= begin && $0 < begin + .seconds(1) } <= 7)
        }
        #expect(Set(begins.dropFirst(5)).count == 95)
    }

    @Test("a hundred connections are made again within 6 s")
    func connections() {
        var machine = RecoveryPaceStateMachine()
        let waits = (0..<100).map { _ in machine.reserve(.connection, at: start, jitter: 0.5) }
        #expect(waits.count { $0 == .zero } == 10)
        #expect(waits.max().map { $0 <= .seconds(6) } == true)
    }

    @Test("only so many are under way; one that ends, or takes too long, makes room")
    func places() throws {
        var machine = RecoveryPaceStateMachine()
        let begun = (0..<16).compactMap { _ in machine.begin(at: start) }
        #expect(begun.count == 16)
        #expect(machine.begin(at: start) == nil)
        machine.end(begun[3])
        #expect(machine.begin(at: start + .seconds(1)) != nil)
        #expect(machine.begin(at: start + .seconds(1)) == nil)
        #expect(machine.wait(at: start + .seconds(1)) == .seconds(9))
        #expect(machine.begin(at: start + .seconds(10)) != nil)
    }

    /// Counts what is under way.
    private actor Counter {
        private(set) var most = 0
        private var now = 0

        func begin() {
            now += 1
            most = max(most, now)
        }

        func end() { now -= 1 }
    }

    @Test("each is done, in whatever way it ends, and no more at a time than there are places")
    func driver() async throws {
        var limits = RecoveryPaceStateMachine.Limits()
        limits.recoveries = TokenBucket(burst: 1000, perSecond: 1000)
        limits.places = 2
        let pace = RecoveryPace(limits)
        let counter = Counter()
        let failures = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<20 {
                group.addTask {
                    do {
                        try await pace.recover {
                            await counter.begin()
                            await Task.yield()
                            await counter.end()
                            if number % 3 == 0 { throw SkyWayError(.sfuFailure, .sfu) }
                        }
                        return false
                    } catch {
                        return true
                    }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(failures == 7)
        #expect(await counter.most <= 2)
    }

    @Test("who is cancelled waits no more, and leaves its place to others")
    func cancelled() async throws {
        let pace = RecoveryPace()
        let (never, _) = AsyncStream.makeStream(of: Never.self)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<3 { group.addTask { try? await pace.recover { for await _ in never {} } } }
            group.cancelAll()
        }
        let result = try await pace.recover { 7 }
        #expect(result == 7)
    }
}
