// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import Foundation
import RTCCrypto
package import SkyWay

/// A stream key as it is kept: everything but the key, of which there is the digest.
///
/// The key itself is `{id}-{secret}`, drawn and shown once. 32 letters of 31 kinds are 158 bits: no dictionary helps
/// against them, so a plain digest is enough, and a slow one would only cost the gateway time.
package struct StreamKey: Hashable, Sendable, Codable {
    /// Names the key; what it begins with.
    package var id: String
    /// The SHA-256 digest of the whole key, in hexadecimal digits.
    package var sha256: String
    /// What it allows; always bound to a channel.
    package var grant: GrantDescription
    package var createdAt: Date
    /// From when on it is refused; `nil` for never.
    package var expiresAt: Date?
    /// What the operator wants to remember of it.
    package var note: String?

    /// Without letters and digits that are taken for each other.
    private static let alphabet = Array("abcdefghjkmnpqrstuvwxyz23456789".utf8)

    /// Draws a key.
    ///
    /// - Parameters:
    ///   - grant: what it allows.
    ///   - createdAt: the time now.
    ///   - expiresAt: from when on it is refused.
    ///   - note: what to remember of it.
    /// - Returns: what is kept, and the key to give away.
    package static func make(
        _ grant: GrantDescription,
        createdAt: Date,
        expiresAt: Date? = nil,
        note: String? = nil
    ) -> (kept: StreamKey, key: Redacted<String>) {
        let id = draw(8)
        let key = id + "-" + draw(32)
        let kept = StreamKey(
            id: id,
            sha256: BearerToken(key).digest.hexadecimal,
            grant: grant,
            createdAt: createdAt,
            expiresAt: expiresAt,
            note: note
        )
        return (kept, Redacted(key))
    }

    private static func draw(_ count: Int) -> String {
        var generator = SecureRandomNumberGenerator()
        let letters = (0..<count).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &generator)] }
        return String(decoding: letters, as: UTF8.self)
    }
}

extension [UInt8] {
    /// Two digits for each byte.
    var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// Reads two digits for each byte; `nil` where the text has anything else.
    init?(hexadecimal text: String) {
        let digits = text.compactMap { $0.isASCII ? $0.hexDigitValue.map(UInt8.init) : nil }
        guard digits.count == text.count, digits.count.isMultiple(of: 2) else { return nil }
        self = stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}
