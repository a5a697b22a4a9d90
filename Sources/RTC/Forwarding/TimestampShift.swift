// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// How the timestamps of two sources of one sender lie to each other: layers of one picture count from random beginnings.
package struct TimestampShift: Hashable, Sendable, BitwiseCopyable {
    /// The source whose timestamps are the measure.
    package var from: UInt32
    /// The other source.
    package var to: UInt32
    /// What is added to a timestamp of the other source to get the measure's one of the same moment.
    package var ticks: UInt32

    /// Makes a shift.
    ///
    /// - Parameters:
    ///   - from: the source whose timestamps are the measure.
    ///   - to: the other source.
    ///   - ticks: what is added to its timestamps.
    package init(from: UInt32, to: UInt32, ticks: UInt32) {
        self.from = from
        self.to = to
        self.ticks = ticks
    }
}
