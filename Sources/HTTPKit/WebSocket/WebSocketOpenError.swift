// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// Why a WebSocket could not be opened.
package enum WebSocketOpenError: Error, Hashable, Sendable {
    /// No connection: name not found, refused, unreachable or lost during the handshake.
    case unreachable(String)
    /// Not open within its time.
    case timeout
    /// TLS failed, such as a certificate that does not verify.
    case tls(String)
    /// The server answered with this status instead of upgrading.
    case refused(status: Int, body: String)
    /// The server's 101 is not valid.
    case badHandshake(String)

    init(_ error: any Error) {
        switch error {
        case let error as WebSocketOpenError: self = error
        case is CancellationError: self = .unreachable("cancelled")
        case let error as NIOConnectionError: self = .unreachable(Self.describe(error))
        case is ChannelError where Self.isTimeout(error): self = .timeout
        case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError: self = .tls("\(error)")
        case is HTTPParserError, is NIOHTTPClientUpgradeError: self = .badHandshake("\(error)")
        case is ChannelError: self = .unreachable("connection closed during the handshake")
        default: self = .unreachable("\(error)")
        }
    }

    private static func isTimeout(_ error: any Error) -> Bool {
        if case .connectTimeout? = error as? ChannelError { return true }
        return false
    }

    private static func describe(_ error: NIOConnectionError) -> String {
        if let resolution = error.dnsAError ?? error.dnsAAAAError, error.connectionErrors.isEmpty {
            return "name look-up of \(error.host) failed: \(resolution)"
        }
        let causes = error.connectionErrors.map { "\($0.target): \($0.error)" }
        return causes.joined(separator: "; ")
    }
}
