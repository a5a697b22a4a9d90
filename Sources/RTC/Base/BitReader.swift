// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Reads what video codecs write bit by bit, from the most significant one on.
///
/// In NAL units it leaves out the bytes that prevent start codes (ITU-T H.264 §7.3.1; numbers in Exp-Golomb: §9.1).
/// The reader holds positions only; the bytes are handed in at each step. At the end of the bytes every reading answers
/// `nil`.
struct BitReader: BitwiseCopyable {
    private var offset: Int
    /// Bits of the byte before `offset` that were not read yet.
    private var left = 0
    private var current: UInt8 = 0
    /// How many zero bytes went before `offset`.
    private var zeros = 0
    /// Whether a 3 behind two zero bytes is no part of what was written.
    private let preventsStartCodes: Bool

    /// Makes a reader.
    ///
    /// - Parameters:
    ///   - offset: where the first byte lies; in a NAL unit behind its header.
    ///   - preventsStartCodes: whether the bytes are those of a NAL unit.
    init(from offset: Int, preventsStartCodes: Bool) {
        self.offset = offset
        self.preventsStartCodes = preventsStartCodes
    }

    /// One bit.
    mutating func bit(in bytes: RawSpan) -> Bool? {
        if left == 0 {
            guard load(from: bytes) else { return nil }
        }
        left -= 1
        return current >> UInt8(left) & 1 == 1
    }

    /// A number of up to 32 bits: `u(n)`.
    mutating func bits(_ count: Int, in bytes: RawSpan) -> UInt32? {
        var value: UInt32 = 0
        for _ in 0..<count {
            guard let bit = bit(in: bytes) else { return nil }
            value = value << 1 | (bit ? 1 : 0)
        }
        return value
    }

    /// An unsigned Exp-Golomb number: `ue(v)`; `nil` also for one that has no room in 32 bits.
    mutating func unsigned(in bytes: RawSpan) -> UInt32? {
        var zeros = 0
        while true {
            guard let bit = bit(in: bytes) else { return nil }
            if bit { break }
            zeros += 1
            guard zeros < 32 else { return nil }
        }
        guard let rest = bits(zeros, in: bytes) else { return nil }
        return (1 << UInt32(zeros)) - 1 + rest
    }

    /// A signed Exp-Golomb number: `se(v)`.
    mutating func signed(in bytes: RawSpan) -> Int64? {
        guard let code = unsigned(in: bytes) else { return nil }
        let magnitude = (Int64(code) + 1) / 2
        return code & 1 == 1 ? magnitude : -magnitude
    }

    private mutating func load(from bytes: RawSpan) -> Bool {
        if preventsStartCodes, zeros >= 2, offset < bytes.byteCount, bytes.byte(at: offset) == 3 {
            offset += 1
            zeros = 0
        }
        guard offset < bytes.byteCount else { return false }
        current = bytes.byte(at: offset)
        zeros = current == 0 ? zeros + 1 : 0
        offset += 1
        left = 8
        return true
    }
}
