// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// A range of bytes in a datagram; what `Range<Int>` would say, copied as plain bits.
struct ByteRange: Hashable, Sendable, BitwiseCopyable {
    private var lowerBound: Int
    private var upperBound: Int

    init(_ range: Range<Int>) {
        lowerBound = range.lowerBound
        upperBound = range.upperBound
    }

    /// The range for slicing.
    var range: Range<Int> { lowerBound..<upperBound }
}
