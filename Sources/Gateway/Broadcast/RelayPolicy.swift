// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
package import RTCCrypto
package import SkyWay

/// Whether and how the SFU is reached by SkyWay's TURN server.
package struct RelayPolicy: Sendable {
    /// How the server is used.
    let settings: TURNSettings
    /// Whose certificates are taken; `nil` where TLS is not spoken.
    let trust: TLSClientContext?
    private let lookup = HostLookup.system()

    /// No relays at all.
    package static let none = RelayPolicy()

    private init() {
        var settings = TURNSettings()
        settings.policy = .disable
        self.settings = settings
        trust = nil
    }

    /// Takes settings, and reads whom to trust where TLS may be spoken.
    ///
    /// - Parameter settings: how the server is used.
    /// - Throws: `CryptoError` where the certificates can't be read.
    package init(_ settings: TURNSettings) throws(CryptoError) {
        self.settings = settings
        let speaksTLS = settings.policy != .disable && settings.transport.allows(.tls)
        trust = speaksTLS ? try TLSClientContext(roots: settings.roots) : nil
    }

    /// Whether there are any.
    var usesRelays: Bool { settings.policy != .disable }

    /// The paths to try towards addresses of the SFU: those themselves, and each that takes UDP by a relay.
    ///
    /// - Parameter candidates: what the SFU told.
    /// - Returns: what the agent checks.
    func paths(to candidates: [ICECandidate]) -> [ICECandidate] {
        guard usesRelays else { return candidates }
        let relayed = candidates.filter { $0.address.transport == .udp }.map { candidate in
            var relayed = candidate
            relayed.address.transport = .relayed
            return relayed
        }
        return settings.policy == .turnOnly ? relayed : candidates + relayed
    }

    /// The ways to a TURN server, in the order in which they are tried: UDP, TCP, TLS, and for each the server's addresses.
    ///
    /// - Parameter server: what SkyWay told.
    /// - Returns: none where its name is not found.
    func servers(_ server: ICEServerParameters.TURN) async -> [TURNServer] {
        let addresses: [IPAddress]
        if let address = IPAddress(server.domain) {
            addresses = [address]
        } else {
            addresses = (try? await lookup.addresses(of: [server.domain])[server.domain]?.get()) ?? []
        }
        let credentials = TURNCredentials(username: server.username, password: server.credential.exposed)
        // IPv4 first, as the SFU's addresses are: a server relays to the family that it was asked by.
        let ordered = addresses.filter(\.isIPv4) + addresses.filter { !$0.isIPv4 }
        return TURNServer.Transport.allCases.filter(settings.transport.allows).flatMap { transport in
            ordered.prefix(4).map { address in
                TURNServer(
                    address,
                    port: server.port,
                    transport: transport,
                    name: server.domain,
                    credentials: credentials
                )
            }
        }
    }
}

extension TURNSettings.TransportProtocol {
    /// Whether a server is spoken to in this way.
    func allows(_ transport: TURNServer.Transport) -> Bool { self == .all || rawValue == transport.rawValue }
}
