// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC

/// What the sessions of a chain agree on: VP8 on every leg, in one stream or in a layer for each of several.
struct ChainPlan {
    /// How the publisher sends packets again.
    enum Publisher: Hashable {
        /// In a stream of retransmissions, and it tells round trips, as browsers do.
        case browser
        /// In the stream itself, and it tells nothing, as OBS does.
        case plain
        /// Not at all.
        case unmended
    }

    let publisher: Publisher
    /// Whether the SFU takes packets again in a stream of retransmissions.
    var separatesFarRetransmissions = true
    /// How many layers the publisher sends, the lowest one first.
    var layers = 1
    /// The kinds of requests for a key frame that the publisher, the gateway and a viewer's SFU understand.
    var publisherRequests = Self.anyRequest
    var farRequests = Self.anyRequest
    var viewerRequests = Self.anyRequest

    static let anyRequest: [RTCPFeedback] = [.pictureLossIndication, .fullIntraRequest]
    private static let rids = ["q", "h", "f"]

    private var publishedCodec: RTPCodec {
        let recovery: [RTCPFeedback] =
            switch publisher {
            case .browser: [.nack, .transportWide, .receiverEstimatedMaximumBitrate]
            case .plain: [.nack]
            case .unmended: []
            }
        return codec(96, retransmission: publisher == .browser ? 97 : nil, publisherRequests + recovery)
    }

    private var producedCodec: RTPCodec {
        codec(101, retransmission: separatesFarRetransmissions ? 102 : nil, farRequests + [.nack, .transportWide])
    }

    /// The publisher's streams, as it sends them: one for each layer.
    var published: [SendStreamParameters] {
        (0..<layers).map { layer in
            var result = stream(publishedCodec, ssrc: 1_111 + 10 * UInt32(layer), publisherExtensions)
            if layers > 1 { result.rid = Self.rids[layer] }
            return result
        }
    }

    /// The same, as the gateway takes it.
    var ingested: ReceiveTrackParameters {
        ReceiveTrackParameters(
            kind: .video,
            mid: "1",
            codecs: [publishedCodec],
            encodings: layers > 1 ? Self.rids.prefix(layers).map { RTPEncoding(rid: $0) } : [RTPEncoding()],
            extensions: publisherExtensions,
            sendsReceiverReferenceTimes: publisher == .browser
        )
    }

    /// The gateway's streams to the SFU.
    var produced: [SendStreamParameters] {
        (0..<layers).map { stream(producedCodec, ssrc: 2_222 + 10 * UInt32($0), numbered) }
    }

    /// The same, as the SFU takes it.
    var produce: ReceiveTrackParameters {
        ReceiveTrackParameters(
            kind: .video,
            mid: "1",
            codecs: [producedCodec],
            encodings: produced.map { RTPEncoding(ssrc: $0.ssrc, retransmissionSSRC: $0.retransmissionSSRC) },
            extensions: numbered,
            sendsReceiverReferenceTimes: true
        )
    }

    /// The SFU's stream to a viewer.
    var consumed: SendStreamParameters { stream(codec(110, retransmission: nil, viewerRequests), ssrc: 3_333, midOnly) }

    /// The same, as the viewer takes it.
    var consume: ReceiveTrackParameters {
        ReceiveTrackParameters(
            kind: .video,
            mid: "1",
            codecs: [consumed.codec],
            encodings: [RTPEncoding(ssrc: 3_333)],
            extensions: midOnly
        )
    }

    private var midOnly: HeaderExtensionMap {
        var map = HeaderExtensionMap()
        map[.mid] = 1
        return map
    }

    private var numbered: HeaderExtensionMap {
        var map = midOnly
        map[.transportSequenceNumber] = 3
        return map
    }

    private var publisherExtensions: HeaderExtensionMap {
        var map = publisher == .browser ? numbered : midOnly
        if layers > 1 {
            map[.rtpStreamID] = 4
            map[.repairedRTPStreamID] = 5
        }
        return map
    }

    private func codec(_ payloadType: UInt8, retransmission: UInt8?, _ feedback: [RTCPFeedback]) -> RTPCodec {
        RTPCodec(
            kind: .video,
            name: "VP8",
            payloadType: payloadType,
            clockRate: 90_000,
            feedback: feedback,
            retransmissionPayloadType: retransmission
        )
    }

    private func stream(_ codec: RTPCodec, ssrc: UInt32, _ extensions: HeaderExtensionMap) -> SendStreamParameters {
        SendStreamParameters(
            kind: .video,
            mid: "1",
            ssrc: ssrc,
            retransmissionSSRC: codec.retransmissionPayloadType.map { _ in ssrc + 1 },
            codec: codec,
            extensions: extensions,
            cname: "chain"
        )
    }
}
