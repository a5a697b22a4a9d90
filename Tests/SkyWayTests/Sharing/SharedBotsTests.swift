// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SkyWay

@Suite("Bots of rooms in which several links begin", .timeLimit(.minutes(1)))
struct SharedBotsTests {
    /// Makes bots, and fails where it is told to.
    private actor SFU {
        private(set) var attempts = 0
        private let failures: Int

        init(failures: Int = 0) { self.failures = failures }

        func make(_ id: String = "bot") async throws -> String {
            attempts += 1
            let attempt = attempts
            await Task.yield()
            guard attempt > failures else { throw SkyWayError(.sfuFailure, .sfu) }
            return "\(id)-\(attempt)"
        }
    }

    private let bots = SharedBots()

    @Test("links that come at once get one bot, and other rooms their own")
    func one() async throws {
        let sfu = SFU()
        let ids = try await withThrowingTaskGroup(of: String.self) { group in
            for number in 0..<10 {
                group.addTask { [bots] in try await bots.bot(of: "room-\(number % 2)") { try await sfu.make() } }
            }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(ids.count == 2)
        #expect(await sfu.attempts == 2)
    }

    @Test("where one link fails, the others try themselves")
    func failure() async throws {
        let sfu = SFU(failures: 1)
        let results = await withTaskGroup(of: String?.self) { group in
            for _ in 0..<4 {
                group.addTask { [bots] in try? await bots.bot(of: "room") { try await sfu.make() } }
            }
            return await group.reduce(into: [String?]()) { $0.append($1) }
        }
        #expect(results.count { $0 == nil } == 1)
        #expect(Set(results.compactMap { $0 }) == ["bot-2"])
        #expect(await sfu.attempts == 2)
    }

    @Test("who waits for another link's bot ends with its caller")
    func cancelled() async throws {
        let (never, _) = AsyncStream.makeStream(of: Never.self)
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        await withThrowingTaskGroup(of: String.self) { group in
            group.addTask { [bots] in
                try await bots.bot(of: "room") {
                    begin.finish()
                    for await _ in never {}
                    throw CancellationError()
                }
            }
            for await _ in begun {}
            group.addTask { [bots] in try await bots.bot(of: "room") { "never made" } }
            group.cancelAll()
            while let result = await group.nextResult() {
                guard case .failure(let error) = result else {
                    Issue.record("not cancelled")
                    continue
                }
                #expect(error is CancellationError)
            }
        }
    }

    @Test("a bot that has gone is not given to the next link")
    func gone() async throws {
        let sfu = SFU()
        let bot = { [bots] in try await bots.bot(of: "room") { try await sfu.make() } }
        #expect(try await bot() == "bot-1")
        #expect(try await bot() == "bot-1")
        await bots.forget("another", of: "room")
        #expect(try await bot() == "bot-1")
        await bots.forget("bot-1", of: "room")
        #expect(try await bot() == "bot-2")
    }
}
