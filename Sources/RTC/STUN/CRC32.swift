// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The checksum of FINGERPRINT: CRC-32 of ITU V.42, as in Ethernet and zip (RFC 8489 §14.7).
enum CRC32 {
    /// The checksum of some bytes.
    ///
    /// - Parameter bytes: what to sum up.
    /// - Returns: the checksum, final inversion included.
    static func checksum(of bytes: RawSpan) -> UInt32 {
        let table = table
        var value: UInt32 = 0xffff_ffff
        for offset in 0..<bytes.byteCount {
            value = table[Int((value ^ UInt32(bytes.byte(at: offset))) & 0xff)] ^ value >> 8
        }
        return ~value
    }

    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in
            value & 1 == 0 ? value >> 1 : 0xedb8_8320 ^ value >> 1
        }
    }
}
