// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The rate of bytes over the last half second, in slices of 25 ms.
package struct RateWindow: Sendable, BitwiseCopyable {
    private static let slice: UInt64 = 25_000_000
    private static let sliceCount: UInt64 = 20

    private var slices: InlineArray<20, UInt32> = InlineArray(repeating: 0)
    /// The number of the newest slice, and of the first one that was ever filled.
    private var newest: UInt64 = 0
    private var first: UInt64?
    private var total: UInt64 = 0

    /// Makes a window in which nothing has come.
    package init() {}

    /// Counts bytes.
    package mutating func add(_ bytes: Int, at moment: MonotonicTime) {
        let number = moment.nanoseconds / Self.slice
        if first == nil {
            first = number
            newest = number
        }
        advance(to: number)
        // What comes late counts with what is newest.
        let place = Int(newest % Self.sliceCount)
        let added = UInt32(clamping: bytes)
        slices[place] &+= added
        total += UInt64(added)
    }

    /// Bits per second up to a moment; `nil` while less than a third of the window has passed since the first byte.
    package mutating func bitrate(at moment: MonotonicTime) -> Double? {
        guard let first else { return nil }
        advance(to: moment.nanoseconds / Self.slice)
        let passed = min(newest - first + 1, Self.sliceCount)
        guard passed > Self.sliceCount / 3 else { return nil }
        return Double(total * 8) / (Double(passed) * 0.025)
    }

    /// Bits per second up to the newest byte.
    package var newestBitrate: Double? {
        var window = self
        return window.bitrate(at: MonotonicTime(nanoseconds: newest * Self.slice))
    }

    private mutating func advance(to number: UInt64) {
        guard number > newest else { return }
        if number - newest >= Self.sliceCount {
            slices = InlineArray(repeating: 0)
            total = 0
            first = number
        } else {
            for passed in newest + 1...number {
                total -= UInt64(slices[Int(passed % Self.sliceCount)])
                slices[Int(passed % Self.sliceCount)] = 0
            }
        }
        newest = number
    }
}
