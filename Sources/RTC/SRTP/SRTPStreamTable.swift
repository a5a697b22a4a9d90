// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The streams of one direction by SSRC, each with what has passed of it; bounded, since SSRCs come from the network.
struct SRTPStreamTable {
    /// The most streams that a session takes in one direction, over its whole life: a viewer of many streams may come and
    /// go from each of them more than once.
    static let capacity = 512

    private var ssrcs: [UInt32] = []
    private var windows: [ReplayWindow] = []
    private var lastFound = 0

    /// Whether there is no room for another stream.
    var isFull: Bool { ssrcs.count >= Self.capacity }

    /// The number of streams.
    var count: Int { ssrcs.count }

    /// The place of a stream; nearly always that of the packet before.
    mutating func place(of ssrc: UInt32) -> Int? {
        if lastFound < ssrcs.count, ssrcs[lastFound] == ssrc { return lastFound }
        guard let place = ssrcs.firstIndex(of: ssrc) else { return nil }
        lastFound = place
        return place
    }

    /// The window of the stream at a place.
    subscript(place: Int) -> ReplayWindow {
        _read { yield windows[place] }
        _modify { yield &windows[place] }
    }

    /// Adds a stream whose first packet has passed; the caller has checked that there is room.
    mutating func add(_ ssrc: UInt32, first index: UInt64) {
        precondition(!isFull, "the table of streams is full")
        ssrcs.append(ssrc)
        windows.append(ReplayWindow(first: index))
        lastFound = ssrcs.count - 1
    }
}
