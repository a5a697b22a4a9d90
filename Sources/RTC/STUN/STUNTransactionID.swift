// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The 96 bits that tie a STUN response to its request (RFC 8489 §5).
package struct STUNTransactionID: Hashable, Sendable, BitwiseCopyable {
    /// The first four bytes.
    package var high: UInt32
    /// The last eight bytes.
    package var low: UInt64

    /// Makes an id from its two parts.
    ///
    /// - Parameters:
    ///   - high: the first four bytes as a number.
    ///   - low: the last eight bytes as a number.
    package init(high: UInt32, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Draws a new id.
    ///
    /// - Parameter generator: where its bits come from.
    package init(using generator: inout some RandomNumberGenerator) {
        self.init(high: .random(in: 0 ... .max, using: &generator), low: .random(in: 0 ... .max, using: &generator))
    }
}
