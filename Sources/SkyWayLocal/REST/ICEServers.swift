// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import RTCCrypto

/// Where an ICE server is.
package struct ICEServerAddress: Hashable, Sendable {
    /// A name or an address, an IPv6 address without its brackets.
    package let host: String
    package let port: Int

    /// Reads `host:port` or `[address]:port`; `nil` for anything else.
    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0 else {
            return nil
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty else { return nil }
        self.host = String(host)
        self.port = Int(port)
    }
}

/// A TURN server whose credentials are made from a secret that it shares (coturn's `use-auth-secret`).
package struct TURNConfiguration: Hashable, Sendable {
    package let address: ICEServerAddress
    private let secret: String

    /// Makes a configuration.
    ///
    /// - Parameters:
    ///   - address: where the server is.
    ///   - secret: what it shares with this server.
    package init(address: ICEServerAddress, secret: String) {
        self.address = address
        self.secret = secret
    }

    /// The credentials of a member: the name says until when, the password is its HMAC-SHA1 in base64
    /// (draft-uberti-behave-turn-rest-00 §2.2).
    ///
    /// - Parameters:
    ///   - memberID: whose they are.
    ///   - expiry: when they end, in seconds since 1970.
    /// - Returns: name and password.
    func credentials(of memberID: String, until expiry: Int64) -> (username: String, credential: String) {
        let username = "\(expiry):\(memberID)"
        let code = HMACSHA1(key: Array(secret.utf8).span.bytes).code(of: Array(username.utf8).span.bytes)
        return (username, Data(code.indices.map { code[$0] }).base64EncodedString())
    }
}

/// The ICE servers that clients are told of; none unless configured.
package struct ICEServers: Hashable, Sendable {
    /// The STUN server; the TURN server where there is only that.
    package var stun: ICEServerAddress?
    /// The TURN server.
    package var turn: TURNConfiguration?

    /// No servers.
    package init() {}
}
