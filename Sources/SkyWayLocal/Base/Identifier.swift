// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Ids as SkyWay writes them: lower-case UUIDs.
enum Identifier {
    /// Makes a new random id.
    static func make() -> String { UUID().uuidString.lowercased() }

    /// Whether a text is a UUID, in any case.
    static func isUUID(_ text: String) -> Bool { UUID(uuidString: text) != nil }

    /// Whether a text is a UUID of version 4 (RFC 9562 §5.4), in any case.
    static func isRandomUUID(_ text: String) -> Bool {
        guard let uuid = UUID(uuidString: text)?.uuid else { return false }
        return uuid.6 >> 4 == 4 && uuid.8 >> 6 == 0b10
    }
}

/// Names of channels and members (protocol page §1.4).
enum Name {
    /// Whether a text may name a channel or a member: 1 to 128 of `A-Z a-z 0-9 - . _ % *`, and not `*` alone.
    static func isValid(_ text: String) -> Bool {
        let bytes = text.utf8
        guard (1...128).contains(bytes.count), text != "*" else { return false }
        return bytes.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"):
                true
            case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "%"), UInt8(ascii: "*"):
                true
            default:
                false
            }
        }
    }
}
