// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Names a broadcast within its process; later ones have higher numbers.
package struct BroadcastID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The number.
    package let rawValue: UInt64

    /// Makes a name.
    package init(_ rawValue: UInt64) {
        self.rawValue = rawValue
    }

    package var description: String { "\(rawValue)" }

    package static func < (first: BroadcastID, second: BroadcastID) -> Bool { first.rawValue < second.rawValue }
}
