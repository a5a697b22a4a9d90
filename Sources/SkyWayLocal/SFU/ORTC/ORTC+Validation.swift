// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

extension ORTC {
    /// Checks a producer's parameters for contradictions and fills in what may be left out (protocol page §7.4).
    ///
    /// - Parameters:
    ///   - parameters: as they came.
    ///   - kind: audio or video.
    /// - Returns: the parameters with at least one encoding.
    /// - Throws: the first rule broken.
    static func validated(_ parameters: RTPParameters, kind: RTPKind) throws(ORTCError) -> RTPParameters {
        try validate(parameters.codecs, kind: kind)
        for element in parameters.headerExtensions {
            guard element.id != 0 else { throw .invalid("the header extension \(element.uri) has id 0") }
            guard !element.uri.isEmpty else { throw .invalid("a header extension has no uri") }
        }
        if let mid = parameters.mid, mid.isEmpty || mid.utf8.count > 8 {
            throw .invalid("mid must have 1 to 8 characters")
        }
        var result = parameters
        if result.encodings.isEmpty { result.encodings = [RTPEncodingParameters()] }
        // A browser's offer with RIDs names no SSRC and so no cname: mediasoup-client then sends an empty one.
        if result.rtcp.cname?.isEmpty == true { result.rtcp.cname = nil }
        try validate(result.encodings, mid: result.mid)
        return result
    }

    private static func validate(_ codecs: [RTPCodecParameters], kind: RTPKind) throws(ORTCError) {
        guard let first = codecs.first else { throw .invalid("codecs are missing") }
        guard !first.isRTX else { throw .invalid("the first codec is not a media codec") }
        guard codecs.count <= 64 else { throw .invalid("there are too many codecs") }
        var payloadTypes: Set<UInt8> = []
        for codec in codecs {
            guard codec.mimeType.lowercased().hasPrefix("\(kind.rawValue)/"), codec.clockRate > 0 else {
                throw .invalid("\(codec.mimeType) is not a codec for \(kind.rawValue)")
            }
            guard codec.payloadType < 128, payloadTypes.insert(codec.payloadType).inserted else {
                throw .invalid("payload type \(codec.payloadType) is used twice or out of range")
            }
        }
        for codec in codecs where codec.isRTX {
            guard let media = codec.associatedPayloadType, codecs.contains(where: { $0.payloadType == media }) else {
                throw .invalid("the RTX codec \(codec.payloadType) has no media codec")
            }
        }
    }

    private static func validate(_ encodings: [RTPEncodingParameters], mid: String?) throws(ORTCError) {
        guard encodings.count <= 8 else { throw .invalid("there are too many encodings") }
        for encoding in encodings {
            if let rid = encoding.rid, rid.isEmpty || rid.utf8.count > 16 {
                throw .invalid("rid must have 1 to 16 characters")
            }
            guard encoding.ssrc != nil || encoding.rid != nil || (encodings.count == 1 && mid != nil) else {
                throw .invalid("an encoding has neither ssrc nor rid")
            }
        }
        let ssrcs = encodings.flatMap { [$0.ssrc, $0.rtx?.ssrc] }.compactMap(\.self)
        guard Set(ssrcs).count == ssrcs.count else { throw .invalid("an SSRC is used twice") }
        let rids = encodings.compactMap(\.rid)
        guard Set(rids).count == rids.count else { throw .invalid("a RID is used twice") }
    }
}
