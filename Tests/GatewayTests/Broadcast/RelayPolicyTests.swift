// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import RTC
import SkyWay
import Testing

@testable import Gateway

@Suite("Whether and how the SFU is reached by TURN")
struct RelayPolicyTests {
    private let udp = ICECandidate(host: TransportAddress(IPAddress(ipv4: 0xc000_0205), port: 41_000))
    private let tcp = ICECandidate(host: TransportAddress(IPAddress(ipv4: 0xc000_0205), port: 41_000, transport: .tcp))

    private func policy(
        _ policy: TURNSettings.Policy,
        _ transport: TURNSettings.TransportProtocol = .udp
    ) throws -> RelayPolicy {
        var settings = TURNSettings()
        settings.policy = policy
        settings.transport = transport
        return try RelayPolicy(settings)
    }

    private func server(_ domain: String) throws -> ICEServerParameters.TURN {
        let text = #"{"domain":"\#(domain)","port":443,"username":"1700000000:m","credential":"hush"}"#
        return try JSONDecoder().decode(ICEServerParameters.TURN.self, from: Data(text.utf8))
    }

    @Test("Straight ways are tried as they are, and each that takes UDP by a relay too")
    func paths() throws {
        let transports = { (policy: RelayPolicy) in
            policy.paths(to: [udp, tcp]).map(\.address.transport)
        }
        #expect(transports(.none) == [.udp, .tcp])
        #expect(transports(try policy(.disable)) == [.udp, .tcp])
        #expect(transports(try policy(.enable)) == [.udp, .tcp, .relayed])
        #expect(transports(try policy(.turnOnly)) == [.relayed])
        // What forceTCP leaves nobody can relay to.
        #expect(try policy(.enable).paths(to: [tcp]).map(\.address.transport) == [.tcp])
    }

    @Test("A server is spoken to in the ways that the policy lets, in one order")
    func transports() async throws {
        let server = try server("192.0.2.7")
        let all = try await policy(.enable, .all).servers(server)
        #expect(all.map(\.transport) == [.udp, .tcp, .tls])
        #expect(all.map(\.address.transport) == [.udp, .tcp, .tcp])
        #expect(all.map(\.name) == ["192.0.2.7", "192.0.2.7", "192.0.2.7"])
        #expect(all.allSatisfy { $0.credentials == TURNCredentials(username: "1700000000:m", password: "hush") })
        #expect(try await policy(.enable, .tls).servers(server).map(\.transport) == [.tls])
    }

    @Test("A server's name is looked up, each of its addresses is one to try, and none is no failure")
    func names() async throws {
        let found = try await policy(.enable).servers(try server("localhost"))
        #expect(found.contains { $0.address.ip == .loopbackIPv4 && $0.name == "localhost" })
        #expect(try await policy(.enable).servers(try server("nowhere.invalid")).isEmpty)
    }

    @Test("Roots that can't be read are refused, and not even looked for where TLS is not spoken")
    func roots() throws {
        var settings = TURNSettings()
        settings.roots = "/nowhere/roots.pem"
        #expect(throws: (any Error).self) { try RelayPolicy(settings) }
        settings.transport = .tcp
        #expect(try RelayPolicy(settings).trust == nil)
    }
}
