// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import RTC

extension ORTC {
    /// The codec as it leaves towards the SFU: the publisher's, with the loss recovery that the router lists.
    ///
    /// Retransmissions get a payload type of their own where the router has one for what the codec is declared as,
    /// whether or not the publisher has some; without, they go out as the same packets again.
    ///
    /// - Parameters:
    ///   - codec: as the publisher sends it.
    ///   - capabilities: what the router takes.
    ///   - used: the payload types of all media, which retransmissions keep clear of.
    /// - Returns: the codec; nil when the router lists nothing that it could be declared as.
    package static func outgoing(
        _ codec: RTPCodec,
        capabilities: RTPCapabilities,
        besides used: [UInt8]
    ) -> RTPCodec? {
        guard let listed = codec.nearest(in: capabilities.mediaCodecs(codec.kind)) else { return nil }
        var outgoing = codec
        outgoing.feedback = feedback(listed, capabilities: capabilities)
        outgoing.retransmissionPayloadType = nil
        if listed.retransmissionPayloadType != nil {
            outgoing.retransmissionPayloadType = (96...127).first { $0 != codec.payloadType && !used.contains($0) }
        }
        return outgoing
    }

    /// The feedback that is answered: key frame requests for video, NACK where the router lists it, and one way of
    /// congestion control.
    private static func feedback(_ listed: RTPCodec, capabilities: RTPCapabilities) -> [RTCPFeedback] {
        var feedback: [RTCPFeedback] = listed.feedback.contains(.nack) ? [.nack] : []
        if listed.kind == .video { feedback += [.pictureLossIndication, .fullIntraRequest] }
        let way = congestionControl(listed.kind, capabilities: capabilities)
        if let way, listed.feedback.contains(way.feedback) { feedback.append(way.feedback) }
        return feedback
    }

    /// How the SFU tells what its path carries, and the extension for it: by arrivals where all codecs of the kind have
    /// them, else its own estimate by times of sending (protocol page §7.6).
    static func congestionControl(
        _ kind: MediaKind,
        capabilities: RTPCapabilities
    ) -> (feedback: RTCPFeedback, extension: HeaderExtension)? {
        let sendable = capabilities.sendableExtensions(kind)
        let codecs = capabilities.mediaCodecs(kind)
        let ways: [(feedback: RTCPFeedback, extension: HeaderExtension)] = [
            (.transportWide, .transportSequenceNumber), (.receiverEstimatedMaximumBitrate, .absSendTime),
        ]
        return ways.first { way in
            sendable[way.extension] != nil && !codecs.isEmpty
                && codecs.allSatisfy { $0.feedback.contains(way.feedback) }
        }
    }
}
