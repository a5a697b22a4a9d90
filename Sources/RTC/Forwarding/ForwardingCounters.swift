// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// What became of the packets that a forwarder was given.
package struct ForwardingCounters: Hashable, Sendable, BitwiseCopyable {
    /// Handed on.
    package var forwarded: UInt64 = 0
    /// Packets of parameter sets that went before pictures which came without.
    package var inserted: UInt64 = 0
    /// Dropped: nothing but padding.
    package var padding: UInt64 = 0
    /// Dropped: handed on before.
    package var duplicates: UInt64 = 0
    /// Dropped: older than what has a place.
    package var tooLate: UInt64 = 0
    /// Dropped: before the first key frame of the source.
    package var beforeKeyFrame: UInt64 = 0
    /// Dropped: a payload type that is not forwarded.
    package var unknownPayloadType: UInt64 = 0
    /// Dropped: from a source that another one has just followed.
    package var formerSource: UInt64 = 0
    /// Dropped: left out because the path ahead can't carry it.
    package var leftOut: UInt64 = 0
    /// How often another source, or the same one with new numbers, took over.
    package var sourceChanges: UInt64 = 0

    /// The sum of all that was dropped.
    package var dropped: UInt64 {
        padding + duplicates + tooLate + beforeKeyFrame + unknownPayloadType + formerSource + leftOut
    }
}
