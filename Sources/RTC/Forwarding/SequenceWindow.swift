// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Which of the last 2048 numbers of a sequence were seen: one bit each.
struct SequenceWindow: Sendable, BitwiseCopyable {
    private var words: InlineArray<32, UInt64> = InlineArray(repeating: 0)

    /// How many numbers are remembered.
    static let size = 2048

    /// Makes room for the numbers up to a new highest one, none of which was seen.
    ///
    /// - Parameters:
    ///   - highest: the new highest number.
    ///   - old: the highest one so far, which is less.
    mutating func advance(to highest: Int64, from old: Int64) {
        guard highest - old < Int64(Self.size) else {
            words = InlineArray(repeating: 0)
            return
        }
        var number = old + 1
        while number <= highest {
            words[word(of: number)] &= ~bit(of: number)
            number += 1
        }
    }

    /// Marks a number that is not older than the window.
    ///
    /// - Parameter number: the number.
    /// - Returns: whether it was not seen before.
    mutating func insert(_ number: Int64) -> Bool {
        let index = word(of: number)
        let mask = bit(of: number)
        guard words[index] & mask == 0 else { return false }
        words[index] |= mask
        return true
    }

    private func word(of number: Int64) -> Int { Int(truncatingIfNeeded: number >> 6) & 31 }

    private func bit(of number: Int64) -> UInt64 { 1 << UInt64(truncatingIfNeeded: number & 63) }
}
