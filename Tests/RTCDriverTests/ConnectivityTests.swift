// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCCrypto
import Testing

@testable import RTCDriver

@Suite("Getting through to a worker", .timeLimit(.minutes(1)))
struct ConnectivityTests {
    @Test("announces the addresses of the machine unless told otherwise, all with the one port")
    func candidates() async throws {
        let worker = try await MediaWorker.start(MediaWorkerConfiguration(port: 0))
        #expect(worker.candidates.last?.address.ip == .loopbackIPv4)
        #expect(Set(worker.candidates.map(\.address.port)) == [worker.port])
        let priorities = worker.candidates.map(\.priority)
        #expect(priorities == priorities.sorted(by: >))
        #expect(Set(priorities).count == priorities.count)
        await worker.shutdown()
    }

    @Test("works on every address of the machine", arguments: InterfaceAddresses.announced())
    func everyAddress(address: IPAddress) async throws {
        let configuration = MediaWorkerConfiguration(port: 0, announcedAddresses: [address])
        let worker = try await MediaWorker.start(configuration)
        let pair = try await SessionPair(lite: worker, controlling: worker)
        try await pair.connected()
        #expect(try await pair.controlling.statistics().selectedAddress?.ip == address)
        await worker.shutdown()
    }

    #if os(Linux)
        @Test("is answered from the address that was asked")
        func answersFromSameAddress() async throws {
            let second = IPAddress(ipv4: 0x7f00_0002)
            let configuration = MediaWorkerConfiguration(port: 0, announcedAddresses: [second])
            let worker = try await MediaWorker.start(configuration)
            let pair = try await SessionPair(lite: worker, controlling: worker)
            try await pair.connected()
            #expect(try await pair.controlling.statistics().selectedAddress?.ip == second)
            await worker.shutdown()
        }
    #endif

    @Test("is found behind candidates that lead nowhere")
    func deadCandidates() async throws {
        let closed = try DatagramSocket(bindingTo: DatagramFixture.anyLoopbackPort, options: .init()).localAddress
        let worker = try await MediaWorker.start(.loopback)
        let pair = try await SessionPair(
            lite: worker,
            controlling: worker,
            candidatesBefore: [ICECandidate(host: closed)]
        )
        try await pair.connected()
        #expect(try await pair.controlling.statistics().selectedAddress?.port == worker.port)
        await worker.shutdown()
    }

    @Test("is told of a port that has been closed, and soon of a path that is lost, long before silence would tell")
    func closedPort() async throws {
        let (near, far) = (try await MediaWorker.start(.loopback), try await MediaWorker.start(.loopback))
        let pair = try await SessionPair(lite: far, controlling: near)
        try await pair.connected()
        // Its farewell would tell more than the closed port.
        var silence = Impairment()
        silence.isSilent = true
        try await pair.lite.impair(silence)
        await far.shutdown()
        let closed = TransportAddress(.loopbackIPv4, port: far.port)
        var began: ContinuousClock.Instant?
        for await event in pair.controlling.events {
            if case .portClosed(let address) = event, began == nil {
                #expect(address == closed)
                began = .now
            }
            if case .iceState(.disconnected) = event { break }
        }
        let told = try #require(began)
        #expect(told.duration(to: .now) < .seconds(2))
        #expect(try await near.statistics().datagrams.refused > 0)
        await near.shutdown()
    }

    @Test("takes a user name fragment that nobody has for a stranger's")
    func unknownFragment() async throws {
        let worker = try await MediaWorker.start(.loopback)
        let stranger = try Stranger(of: worker)
        stranger.check("nobody", password: "does not matter at all")
        let statistics = try await worker.statistics { $0.unknownFragments > 0 }
        #expect(statistics.unknownFragments == 1)
        #expect(statistics.datagrams.packetsSent == 0)
        await worker.shutdown()
    }

    @Test("learns no address from a check with the wrong password")
    func wrongPassword() async throws {
        let worker = try await MediaWorker.start(.loopback)
        let pair = try await SessionPair(lite: worker, controlling: worker)
        try await pair.connected()
        let stranger = try Stranger(of: worker)
        stranger.check(pair.liteCredentials.usernameFragment, password: "guessed but not guessed right")
        stranger.fixture.queue(0x80, size: 200, to: stranger.destination)
        stranger.fixture.batch.flush()
        let refused = try await worker.statistics { $0.unknownSources > 0 }
        #expect(refused.unknownSources == 1)
        stranger.check(pair.liteCredentials.usernameFragment, password: pair.liteCredentials.password)
        stranger.fixture.queue(0x80, size: 200, to: stranger.destination)
        stranger.fixture.batch.flush()
        let drops = try await worker.statistics { $0.drops.values.reduce(0, +) > 1 }
        // Now it is the session that has a look at what comes from there, and finds it wanting.
        #expect(drops.unknownSources == 1)
        await worker.shutdown()
    }

    /// Somebody with a socket.
    private struct Stranger {
        let fixture: DatagramFixture
        let destination: TransportAddress

        init(of worker: MediaWorker.Handle) throws {
            fixture = try DatagramFixture()
            destination = TransportAddress(.loopbackIPv4, port: worker.port)
        }

        /// Sends a connectivity check.
        func check(_ fragment: String, password: String) {
            let room = fixture.batch.reserve()
            var output = OutputRawSpan(buffer: room, initializedCount: 0)
            ConnectivityCheck(fragment: fragment, password: password).write(to: &output)
            fixture.batch.commit(output.finalize(for: room), on: fixture.lane, to: destination, from: nil)
            fixture.batch.flush()
        }
    }
}

extension MediaWorker.Handle {
    /// The counters, asked for until they are as wanted.
    func statistics(until isWanted: (MediaWorkerStatistics) -> Bool) async throws -> MediaWorkerStatistics {
        while true {
            let statistics = try await statistics()
            if isWanted(statistics) { return statistics }
            try await Task.sleep(for: .milliseconds(1))
        }
    }
}
