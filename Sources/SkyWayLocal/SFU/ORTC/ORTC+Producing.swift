// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// How a producer's payload types and encodings appear inside the router.
struct ProducerMapping: Hashable, Sendable {
    /// One encoding.
    struct Encoding: Hashable, Sendable {
        var ssrc: UInt32?
        var rid: String?
        var scalabilityMode: String?
        /// The SSRC the router knows it by.
        var mappedSSRC: UInt32
    }

    /// The router's payload type by the producer's.
    var payloadTypes: [UInt8: UInt8]
    var encodings: [Encoding]
}

extension ORTC {
    /// Maps a producer into the router (protocol page §7.3: the SFU maps payload types and SSRCs itself).
    ///
    /// - Parameters:
    ///   - parameters: validated producer parameters.
    ///   - router: the router's capabilities.
    ///   - firstSSRC: a random SSRC; the encodings get it and those after it.
    /// - Returns: the mapping.
    /// - Throws: when the router does not have a codec.
    static func mapping(
        of parameters: RTPParameters,
        router: RTPCapabilities,
        firstSSRC: UInt32
    ) throws(ORTCError) -> ProducerMapping {
        var payloadTypes: [UInt8: UInt8] = [:]
        for codec in parameters.codecs where !codec.isRTX {
            let match = router.codecs.first { !$0.isRTX && matches($0.identity, codec.identity) }
            guard let payloadType = match?.preferredPayloadType else {
                throw .unsupported("unsupported codec [mimeType:\(codec.mimeType), payloadType:\(codec.payloadType)]")
            }
            payloadTypes[codec.payloadType] = payloadType
        }
        for codec in parameters.codecs where codec.isRTX {
            guard let media = codec.associatedPayloadType.flatMap({ payloadTypes[$0] }),
                let payloadType = router.rtxPayloadType(for: media)
            else { throw .unsupported("no RTX codec for payload type \(codec.payloadType)") }
            payloadTypes[codec.payloadType] = payloadType
        }
        let encodings = parameters.encodings.enumerated().map { index, encoding in
            ProducerMapping.Encoding(
                ssrc: encoding.ssrc,
                rid: encoding.rid,
                scalabilityMode: encoding.scalabilityMode,
                mappedSSRC: firstSSRC &+ UInt32(index)
            )
        }
        return ProducerMapping(payloadTypes: payloadTypes, encodings: encodings)
    }

    /// What the router can give of a producer to anybody: its codecs under the router's payload types.
    static func consumable(
        _ parameters: RTPParameters,
        kind: RTPKind,
        router: RTPCapabilities,
        mapping: ProducerMapping
    ) -> RTPParameters {
        var codecs: [RTPCodecParameters] = []
        for codec in parameters.codecs where !codec.isRTX {
            guard let payloadType = mapping.payloadTypes[codec.payloadType],
                let entry = router.codecs.first(where: { $0.preferredPayloadType == payloadType })
            else { continue }
            codecs.append(
                RTPCodecParameters(
                    entry.mimeType,
                    payloadType: payloadType,
                    clockRate: entry.clockRate,
                    channels: entry.channels,
                    parameters: codec.parameters,
                    rtcpFeedback: entry.rtcpFeedback
                )
            )
            guard let rtx = router.rtxPayloadType(for: payloadType) else { continue }
            codecs.append(
                RTPCodecParameters(
                    "video/rtx",
                    payloadType: rtx,
                    clockRate: entry.clockRate,
                    parameters: ["apt": .integer(Int64(payloadType))]
                )
            )
        }
        let extensions = router.headerExtensions.filter {
            $0.kind == kind && ($0.direction == .sendrecv || $0.direction == .sendonly)
        }
        let encodings = zip(parameters.encodings, mapping.encodings).map { encoding, mapped in
            RTPEncodingParameters(
                ssrc: mapped.mappedSSRC,
                dtx: encoding.dtx,
                scalabilityMode: encoding.scalabilityMode,
                maxBitrate: encoding.maxBitrate
            )
        }
        return RTPParameters(
            codecs: codecs,
            headerExtensions: extensions.map {
                RTPHeaderExtensionParameters(uri: $0.uri, id: $0.preferredId, encrypt: false, parameters: [:])
            },
            encodings: Array(encodings),
            rtcp: RTCPParameters(cname: parameters.rtcp.cname, reducedSize: true)
        )
    }
}

extension RTPCapabilities {
    /// The payload type that repairs another.
    fileprivate func rtxPayloadType(for payloadType: UInt8) -> UInt8? {
        codecs.first { $0.isRTX && $0.parameters["apt"]?.integer == Int64(payloadType) }?.preferredPayloadType
    }
}
