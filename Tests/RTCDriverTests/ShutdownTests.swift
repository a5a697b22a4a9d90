// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCDriver
import Testing

@Suite("Shutting a worker down", .timeLimit(.minutes(1)))
struct ShutdownTests {
    @Test("ends its sessions, tells their peers, and frees the port")
    func sessions() async throws {
        let first = try await MediaWorker.start(.loopback)
        let second = try await MediaWorker.start(.loopback)
        let pair = try await SessionPair(lite: first, controlling: second)
        try await pair.connected()
        await first.shutdown()
        #expect(await pair.lite.ends() == .local)
        #expect(await pair.controlling.ends() == .remote)
        let again = MediaWorkerConfiguration(address: .loopbackIPv4, port: first.port)
        let third = try await MediaWorker.start(again)
        #expect(third.port == first.port)
        await second.shutdown()
        await third.shutdown()
    }

    /// A session whose peer has fallen silent, on workers of their own.
    private static func silenced() async throws -> (SessionPair, lite: MediaWorker.Handle, peer: MediaWorker.Handle) {
        let first = try await MediaWorker.start(.loopback)
        let second = try await MediaWorker.start(.loopback)
        let pair = try await SessionPair(lite: first, controlling: second)
        try await pair.connected()
        var silence = Impairment()
        silence.isSilent = true
        try await pair.controlling.impair(silence)
        return (pair, first, second)
    }

    @Test("waits a third of a second for a peer that does not answer, and no longer; what is asked then is refused")
    func silentPeer() async throws {
        let (pair, first, second) = try await Self.silenced()
        let began = ContinuousClock.now
        async let ended: Void = first.shutdown()
        #expect(await pair.lite.ends() == .local)
        await #expect(throws: MediaWorkerError.stopped) { _ = try await first.statistics() }
        await ended
        let took = ContinuousClock.now - began
        #expect(took >= .milliseconds(300) && took < .seconds(10), "\(took)")
        await second.shutdown()
    }

    @Test("A session that is closed can't be found any more while its peer is still told")
    func closing() async throws {
        let (pair, first, second) = try await Self.silenced()
        let last = try #require(await pair.lite.close())
        #expect(first.load == 0)
        #expect(try await first.statistics().sessions == 0)
        // Closed again, it is as it was.
        #expect(await pair.lite.close()?.session.packetsSent == last.session.packetsSent)
        await #expect(throws: MediaWorkerError.sessionEnded) { _ = try await pair.lite.statistics() }
        await first.shutdown()
        await second.shutdown()
    }

    @Test("does or refuses every job that is under way, and may be asked for twice")
    func workInFlight() async throws {
        let worker = try await MediaWorker.start(.loopback)
        let outcomes = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<64 {
                group.addTask {
                    for _ in 0..<50 {
                        do { _ = try await worker.statistics() } catch {
                            return (error as? MediaWorkerError) == .stopped
                        }
                    }
                    return true
                }
            }
            for _ in 0..<2 {
                group.addTask {
                    await worker.shutdown()
                    return true
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.count == 66)
        #expect(!outcomes.contains(false))
        await #expect(throws: MediaWorkerError.stopped) { _ = try await worker.statistics() }
        await worker.shutdown()
    }

    @Test("is not needed by a worker that could not start")
    func portInUse() async throws {
        let first = try await MediaWorker.start(.loopback)
        let same = MediaWorkerConfiguration(address: .loopbackIPv4, port: first.port)
        let error = await #expect(throws: SocketError.self) { _ = try await MediaWorker.start(same) }
        #expect(error?.isAddressInUse == true)
        await first.shutdown()
    }

    @Test("is not needed where there are not ports enough for all workers")
    func tooFewPorts() async {
        let last = MediaWorkerConfiguration(address: .loopbackIPv4, port: .max)
        await #expect(throws: SocketError.self) { _ = try await MediaWorkers.start(2, last) }
    }

    @Test("stops all of several workers, each of which has its own port")
    func several() async throws {
        let workers = try await MediaWorkers.start(3, .loopback)
        #expect(Set(workers.workers.map(\.port)).count == 3)
        let least = workers.leastLoaded
        _ = try await SessionPair(lite: least, controlling: least)
        #expect(least.load == 2)
        #expect(!workers.leastLoaded.isSame(as: least))
        await workers.shutdown()
    }
}
