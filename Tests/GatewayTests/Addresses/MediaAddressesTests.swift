// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import HummingbirdTesting
import Logging
import NIOCore
import RTC
import RTCDriver
import SkyWay
import Synchronization
import Testing

@testable import Gateway

@Suite("Media addresses", .timeLimit(.minutes(1)))
struct MediaAddressesTests {
    private typealias Lines = LogSecrecyTests.Memory.Lines

    private static let review: @Sendable ([IPAddress]) -> AddressReview = {
        AddressReview(addresses: $0, udpPorts: [40_000], tcpPorts: [], expectsOthers: true)
    }

    /// A name server whose answers can be changed.
    private final class NameServer: Sendable {
        let answers = Mutex<[String: [IPAddress]]>([:])

        var lookup: HostLookup {
            HostLookup { name in
                guard let answer = self.answers.withLock({ $0[name] }) else { throw HostLookupError("not known") }
                return answer
            }
        }

        func set(_ name: String, _ addresses: String...) {
            answers.withLock { $0[name] = addresses.compactMap { IPAddress($0) } }
        }

        func forget(_ name: String) { answers.withLock { $0[name] = nil } }
    }

    private func configuration(_ hosts: [String], only: Bool = true) -> GatewayConfiguration {
        var configuration = WholePath.gatewayConfiguration(skyWayPort: 1)
        configuration.announced = hosts.compactMap { AnnouncedHost($0) }
        configuration.announcesOnly = only
        return configuration
    }

    @Test("follow a name whose address changes, and keep its last one while it is not found")
    func changes() async {
        let (server, lines) = (NameServer(), Lines())
        let addresses = MediaAddresses(
            configuration(["media.test", "203.0.113.9"]),
            lookup: server.lookup,
            logger: lines.logger
        )
        let began = ContinuousClock.now
        await addresses.lookUp(at: began)
        await addresses.tell(Self.review)
        #expect(addresses.announced.current().map(\.description) == ["203.0.113.9"])
        #expect(lines.all.contains("An announced host name was not found; it is tried again"))
        #expect(lines.all.contains("Publishers are told these addresses for media"))
        server.set("media.test", "203.0.113.7", "2001:db8::7")
        await addresses.lookUp(at: began + .seconds(1))
        #expect(addresses.announced.current().count == 1)
        await addresses.lookUp(at: began + .seconds(5))
        await addresses.tell(Self.review)
        #expect(addresses.announced.current().map(\.description) == ["203.0.113.7", "203.0.113.9", "2001:db8::7"])
        #expect(lines.all.contains("Publishers are told other addresses now"))
        server.forget("media.test")
        await addresses.lookUp(at: began + .seconds(65))
        #expect(addresses.announced.current().map(\.description) == ["203.0.113.7", "203.0.113.9", "2001:db8::7"])
        server.set("media.test", "203.0.113.8")
        await addresses.lookUp(at: began + .seconds(70))
        #expect(addresses.announced.current().map(\.description) == ["203.0.113.8", "203.0.113.9"])
    }

    @Test("are told once for each change, and warned of once")
    func told() async {
        let lines = Lines()
        let addresses = MediaAddresses(configuration(["10.0.0.2"]), logger: lines.logger)
        for _ in 0..<3 { await addresses.tell(Self.review) }
        #expect(lines.all.split(separator: "\n").count == 2)
        #expect(lines.all.contains("Only publishers in the same private network will get their media through"))
        addresses.announced.configured = ["10.0.0.3"].compactMap { IPAddress($0) }
        await addresses.tell(Self.review)
        #expect(lines.all.split(separator: "\n").count == 3)
    }

    @Test("are this machine's beside the announced ones, unless only those are wanted")
    func interfaces() async {
        let all = MediaAddresses(configuration(["203.0.113.7"], only: false), logger: Lines().logger)
        #expect(all.announced.current().first?.description == "203.0.113.7")
        #expect(all.announced.current().last == .loopbackIPv4)
        let only = MediaAddresses(configuration(["203.0.113.7"]), logger: Lines().logger)
        #expect(only.announced.current().map(\.description) == ["203.0.113.7"])
    }

    @Test(
        "count as reached by whoever came to them, a proxy that is trusted apart",
        arguments: [
            ("10.0.0.1", "198.51.100.7", "10.0.0.1"), ("::ffff:10.0.0.1", "::ffff:198.51.100.7", "10.0.0.1"),
            ("fe80::1%eth0", "fe80::2%eth0", "fe80::1"), ("10.0.0.1", "10.0.0.9", nil), ("10.0.0.1", nil, nil),
            (nil, "198.51.100.7", nil),
        ] as [(String?, String?, String?)]
    )
    func reached(local: String?, peer: String?, expected: String?) throws {
        let proxy = try #require(IPAddress("10.0.0.9"))
        #expect(ClientAddress.reached(local, by: peer, besides: [proxy])?.description == expected)
    }

    @Test("of which there are none leave a publisher refused, to try again")
    func refused() async throws {
        try await GatewayFixture.run(
            GatewaySetup { environment in environment.workers.workers[0].announced.configured = [] }
        ) { gateway in
            let response = try await gateway.post()
            #expect(response.status == .serviceUnavailable)
            #expect(response.headers[.retryAfter] == "5")
            #expect(String(buffer: response.body).contains("media-unreachable"))
        }
    }

    @Test("are reached by UDP alone where another program has the TCP port by chance, but not where it was asked for")
    func portTaken() async throws {
        let lines = Lines()
        let other = try SilentListener(isListening: true)
        defer { other.close() }
        let port = try #require(UInt16(exactly: other.port))
        var configuration = configuration(["127.0.0.1"])
        configuration.mediaPort = port
        let workers = try await GatewayService(configuration: configuration, logger: lines.logger)
            .startWorkers(AnnouncedAddresses())
        #expect(workers.workers[0].port == port)
        #expect(workers.workers[0].streamPort == nil)
        #expect(lines.all.contains("Media is taken by UDP alone"))
        await workers.shutdown()
        configuration.mediaTCPPort = .number(port)
        let strict = GatewayService(configuration: configuration, logger: lines.logger)
        let error = await #expect(throws: GatewayStartError.self) {
            try await strict.startWorkers(AnnouncedAddresses())
        }
        guard case .mediaTCPPort(port, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        configuration.mediaTCPPort = .off
        let without = try await GatewayService(configuration: configuration, logger: lines.logger)
            .startWorkers(AnnouncedAddresses())
        #expect(without.workers[0].candidates.allSatisfy { $0.address.transport == .udp })
        await without.shutdown()
    }

    @Test("stand in an answer with those by UDP first and loopback last, then those by TCP, which are passive")
    func answered() async throws {
        try await WholePath.run { configuration in
            configuration.announcesOnly = false
            configuration.announced = []
        } _: { path in
            let url = "http://127.0.0.1:\(path.gatewayPort)/whip/studio"
            let response = try await path.request("POST", url, body: Offers.obs())
            let candidates = response.body.split(separator: "\r\n").filter { $0.hasPrefix("a=candidate:") }
            let transports = candidates.map { $0.split(separator: " ")[2] }
            #expect(transports.first == "udp")
            #expect(candidates.last?.contains(" 127.0.0.1 ") == true)
            #expect(candidates.last?.hasSuffix("typ host tcptype passive") == true)
            #expect(transports == transports.filter { $0 == "udp" } + transports.filter { $0 == "tcp" })
        }
    }
}
