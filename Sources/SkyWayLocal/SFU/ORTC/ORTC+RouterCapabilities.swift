// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

extension ORTC {
    /// What a router with these codecs offers (protocol page §7.1).
    ///
    /// Payload types count up from 100; every video codec is followed by its retransmission format.
    static func routerCapabilities(_ codecs: [RouterCodec]) -> RTPCapabilities {
        var payloadTypes = (Array(100...127) + Array(96...99)).map { UInt8($0) }.makeIterator()
        var entries: [RTPCodecCapability] = []
        for var codec in codecs.flatMap(\.capabilities) {
            guard let payloadType = payloadTypes.next() else { break }
            codec.preferredPayloadType = payloadType
            entries.append(codec)
            guard codec.kind == .video, let rtxPayloadType = payloadTypes.next() else { continue }
            entries.append(
                RTPCodecCapability(
                    "video/rtx",
                    preferredPayloadType: rtxPayloadType,
                    clockRate: codec.clockRate,
                    parameters: ["apt": .integer(Int64(payloadType))]
                )
            )
        }
        return RTPCapabilities(codecs: entries, headerExtensions: headerExtensions)
    }

    /// The router's header extensions with their ids, direction as the router sees it (protocol page §7.1).
    private static let headerExtensions: [RTPHeaderExtensionCapability] =
        audioHeaderExtensions.map { entry(.audio, $0) } + videoHeaderExtensions.map { entry(.video, $0) }

    private typealias ExtensionRow = (uri: String, id: UInt8, RTPHeaderExtensionCapability.Direction)

    private static let audioHeaderExtensions: [ExtensionRow] = [
        (HeaderExtensionURI.mid, 1, .sendrecv),
        (HeaderExtensionURI.absSendTime, 4, .sendrecv),
        (HeaderExtensionURI.transportWideCC, 5, .recvonly),
        (HeaderExtensionURI.audioLevel, 10, .sendrecv),
        (HeaderExtensionURI.absCaptureTime, 13, .sendrecv),
        (HeaderExtensionURI.playoutDelay, 14, .sendrecv),
    ]

    private static let videoHeaderExtensions: [ExtensionRow] = [
        (HeaderExtensionURI.mid, 1, .sendrecv),
        (HeaderExtensionURI.rid, 2, .recvonly),
        (HeaderExtensionURI.repairedRid, 3, .recvonly),
        (HeaderExtensionURI.absSendTime, 4, .sendrecv),
        (HeaderExtensionURI.transportWideCC, 5, .sendrecv),
        (HeaderExtensionURI.frameMarkingDraft, 6, .sendrecv),
        (HeaderExtensionURI.frameMarking, 7, .sendrecv),
        (HeaderExtensionURI.videoOrientation, 11, .sendrecv),
        (HeaderExtensionURI.timeOffset, 12, .sendrecv),
        (HeaderExtensionURI.absCaptureTime, 13, .sendrecv),
        (HeaderExtensionURI.playoutDelay, 14, .sendrecv),
    ]

    private static func entry(_ kind: RTPKind, _ row: ExtensionRow) -> RTPHeaderExtensionCapability {
        RTPHeaderExtensionCapability(
            kind: kind,
            uri: row.uri,
            preferredId: row.id,
            preferredEncrypt: false,
            direction: row.2
        )
    }
}

/// The URIs of the router's header extensions, written out here so that they are this target's own.
enum HeaderExtensionURI {
    static let mid = "urn:ietf:params:rtp-hdrext:sdes:mid"
    static let rid = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
    static let repairedRid = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
    static let absSendTime = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
    static let transportWideCC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
    static let frameMarkingDraft = "http://tools.ietf.org/html/draft-ietf-avtext-framemarking-07"
    static let frameMarking = "urn:ietf:params:rtp-hdrext:framemarking"
    static let audioLevel = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
    static let videoOrientation = "urn:3gpp:video-orientation"
    static let timeOffset = "urn:ietf:params:rtp-hdrext:toffset"
    static let absCaptureTime = "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time"
    static let playoutDelay = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"
}
