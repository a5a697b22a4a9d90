// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import RTC

/// What a worker knows of congestion on the path of one session that hands on what others publish.
final class EgressCongestion {
    /// When it is looked at next; `nil` before anything flows.
    var review: MonotonicTime?
    /// The limit that was last drawn consequences of.
    var limit: UInt64?
    /// Whether what is more than the limit is held back here, because the publisher does not heed it.
    var isHolding = false
    /// Since when more comes than fits, or all of it fits.
    var exceedsSince: MonotonicTime?
    var fitsSince: MonotonicTime?
    /// The bits per second that came before the limit.
    var wanted = 0.0
    /// The publisher that has gone on sending more than it was told.
    var ignoredBy: PeerID?
    /// When a layer was last held back, or let go on.
    var layersChangedAt: MonotonicTime?
    var statistics = CongestionStatistics()
}

/// What was done about congestion on the path of a session so far.
package struct CongestionStatistics: Hashable, Sendable {
    /// How often congestion began to limit what is sent.
    package var limits: UInt64 = 0
    /// The bits per second of pictures that the publisher is told, where it is told any.
    package var toldBitrate: UInt64?
    /// Whether pictures are held back at present.
    package var isHolding = false
    /// How often pictures began to be held back.
    package var holds: UInt64 = 0
    /// Layers that are held back at present, and how often one was.
    package var layersHeld = 0
    package var layersShed: UInt64 = 0
    /// Packets of pictures that were left out.
    package var packetsLeftOut: UInt64 = 0
}
