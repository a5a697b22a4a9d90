// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The attributes that ICE needs (RFC 8489 §18.3, RFC 8445 §16.1).
///
/// A type below 0x8000 must be understood, otherwise a request that carries it is answered with 420.
enum STUNAttributeType: UInt16 {
    case mappedAddress = 0x0001
    case username = 0x0006
    case messageIntegrity = 0x0008
    case errorCode = 0x0009
    case unknownAttributes = 0x000a
    case xorMappedAddress = 0x0020
    case priority = 0x0024
    case useCandidate = 0x0025
    case software = 0x8022
    case fingerprint = 0x8028
    case iceControlled = 0x8029
    case iceControlling = 0x802a
    /// Google's renomination: the larger number wins (draft-thatcher-ice-renomination).
    case nomination = 0xc001

    /// Whether a receiver that doesn't know this type has to refuse the message.
    static func mustBeUnderstood(_ type: UInt16) -> Bool { type < 0x8000 }
}
