// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@testable import RTCDriver

@Suite("A worker's TCP port", .timeLimit(.minutes(1)))
struct StreamLimitTests {
    @Test("has the number of its UDP port, and candidates that come after those by UDP")
    func candidates() async throws {
        let addresses = [IPAddress.loopbackIPv4, IPAddress(ipv4: 0x7f00_0002)]
        var configuration = MediaWorkerConfiguration(port: 0, announcedAddresses: addresses)
        configuration.streams = StreamConfiguration()
        let worker = try await MediaWorker.start(configuration)
        let candidates = worker.candidates
        #expect(candidates.map(\.address.ip) == addresses + addresses)
        #expect(candidates.map(\.address.transport) == [.udp, .udp, .tcp, .tcp])
        #expect(candidates.map(\.tcpType) == [nil, nil, .passive, .passive])
        #expect(candidates.allSatisfy { $0.address.port == worker.port })
        #expect(candidates.map(\.priority) == candidates.map(\.priority).sorted(by: >))
        #expect(Set(candidates.map(\.priority)).count == 4)
        let session = try await worker.openLite().session
        #expect(session.candidates == candidates)
        _ = try StreamClient(to: worker.port)
        await worker.shutdown()
        #expect(throws: SocketError.self) { _ = try StreamClient(to: worker.port) }
    }

    @Test("is not there unless it is wanted, and keeps a worker from starting where somebody else has it")
    func optional() async throws {
        // An address of its own, on which no connection of another test has the port.
        let address = IPAddress(ipv4: 0x7f00_0009)
        var configuration = MediaWorkerConfiguration(address: address, port: 0)
        let without = try await MediaWorker.start(configuration)
        #expect(without.candidates.allSatisfy { $0.address.transport == .udp })
        let listener = try StreamListener(bindingTo: TransportAddress(address, port: without.port))
        await without.shutdown()
        configuration.port = without.port
        configuration.streams = StreamConfiguration()
        let wanted = configuration
        let error = await #expect(throws: SocketError.self) { _ = try await MediaWorker.start(wanted) }
        #expect(error?.isAddressInUse == true)
        withExtendedLifetime(listener) {}
    }

    @Test("answers a check by the connection it came by, wherever it was cut")
    func everyBoundary() async throws {
        let worker = try await MediaWorker.start(.streams())
        let (session, credentials) = try await worker.openLite()
        let frame = StreamClient.frame(
            ConnectivityCheck(fragment: credentials.usernameFragment, password: credentials.password).bytes
        )
        for cut in 1..<frame.count {
            let client = try StreamClient(to: worker.port)
            client.send(frame[..<cut])
            _ = try await worker.statistics { $0.streams.open > 0 }
            client.send(frame[cut...])
            let answer = try #require(try await client.nextPackets().first)
            #expect(answer.starts(with: [0x01, 0x01]), "cut at \(cut)")
            client.close()
            _ = try await worker.statistics { $0.streams.open == 0 }
        }
        #expect(try await session.statistics().selectedAddress == nil)
        await worker.shutdown()
    }

    /// What nobody sends who wants a session.
    enum Junk: CaseIterable {
        case httpRequest
        case longFrame
        case dtlsBeforeCheck
        case mediaBeforeCheck
        case checksWithoutEnd

        var bytes: [UInt8] {
            switch self {
            case .httpRequest: Array("GET / HTTP/1.1\r\n\r\n".utf8)
            case .longFrame: [0xff, 0xff, 0, 1]
            case .dtlsBeforeCheck: StreamClient.frame([22, 254, 253] + Array(repeating: 0, count: 30))
            case .mediaBeforeCheck: StreamClient.frame([0x80, 96] + Array(repeating: 0, count: 30))
            case .checksWithoutEnd:
                (0..<100).flatMap { _ in
                    StreamClient.frame(ConnectivityCheck(fragment: "nobody", password: "nothing at all").bytes)
                }
            }
        }
    }

    @Test("closes what brings junk, and nothing else", arguments: Junk.allCases)
    func junk(junk: Junk) async throws {
        let worker = try await MediaWorker.start(.streams())
        let (session, credentials) = try await worker.openLite()
        let good = try StreamClient(to: worker.port)
        #expect(try await good.check(credentials))
        let bad = try StreamClient(to: worker.port)
        bad.send(junk.bytes)
        try await bad.ends()
        #expect(try await good.check(credentials))
        let statistics = try await worker.statistics()
        #expect(statistics.streams.endings == [.junk: 1])
        #expect(statistics.streams.open == 1)
        #expect(try await session.statistics().selectedAddress == good.address)
        await worker.shutdown()
    }

