// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The attributes that ICE and a TURN client need (RFC 8489 §18.3, RFC 8445 §16.1, RFC 8656 §18).
///
/// A type below 0x8000 must be understood, otherwise a request that carries it is answered with 420.
enum STUNAttributeType: UInt16 {
    case mappedAddress = 0x0001
    case username = 0x0006
    case messageIntegrity = 0x0008
    case errorCode = 0x0009
    case unknownAttributes = 0x000a
    case channelNumber = 0x000c
    case lifetime = 0x000d
    case xorPeerAddress = 0x0012
    case data = 0x0013
    case realm = 0x0014
    case nonce = 0x0015
    case xorRelayedAddress = 0x0016
    case requestedTransport = 0x0019
    case xorMappedAddress = 0x0020
    case priority = 0x0024
    case useCandidate = 0x0025
    case software = 0x8022
    case fingerprint = 0x8028
    case iceControlled = 0x8029
    case iceControlling = 0x802a
    /// Google's renomination: the larger number wins (draft-thatcher-ice-renomination).
    case nomination = 0xc001

    /// Whether it is TURN's, and means nothing in a connectivity check.
    var isTURN: Bool {
        switch self {
        case .channelNumber, .lifetime, .xorPeerAddress, .data, .realm, .nonce, .xorRelayedAddress, .requestedTransport:
            true
        default:
            false
        }
    }

    /// Whether a receiver that doesn't know this type has to refuse the message.
    static func mustBeUnderstood(_ type: UInt16) -> Bool { type < 0x8000 }
}
