// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// What one incoming stream of a session has done so far.
package struct IncomingStreamStatistics: Hashable, Sendable {
    /// The track it belongs to.
    package var track: TrackIndex
    /// Its place among the track's layers.
    package var encoding: EncodingIndex
    /// Its SSRC.
    package var ssrc: UInt32
    /// The SSRC of its retransmissions, once any came.
    package var retransmissionSSRC: UInt32?
    /// The media id of the track.
    package var mid: String?
    /// The RTP stream id of the layer.
    package var rid: String?
    /// What it is declared as.
    package var codec: RTPCodec
    /// Packets, without those of its retransmissions.
    package var packets: UInt64
    /// Payload octets of those packets.
    package var octets: UInt64
    /// Packets that were expected but did not come; below zero when some came twice.
    package var lost: Int64
    /// Packets that came after they had been missed.
    package var recovered: UInt64
    /// What came in a stream of retransmissions, whether missed or not.
    package var retransmitted: PacketCount
    /// The interarrival jitter.
    package var jitter: Duration
    /// When the last packet came.
    package var lastPacketAt: MonotonicTime?
    /// What its sender was told.
    package var feedback: FeedbackCounters
    /// What its sender last said that it had sent; `nil` before any report.
    package var lastSenderReport: SenderReport?
    /// Whether packets come whose moments of capture the sender's reports tell, or have told before they stopped making
    /// sense; only such moments can be compared with those of other tracks.
    package var isCaptureReported: Bool
}

/// What one outgoing stream of a session has done so far.
package struct OutgoingStreamStatistics: Hashable, Sendable {
    /// Its place in the session.
    package var stream: SendStreamIndex
    /// What was agreed on for it: SSRCs, ids and codec.
    package var parameters: SendStreamParameters
    /// Packets, without those of its retransmissions.
    package var packets: UInt64
    /// Payload octets of those packets.
    package var octets: UInt64
    /// What was sent again.
    package var retransmitted: PacketCount
    /// The frames of video.
    package var frames: FrameCount
    /// Packets that the receiver misses, as it last said.
    package var lost: Int64
    /// The part of the packets that the receiver missed when it last reported, 0–1.
    package var fractionLost: Double
    /// The interarrival jitter, as the receiver last said; `nil` before any report.
    package var remoteJitter: Duration?
    /// The round-trip time, where the receiver's reports tell it.
    package var roundTripTime: Duration?
    /// What the receiver has told.
    package var feedback: FeedbackCounters
    /// How long after its capture what is sent leaves, up to the last packet of each picture; `nil` where that is not
    /// known, and while nothing is sent.
    package var captureDelay: Duration?

    /// Its SSRC.
    package var ssrc: UInt32 { parameters.ssrc }
}

/// Frames of video, and how often one is a key frame.
package struct FrameCount: Hashable, Sendable, BitwiseCopyable {
    /// Frames of which there was something.
    package var frames: UInt64 = 0
    /// Those among them that are key frames.
    package var keyFrames: UInt64 = 0
    /// The time between the last two key frames; `nil` before there were two.
    package var keyFrameInterval: Duration?

    /// Makes a count that stands at zero.
    package init() {}

    /// Makes the count of this moment.
    ///
    /// - Parameter counter: what counts.
    package init(_ counter: FrameCounter) {
        frames = counter.frames
        keyFrames = counter.keyFrames
        keyFrameInterval = counter.keyFrameInterval
    }
}
