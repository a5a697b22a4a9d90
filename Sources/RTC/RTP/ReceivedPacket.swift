// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// A media packet that a session has taken in and decrypted in place: everything but its bytes.
package struct ReceivedPacket: Sendable, BitwiseCopyable {
    /// The RTP header.
    package var header: RTPHeader
    /// What was read from the header extensions.
    package var extensions: PacketExtensions
    /// The track the packet belongs to.
    package var track: TrackIndex
    /// The layer within the track.
    package var encoding: EncodingIndex
    /// The stream within the session.
    package var stream: ReceiveStreamIndex
    /// The moment of arrival.
    package var receivedAt: MonotonicTime
    /// The moment of capture as `PublisherClock` tells it: later than the truth by a time that all of a publisher's
    /// streams have in common.
    package var capturedAt: MonotonicTime
    private var payloadBytes: ByteRange

    /// Where the payload lies in the datagram; empty in a packet of nothing but padding.
    package var payload: Range<Int> {
        get { payloadBytes.range }
        set { payloadBytes = ByteRange(newValue) }
    }

    /// Describes a packet.
    package init(
        header: RTPHeader,
        payload: Range<Int>,
        extensions: PacketExtensions,
        track: TrackIndex,
        encoding: EncodingIndex,
        stream: ReceiveStreamIndex,
        receivedAt: MonotonicTime,
        capturedAt: MonotonicTime? = nil
    ) {
        self.header = header
        payloadBytes = ByteRange(payload)
        self.extensions = extensions
        self.track = track
        self.encoding = encoding
        self.stream = stream
        self.receivedAt = receivedAt
        self.capturedAt = capturedAt ?? receivedAt
    }
}
