// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTCCrypto

/// Names a WHIP session in its URL: a random UUID that nobody can guess, since knowing it allows ending the session
/// (RFC 9725 §5).
package struct SessionID: Hashable, Sendable {
    /// The UUID, in lower case.
    package let text: String

    /// Draws an id: 122 random bits from the system (UUID version 4, RFC 9562 §5.4).
    package static func make() -> SessionID {
        var generator = SecureRandomNumberGenerator()
        var bytes = generator.bytes(count: 16)
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        return SessionID(text: bytes.uuidText)
    }

    /// Takes an id from a URL; any text will do, an unknown one names no session.
    ///
    /// - Parameter path: the last part of the URL's path.
    package init(path: some StringProtocol) {
        text = path.lowercased()
    }

    private init(text: String) {
        self.text = text
    }

    /// The path of the session's URL.
    package var path: String { "/whip/sessions/\(text)" }

    /// Enough to find the session in a log, too little to end it.
    package var logText: String { String(text.prefix(8)) }
}

extension [UInt8] {
    /// 16 bytes as 8-4-4-4-12 hexadecimal digits.
    fileprivate var uuidText: String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for (index, byte) in enumerated() {
            if [4, 6, 8, 10].contains(index) { text.append(UInt8(ascii: "-")) }
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
