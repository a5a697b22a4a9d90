// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// One layer of a track: how its packets are told apart.
package struct RTPEncoding: Hashable, Sendable {
    /// The SSRC, where it is known beforehand.
    package var ssrc: UInt32?
    /// The RTP stream id (RFC 8852), where there is one.
    package var rid: String?
    /// The SSRC of its retransmissions, where it is known beforehand.
    package var retransmissionSSRC: UInt32?

    /// Makes a layer.
    ///
    /// - Parameters:
    ///   - ssrc: the SSRC, where known.
    ///   - rid: the RTP stream id, where there is one.
    ///   - retransmissionSSRC: the SSRC of retransmissions, where known.
    package init(ssrc: UInt32? = nil, rid: String? = nil, retransmissionSSRC: UInt32? = nil) {
        self.ssrc = ssrc
        self.rid = rid
        self.retransmissionSSRC = retransmissionSSRC
    }
}

/// A track that a session receives.
package struct ReceiveTrackParameters: Hashable, Sendable {
    /// Audio or video.
    package var kind: MediaKind
    /// The media id of its m-section, or of the producer.
    package var mid: String?
    /// The codecs that may arrive.
    package var codecs: [RTPCodec]
    /// Its layers in signalled order; one without SSRC and RID where the peer announced none.
    package var encodings: [RTPEncoding]
    /// The header extension ids in force on its packets.
    package var extensions: HeaderExtensionMap
    /// The sender's canonical name, where known.
    package var cname: String?
    /// Whether the sender answers reference times, which tell the round-trip time (RFC 3611 §5.1, `rcvr-rtt`).
    package var sendsReceiverReferenceTimes: Bool

    /// Makes the parameters of a track.
    package init(
        kind: MediaKind,
        mid: String?,
        codecs: [RTPCodec],
        encodings: [RTPEncoding],
        extensions: HeaderExtensionMap,
        cname: String? = nil,
        sendsReceiverReferenceTimes: Bool = false
    ) {
        self.kind = kind
        self.mid = mid
        self.codecs = codecs
        self.encodings = encodings
        self.extensions = extensions
        self.cname = cname
        self.sendsReceiverReferenceTimes = sendsReceiverReferenceTimes
    }
}

/// One RTP stream that a session sends.
package struct SendStreamParameters: Hashable, Sendable {
    /// Audio or video.
    package var kind: MediaKind
    /// The media id, written into each packet where the extension was agreed on.
    package var mid: String?
    /// The RTP stream id, written likewise.
    package var rid: String?
    /// The SSRC of the stream.
    package var ssrc: UInt32
    /// The SSRC of its retransmissions, where there are any.
    package var retransmissionSSRC: UInt32?
    /// The codec, with the payload type to be sent.
    package var codec: RTPCodec
    /// The header extension ids to write with.
    package var extensions: HeaderExtensionMap
    /// The canonical name in source descriptions (RFC 3550 §6.5.1).
    package var cname: String

    /// Makes the parameters of an outgoing stream.
    package init(
        kind: MediaKind,
        mid: String?,
        rid: String? = nil,
        ssrc: UInt32,
        retransmissionSSRC: UInt32? = nil,
        codec: RTPCodec,
        extensions: HeaderExtensionMap,
        cname: String
    ) {
        self.kind = kind
        self.mid = mid
        self.rid = rid
        self.ssrc = ssrc
        self.retransmissionSSRC = retransmissionSSRC
        self.codec = codec
        self.extensions = extensions
        self.cname = cname
    }
}
