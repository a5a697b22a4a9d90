// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// One complete message, reassembled from its fragments.
package enum WebSocketMessage: Hashable, Sendable {
    case text(String)
    case binary(ByteBuffer)
}

/// How and why a connection ended, RFC 6455 §7.1.
package struct WebSocketClosure: Hashable, Sendable {
    /// Which side ended the connection.
    package enum Origin: Hashable, Sendable {
        case local
        case remote
        /// No close frame was seen: the transport ended, or the peer stopped answering pings.
        case lost
    }

    /// The status code; 1005 when the peer's close frame had none, 1006 when there was no close frame.
    package var code: UInt16
    package var reason: String
    package var origin: Origin

    package init(code: UInt16, reason: String = "", origin: Origin) {
        self.code = code
        self.reason = reason
        self.origin = origin
    }

    /// The closure of a transport that ended without a close frame.
    static func lost(_ reason: String) -> Self {
        Self(code: WebSocketCloseCode.abnormal, reason: reason, origin: .lost)
    }
}

/// Status codes of RFC 6455 §7.4.1.
package enum WebSocketCloseCode {
    package static let normal: UInt16 = 1000
    package static let goingAway: UInt16 = 1001
    package static let protocolError: UInt16 = 1002
    package static let unacceptableData: UInt16 = 1003
    package static let noStatus: UInt16 = 1005
    package static let abnormal: UInt16 = 1006
    package static let inconsistentData: UInt16 = 1007
    package static let policyViolation: UInt16 = 1008
    package static let messageTooLarge: UInt16 = 1009

    /// Whether a peer may send this code in a close frame, RFC 6455 §7.4.
    static func mayBeReceived(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}

/// Limits and timers of one connection.
package struct WebSocketConfiguration: Sendable {
    /// Longest message, and so longest frame, that is accepted; longer ones end the connection with 1009.
    package var maximumMessageSize = 1 << 20
    /// Bytes waiting to be sent at which a peer that does not read is given up.
    package var maximumPendingBytes = 4 << 20
    /// Binary messages end the connection with 1003 unless this is set.
    package var acceptsBinary = false
    /// Time between pings; nil sends none.
    package var pingInterval: TimeAmount? = .seconds(15)
    /// Time after a ping within which anything must arrive.
    package var pongTimeout: TimeAmount = .seconds(10)
    /// Time that a peer has to answer a close frame.
    package var closeTimeout: TimeAmount = .seconds(2)

    package init() {}
}
