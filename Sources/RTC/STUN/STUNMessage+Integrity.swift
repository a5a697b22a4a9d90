// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTCCrypto

extension STUNMessage {
    /// Whether MESSAGE-INTEGRITY is there and was made with a password (RFC 8489 §14.5, short-term credentials).
    ///
    /// - Parameters:
    ///   - password: the key, as text.
    ///   - datagram: the bytes this message was read from.
    /// - Returns: false also where the attribute is missing.
    package func isAuthentic(password: String, in datagram: RawSpan) -> Bool {
        unsafe isAuthentic(key: password.utf8Span.span.bytes, in: datagram)
    }

    /// Whether MESSAGE-INTEGRITY is there and was made with a key.
    ///
    /// - Parameters:
    ///   - key: of a long-term credential (RFC 8489 §9.2.2).
    ///   - datagram: the bytes this message was read from.
    /// - Returns: false also where the attribute is missing.
    package func isAuthentic(key: RawSpan, in datagram: RawSpan) -> Bool {
        guard let integrityOffset, integrityOffset + 4 + Self.integritySize <= datagram.byteCount else { return false }
        // The code covers a length that ends with MESSAGE-INTEGRITY itself, whatever follows.
        let length = UInt32(truncatingIfNeeded: integrityOffset + 4 + Self.integritySize - Self.headerSize)
        var computation = HMACSHA1(key: key).begin()
        computation.update(UInt32(datagram.uint16(at: 0)) << 16 | length)
        computation.update(datagram.extracting(4..<integrityOffset))
        let code = computation.finish()
        let claimed = datagram.extracting(integrityOffset + 4..<integrityOffset + 4 + Self.integritySize)
        return unsafe isEqualInConstantTime(code.span.bytes, claimed)
    }
}