    @Test("leaves it to the session what a proven connection brings, as long as it is framed")
    func provenJunk() async throws {
        let worker = try await MediaWorker.start(.streams())
        let (session, credentials) = try await worker.openLite()
        let client = try StreamClient(to: worker.port)
        #expect(try await client.check(credentials))
        for first in UInt8.min...UInt8.max {
            client.send(StreamClient.frame([first, 96] + Array(repeating: 0, count: 9)))
        }
        client.send(StreamClient.frame([]))
        #expect(try await client.check(credentials))
        // What looks like a handshake, and like media behind one, waits for its turn or finds no room.
        while true {
            let refused = try await worker.statistics().handshakes.postponedTooMany
            let dropped = try await UInt64(session.statistics().session.drops.total)
            guard dropped + refused != 256 else { break }
            try #require(dropped + refused < 256)
            try await Task.sleep(for: .milliseconds(2))
        }
        #expect(try await worker.statistics().streams.endings.isEmpty)
        client.send([0xff, 0xff])
        try await client.ends()
        #expect(try await worker.statistics().streams.endings == [.junk: 1])
        await worker.shutdown()
    }

    @Test("takes no more connections than it may, and others again once some have gone")
    func flood() async throws {
        let worker = try await MediaWorker.start(
            .streams {
                $0.maximumConnections = 6
                $0.maximumPerAddress = 4
            }
        )
        let (session, credentials) = try await worker.openLite()
        let first = try StreamClient(to: worker.port)
        #expect(try await first.check(credentials))
        var crowd: [StreamClient] = []
        for _ in 0..<200 { crowd.append(try StreamClient(to: worker.port)) }
        var statistics = try await worker.statistics { $0.streams.turnedAway == 197 }
        #expect(statistics.streams.open == 4)
        #if os(Linux)
            let second = IPAddress(ipv4: 0x7f00_0002)
            for _ in 0..<50 { crowd.append(try StreamClient(to: worker.port, from: second)) }
            statistics = try await worker.statistics { $0.streams.turnedAway == 197 + 48 }
            #expect(statistics.streams.open == 6)
        #endif
        #expect(try await first.check(credentials))
        #expect(try await session.statistics().selectedAddress == first.address)
        crowd.removeAll()
        _ = try await worker.statistics { $0.streams.open == 1 }
        #expect(try await first.check(credentials))
        let late = try StreamClient(to: worker.port)
        #expect(try await late.check(credentials))
        await worker.shutdown()
    }

    @Test("closes connections that no session has accepted, or from which nothing comes any more")
    func patience() async throws {
        let worker = try await MediaWorker.start(
            .streams {
                $0.proofTime = .milliseconds(100)
                $0.idleTime = .milliseconds(400)
            }
        )
        let (session, credentials) = try await worker.openLite()
        let proven = try StreamClient(to: worker.port)
        #expect(try await proven.check(credentials))
        let silent = try StreamClient(to: worker.port)
        let wrong = try StreamClient(to: worker.port)
        let guessed = ICECredentials(
            usernameFragment: credentials.usernameFragment,
            password: String(repeating: "x", count: 24)
        )
        let isAccepted = try await wrong.check(try #require(guessed))
        #expect(!isAccepted)
        try await silent.ends()
        try await wrong.ends()
        try await proven.ends()
        #expect(await session.becomes(.disconnected))
        #expect(try await worker.statistics().streams.endings == [.unproven: 2, .idle: 1])
        await worker.shutdown()
    }

    /// How a connection ends.
    enum End: CaseIterable {
        case close
        case reset
        case half
    }

    @Test("falls back to UDP when a connection ends, and has no path when there is none", arguments: End.allCases)
    func fallsBack(end: End) async throws {
        let worker = try await MediaWorker.start(.streams())
        let pair = try await SessionPair(lite: worker, controlling: worker)
        try await pair.connected()
        let byUDP = try await pair.lite.statistics().selectedAddress
        let client = try StreamClient(to: worker.port)
        // The UDP path's own checks take the selection back now and then.
        var selected: TransportAddress?
        for _ in 1...50 where selected != client.address {
            #expect(try await client.check(pair.liteCredentials))
            selected = try await pair.lite.statistics().selectedAddress
        }
        #expect(selected == client.address)
        Self.end(client, by: end)
        _ = try await worker.statistics { $0.streams.open == 0 }
        #expect(try await pair.lite.statistics().selectedAddress == byUDP)

        let (alone, credentials) = try await worker.openLite()
        let only = try StreamClient(to: worker.port)
        #expect(try await only.check(credentials))
        Self.end(only, by: end)
        #expect(await alone.becomes(.disconnected))
        #expect(try await alone.statistics().selectedAddress == nil)
        let again = try StreamClient(to: worker.port)
        #expect(try await again.check(credentials))
        #expect(try await alone.statistics().selectedAddress == again.address)
        #expect(try await worker.statistics().streams.endings == [.remote: 2])
        await worker.shutdown()
    }

    private static func end(_ client: StreamClient, by end: End) {
        switch end {
        case .close: client.close()
        case .reset: client.reset()
        case .half: client.finishSending()
        }
    }
}
