// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import RTC

/// Where the packets of one layer of a track go, and how they are changed on the way.
struct Route {
    /// Names the forwarding.
    let id: ForwardingID
    let track: TrackIndex
    let destination: PeerID
    let stream: SendStreamIndex
    /// The best layer to forward, where the layer is chosen by what there is and what the destination can take; `nil`
    /// where it stays what it is.
    var preferred: EncodingIndex?
    /// Whether the layers are ordered by what is measured of them, not as they were offered.
    var isMeasured = false
    /// The rank whose layer is forwarded, whichever that is; `nil` where it is not for its rank that a layer is.
    var rank: Int?
    /// Whether there is a layer to forward: that of a rank has to be found first.
    var hasLayer = true
    /// Whether it is held back for want of bandwidth.
    var isHeld = false
    /// Whether its layer, which goes out by its rank, has stopped and not come back to stay.
    var isPaused = false
    var forwarder: LayerForwarder
    /// Whether it is pictures that go this way.
    var isPicture = false
    /// What it leaves out where the path can't carry all.
    var gate = PictureGate()
    /// Before this moment no better layer is given, because congestion has taken one away.
    var risesAt: MonotonicTime?
    /// When the source is asked for a key frame again while the forwarder waits for one.
    var nextWish: MonotonicTime?

    /// The place of a layer's routes in its peer's table.
    static func place(of track: TrackIndex, _ encoding: EncodingIndex) -> Int {
        track.rawValue << 4 | Int(encoding.rawValue & 15)
    }

    /// The layer that has a place in that table.
    static func layer(at place: Int) -> (track: TrackIndex, encoding: EncodingIndex) {
        (TrackIndex(place >> 4), EncodingIndex(UInt8(place & 15)))
    }

    /// Whether packets may pass.
    var isOpen: Bool { hasLayer && !isHeld && !isPaused }

    /// The place of the layer that is to be forwarded next.
    var targetPlace: Int { Self.place(of: track, forwarder.target) }
}

/// Where the packets of an outgoing stream come from.
struct Feed {
    let id: ForwardingID
    let source: PeerID
    /// Its place among the forwardings of the source.
    let route: Int
    let stream: SendStreamIndex
}

/// Names a forwarding within its worker.
package struct ForwardingID: Hashable, Sendable, BitwiseCopyable {
    let rawValue: UInt64
}

/// Which layer of a track is forwarded.
enum LayerPolicy: Sendable {
    /// Always the same.
    case fixed(EncodingIndex)
    /// The best one up to this, in the order of the offer, that is there and that the destination can take.
    case upTo(EncodingIndex)
    /// The best one by what is measured, that is there and that the destination can take.
    case best
    /// The one of a rank by what is measured, 0 for the lowest quality; none before the ranks are known.
    case rank(Int)
}

/// One track, one outgoing stream, and how packets are changed between them.
struct ForwardingRequest: Sendable {
    var source: PeerID
    var track: TrackIndex
    var layer: LayerPolicy
    var destination: PeerID
    var stream: SendStreamIndex
    var configuration: ForwardingConfiguration
}
