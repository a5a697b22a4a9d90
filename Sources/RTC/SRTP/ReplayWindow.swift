// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Which packets of a stream have passed (RFC 3711 §3.3.2): the highest index and what lies shortly before it.
///
/// A ring of bits by index, as RFC 6479 describes: going forward clears whole words and never shifts.
struct ReplayWindow: BitwiseCopyable {
    /// What may be said of an index.
    enum Verdict {
        case new
        case seen
        case tooOld
    }

    private static let wordCount = 16

    /// The number of indices before the highest that can be told apart; one word is always being entered.
    static var length: UInt64 { UInt64(wordCount - 1) * 64 }

    /// The highest index that has passed.
    private(set) var highest: UInt64

    private var words: InlineArray<16, UInt64>

    /// Makes a window with the stream's first index passed.
    init(first index: UInt64) {
        highest = index
        words = InlineArray(repeating: 0)
        mark(index)
    }

    /// Whether an index may pass.
    func verdict(on index: UInt64) -> Verdict {
        if index > highest { return .new }
        if highest - index >= Self.length { return .tooOld }
        return words[Self.word(of: index)] & Self.bit(of: index) == 0 ? .new : .seen
    }

    /// Lets an index pass that was found to be new.
    mutating func pass(_ index: UInt64) {
        if index > highest {
            let entered = min(index / 64 - highest / 64, UInt64(Self.wordCount))
            for step in 0..<entered {
                words[Int((index / 64 - step) % UInt64(Self.wordCount))] = 0
            }
            highest = index
        }
        mark(index)
    }

    private mutating func mark(_ index: UInt64) {
        words[Self.word(of: index)] |= Self.bit(of: index)
    }

    private static func word(of index: UInt64) -> Int { Int(index / 64 % UInt64(wordCount)) }

    private static func bit(of index: UInt64) -> UInt64 { 1 << (index % 64) }
}
