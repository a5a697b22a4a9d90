// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Looks at the outside of DTLS records (RFC 6347 §4.1), so that rubbish never reaches OpenSSL.
///
/// OpenSSL drops most bad records by itself, but ends the handshake over some that anybody could send: an unknown
/// content type, unencrypted application data, an alert or handshake header that contradicts itself.
enum DTLSRecords {
    private static let headerLength = 13
    private static let handshakeHeaderLength = 12

    /// Whether a datagram is a row of whole records that a DTLS peer may send.
    static func areWellFormed(_ datagram: RawSpan) -> Bool {
        var offset = 0
        repeat {
            guard offset + headerLength <= datagram.byteCount else { return false }
            let length = Int(uint16(datagram, at: offset + 11))
            let end = offset + headerLength + length
            guard length > 0, end <= datagram.byteCount else { return false }
            guard isPlausible(datagram.extracting(offset..<end)) else { return false }
            offset = end
        } while offset < datagram.byteCount
        return true
    }

    private static func isPlausible(_ record: RawSpan) -> Bool {
        let isDTLS1 = byte(record, at: 1) == 0xFE
        let isEncrypted = uint16(record, at: 3) != 0
        guard isDTLS1 else { return false }
        switch (byte(record, at: 0), isEncrypted) {
        case (20...23, true): return true
        case (20, false): return record.byteCount == headerLength + 1
        case (21, false): return record.byteCount == headerLength + 2
        case (22, false): return isHandshake(record.extracting(headerLength..<record.byteCount))
        default: return false
        }
    }

    /// Whether handshake fragments fill a record exactly and each lies within its message (RFC 6347 §4.2.2).
    private static func isHandshake(_ fragments: RawSpan) -> Bool {
        var offset = 0
        repeat {
            guard offset + handshakeHeaderLength <= fragments.byteCount else { return false }
            let messageLength = uint24(fragments, at: offset + 1)
            let fragmentOffset = uint24(fragments, at: offset + 6)
            let fragmentLength = uint24(fragments, at: offset + 9)
            guard fragmentOffset + fragmentLength <= messageLength else { return false }
            offset += handshakeHeaderLength + fragmentLength
            guard offset <= fragments.byteCount else { return false }
        } while offset < fragments.byteCount
        return true
    }

    private static func byte(_ bytes: RawSpan, at offset: Int) -> UInt8 {
        precondition(offset >= 0 && offset < bytes.byteCount, "read past the end")
        return unsafe bytes.unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
    }

    private static func uint16(_ bytes: RawSpan, at offset: Int) -> UInt16 {
        UInt16(byte(bytes, at: offset)) << 8 | UInt16(byte(bytes, at: offset + 1))
    }

    private static func uint24(_ bytes: RawSpan, at offset: Int) -> Int {
        Int(byte(bytes, at: offset)) << 16 | Int(uint16(bytes, at: offset + 1))
    }
}
