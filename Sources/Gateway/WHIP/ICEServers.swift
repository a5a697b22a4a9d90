// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import RTCCrypto
package import SkyWay

/// STUN and TURN servers that publishers are told of in `Link` headers (RFC 9725 §4.6).
package struct ICEServers: Sendable {
    /// What a TURN server asks for.
    package enum Credentials: Sendable {
        /// One name and password for everybody.
        case fixed(username: String, password: Redacted<String>)
        /// A secret that is shared with the server, from which each session has credentials of its own that end
        /// (the "TURN REST API", draft-uberti-behave-turn-rest-00).
        case shared(secret: Redacted<String>, lifetime: Duration)
    }

    private let addresses: [String]
    private let credentials: Credentials?

    /// Takes servers; `nil` where an address or a credential can't be told in a way that every publisher reads.
    ///
    /// - Parameters:
    ///   - addresses: such as `stun:stun.example.com` and `turn:turn.example.com?transport=udp`.
    ///   - credentials: what the TURN servers ask for.
    package init?(_ addresses: [String], credentials: Credentials? = nil) {
        guard addresses.allSatisfy(Self.isAddress) else { return nil }
        if case .fixed(let username, let password) = credentials {
            guard [username, password.exposed].allSatisfy(Self.isPlain) else { return nil }
        }
        guard credentials != nil || !addresses.contains(where: Self.isTURN) else { return nil }
        self.addresses = addresses
        self.credentials = credentials
    }

    /// The values of the `Link` headers, one for each server.
    ///
    /// In the one form that all known readers take: OBS splits at commas and semicolons, MediaMTX's page wants just
    /// this order.
    ///
    /// - Parameters:
    ///   - session: whom they are for.
    ///   - now: the present moment.
    /// - Returns: the values.
    func links(for session: String, at now: Date = Date()) -> [String] {
        let issued = issue(for: session, at: now)
        return addresses.map { address in
            let link = "<\(address)>; rel=\"ice-server\""
            guard Self.isTURN(address), let issued else { return link }
            return link + "; username=\"\(issued.username)\"; credential=\"\(issued.password)\""
                + "; credential-type=\"password\""
        }
    }

    private func issue(for session: String, at now: Date) -> (username: String, password: String)? {
        switch credentials {
        case .fixed(let username, let password):
            return (username, password.exposed)
        case .shared(let secret, let lifetime):
            let end = Int(now.timeIntervalSince1970) + Int(lifetime.components.seconds)
            let username = "\(end):\(session)"
            let code = HMACSHA1(key: Array(secret.exposed.utf8).span.bytes).code(of: Array(username.utf8).span.bytes)
            return (username, Data(code.indices.map { code[$0] }).base64EncodedString())
        case nil:
            return nil
        }
    }

    private static func isTURN(_ address: String) -> Bool { address.lowercased().hasPrefix("turn") }

    /// Whether a text is an address of RFC 7064 or RFC 7065, with a host, and a port where there is one.
    private static func isAddress(_ text: String) -> Bool {
        let form = #/(?i)(stuns?|turns?):(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?(\?transport=(udp|tcp))?/#
        guard let match = text.wholeMatch(of: form) else { return false }
        return match.4 == nil || isTURN(text)
    }

    /// Whether a text survives in quotes with those readers too that split at commas and semicolons.
    private static func isPlain(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (0x21...0x7e).contains($0) && !Array(#"",;\"#.utf8).contains($0) }
    }
}
