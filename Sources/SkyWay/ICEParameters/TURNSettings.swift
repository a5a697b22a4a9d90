// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// How SkyWay's TURN server is used towards the SFU, in the SDK's words (protocol page §4).
package struct TURNSettings: Hashable, Sendable {
    /// Whether it is used (`turnPolicy`).
    package enum Policy: String, CaseIterable, Sendable {
        /// Where the SFU can't be reached straight.
        case enable
        /// Never.
        case disable
        /// Always.
        case turnOnly
    }

    /// How it is spoken to (`turnProtocol`).
    package enum TransportProtocol: String, CaseIterable, Sendable {
        /// By whichever way answers: UDP, then TCP, then TLS.
        case all
        /// By UDP.
        case udp
        /// By TCP.
        case tcp
        /// By TLS over TCP.
        case tls
    }

    /// Whether it is used.
    package var policy = Policy.enable
    /// How it is spoken to.
    package var transport = TransportProtocol.all
    /// A file of certificates that are trusted besides the system's, in PEM; `nil` for none.
    package var roots: String?
    /// For how long credentials are asked for; new ones come when four fifths of it have passed.
    package var lifetime = Duration.seconds(86_400)

    /// The SDK's defaults.
    package init() {}
}
