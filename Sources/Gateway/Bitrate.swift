// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// A bit rate as settings write it: bits per second, or thousands with `k` behind them, or millions with `M`.
package struct Bitrate: Hashable, Sendable {
    /// The bits per second.
    package let bitsPerSecond: UInt64

    /// From what carries a picture at all to more than any encoder makes.
    static let range: ClosedRange<UInt64> = 100_000...1_000_000_000

    /// Takes a bit rate; `nil` where it is out of range.
    package init?(bitsPerSecond: UInt64) {
        guard Self.range.contains(bitsPerSecond) else { return nil }
        self.bitsPerSecond = bitsPerSecond
    }

    /// Reads a bit rate, such as `2500k`, `8M` or `2.5M`; `nil` where it is none, or out of range.
    ///
    /// - Parameter text: the text.
    package init?(_ text: String) {
        let factors: [Character: Double] = ["k": 1_000, "K": 1_000, "m": 1_000_000, "M": 1_000_000]
        let factor = text.last.flatMap { factors[$0] }
        let digits = factor == nil ? text[...] : text.dropLast()
        // Double reads more than this: signs, exponents, infinity.
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2e }), let number = Double(digits) else {
            return nil
        }
        let bits = (number * (factor ?? 1)).rounded()
        guard bits <= Double(Self.range.upperBound), Self.range.contains(UInt64(bits)) else { return nil }
        bitsPerSecond = UInt64(bits)
    }
}
