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
        outgoing.feedback = feedback(listed)
        outgoing.retransmissionPayloadType = nil
        if listed.retransmissionPayloadType != nil {
            outgoing.retransmissionPayloadType = (96...127).first { $0 != codec.payloadType && !used.contains($0) }
        }
        return outgoing
    }

    /// The feedback that is answered: key frame requests for video, and NACK where the router lists it.
    ///
    /// Congestion control is the publisher's matter, so nothing of it is declared.
    private static func feedback(_ listed: RTPCodec) -> [RTCPFeedback] {
        let recovery: [RTCPFeedback] = listed.feedback.contains(.nack) ? [.nack] : []
        return listed.kind == .video ? recovery + [.pictureLossIndication, .fullIntraRequest] : recovery
    }
}
