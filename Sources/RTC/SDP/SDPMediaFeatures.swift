// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// What this end does beyond forwarding: nothing is agreed on that is not implemented and switched on here.
package struct SDPMediaFeatures: Hashable, Sendable {
    /// Generic NACK is sent for what is lost, or answered (RFC 4585 §6.2.1).
    package var usesNACK = false
    /// Retransmissions have a payload type of their own (RFC 4588).
    package var usesRetransmission = false
    /// Transport-wide congestion control feedback.
    package var usesTransportWideFeedback = false
    /// Receiver estimated maximum bit rate.
    package var usesReceiverEstimate = false
    /// Receiver reference times are sent, or answered (RFC 3611 §4.4, §4.5).
    package var usesReceiverReferenceTimes = false

    /// Makes a set with nothing switched on; key frame requests are always there.
    package init() {}

    /// Whether a kind of feedback is implemented.
    func includes(_ feedback: RTCPFeedback) -> Bool {
        switch feedback {
        case .pictureLossIndication, .fullIntraRequest: true
        case .nack: usesNACK
        case .transportWide: usesTransportWideFeedback
        case .receiverEstimatedMaximumBitrate: usesReceiverEstimate
        default: false
        }
    }

    /// Whether a header extension is of use on what this end receives.
    func reads(_ kind: HeaderExtension) -> Bool {
        switch kind {
        case .mid, .rtpStreamID, .audioLevel, .videoOrientation, .absCaptureTime, .playoutDelay: true
        case .repairedRTPStreamID: usesRetransmission
        case .absSendTime: usesReceiverEstimate
        case .transportSequenceNumber: usesTransportWideFeedback
        }
    }

    /// Whether a header extension is of use on what this end sends.
    func writes(_ kind: HeaderExtension) -> Bool {
        switch kind {
        case .rtpStreamID, .repairedRTPStreamID: false
        default: reads(kind)
        }
    }

    /// A codec with only that of its feedback and retransmission which is implemented.
    func reduced(_ codec: RTPCodec) -> RTPCodec {
        var codec = codec
        var seen: Set<RTCPFeedback> = []
        codec.feedback = codec.feedback.filter { includes($0) && seen.insert($0).inserted }
        if !usesRetransmission { codec.retransmissionPayloadType = nil }
        return codec
    }

    /// Takes away half of a pair.
    ///
    /// Transport-wide feedback needs its `a=rtcp-fb` line and the extension that numbers the packets: a sender with one
    /// of them alone waits for feedback that can't be made. Send times without an estimate are bytes for nothing.
    static func pairFeedback(of codec: inout RTPCodec, with extensions: inout [SDPHeaderExtension]) {
        if !extensions.contains(where: { $0.kind == .transportSequenceNumber }) {
            codec.feedback.removeAll { $0 == .transportWide }
        }
        let feedback = codec.feedback
        extensions.removeAll { entry in
            entry.kind == .transportSequenceNumber && !feedback.contains(.transportWide)
                || entry.kind == .absSendTime && !feedback.contains(.receiverEstimatedMaximumBitrate)
        }
    }
}

extension Sequence<SDPHeaderExtension> {
    /// The ids by what they stand for.
    package var ids: HeaderExtensionMap {
        reduce(into: HeaderExtensionMap()) { map, entry in
            if let kind = entry.kind { map[kind] = entry.id }
        }
    }
}
