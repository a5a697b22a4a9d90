// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import NIOSSL
import RTC
import RTCDriver
import SkyWay

/// The ways to the SFU through SkyWay's TURN server.
extension Doctor {
    /// Asks SkyWay for its TURN server, as a broadcast does.
    ///
    /// - Returns: how relays are used, and the ways to the server.
    func findRelays(
        through link: SkyWayLink,
        _ configuration: SkyWayConfiguration
    ) async -> (RelayPolicy, [TURNServer]) {
        var policy = RelayPolicy.none
        var servers: [TURNServer] = []
        await check("TURN server") {
            guard configuration.turn.policy != .disable else {
                return .skipped("not wanted: SKYWAY_TURN_POLICY says so")
            }
            do {
                policy = try RelayPolicy(configuration.turn)
            } catch {
                return .problem("\(error)", advice: "Look at SKYWAY_TURN_CA.")
            }
            do {
                guard let server = try await limited({ try await link.turnServer() }) else {
                    return .ok("SkyWay answers, and names none")
                }
                servers = await policy.servers(server)
                let place = "\(server.domain):\(server.port)"
                guard servers.isEmpty else { return .ok(place) }
                return .note(
                    "\(place) is not found",
                    advice: "Look at this machine's DNS: \"getent hosts \(server.domain)\"."
                )
            } catch {
                return .problem(Self.text(error), advice: Self.advice(error, configuration.tokens))
            }
        }
        return (policy, servers)
    }

    /// Checks the SFU by each way to the TURN server.
    ///
    /// - Returns: whether there is one.
    func checkRelays(
        _ servers: [TURNServer],
        of settings: TURNSettings,
        _ transport: SFUTransportOptions,
        _ probe: STUNProbe,
        isNeeded: Bool
    ) async -> Bool {
        var isRelayed = false
        for kind in TURNServer.Transport.allCases {
            await check("TURN by \(kind.rawValue.uppercased())") {
                guard settings.transport.allows(kind) else {
                    return .skipped("not wanted: SKYWAY_TURN_PROTOCOL says so")
                }
                guard let server = servers.first(where: { $0.transport == kind }) else {
                    return .skipped("there is no TURN server")
                }
                guard let candidate = transport.addresses(.udp).first else { return .skipped("the SFU offers no UDP") }
                do {
                    let time = try await probe.roundTrip(to: candidate, by: server)
                    isRelayed = true
                    return .ok("to the SFU by \(server), round trip \(time.milliseconds)")
                } catch {
                    let detail = "\(server): \(error)"
                    let advice =
                        "Let \(kind == .udp ? "UDP" : "TCP") out to port \(server.address.port) of \(server.name)."
                    return isNeeded ? .problem(detail, advice: advice) : .note(detail, advice: advice)
                }
            }
        }
        return isRelayed
    }

    /// What is trusted of a TURN server, with what the settings add.
    func relayTLS(_ settings: TURNSettings) -> TLSConfiguration {
        var tls = machine.tls
        if let roots = settings.roots { tls.additionalTrustRoots.append(.file(roots)) }
        return tls
    }
}
