// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

extension ORTC {
    /// Whether a client can take anything of a producer.
    static func canConsume(_ consumable: RTPParameters, capabilities: RTPCapabilities) -> Bool {
        consumable.codecs.contains { codec in
            !codec.isRTX && capabilities.codecs.contains { matches($0.identity, codec.identity) }
        }
    }

    /// How one consumer is sent to a client with these capabilities (protocol page §7.7).
    ///
    /// - Parameters:
    ///   - consumable: what the router can give of the producer.
    ///   - kind: audio or video; audio gets neither RTX nor plain NACK.
    ///   - capabilities: the client's, or the router's own, which the SDK sends the first time (protocol page §3.5).
    ///   - ssrc: the consumer's SSRC; its retransmissions use the next one.
    ///   - mid: the consumer's MID.
    /// - Returns: parameters with exactly one encoding.
    /// - Throws: when the client can take no codec of the producer.
    static func consumerParameters(
        of consumable: RTPParameters,
        kind: RTPKind,
        capabilities: RTPCapabilities,
        ssrc: UInt32,
        mid: String
    ) throws(ORTCError) -> RTPParameters {
        let hasRTX = kind == .video
        var codecs: [RTPCodecParameters] = []
        for codec in consumable.codecs where hasRTX || !codec.isRTX {
            guard let match = capabilities.codecs.first(where: { matches($0.identity, codec.identity) }) else {
                continue
            }
            var codec = codec
            codec.rtcpFeedback = match.rtcpFeedback.filter { hasRTX || $0.type != "nack" || !$0.parameter.isEmpty }
            codecs.append(codec)
        }
        let media = Set(codecs.filter { !$0.isRTX }.map(\.payloadType))
        codecs.removeAll { $0.isRTX && !media.contains($0.associatedPayloadType ?? 0) }
        guard codecs.first?.isRTX == false else { throw .unsupported("no compatible media codecs") }

        let extensions = consumable.headerExtensions.filter { own in
            capabilities.headerExtensions.contains { $0.uri == own.uri && $0.preferredId == own.id }
        }
        let dropped = feedbackDropped(Set(extensions.map(\.uri)))
        for index in codecs.indices {
            codecs[index].rtcpFeedback.removeAll { dropped.contains($0.type) }
        }
        return RTPParameters(
            mid: mid,
            codecs: codecs,
            headerExtensions: extensions,
            encodings: [
                consumerEncoding(of: consumable, ssrc: ssrc, hasRTX: codecs.contains(where: \.isRTX))
            ],
            rtcp: RTCPParameters(cname: consumable.rtcp.cname, reducedSize: true)
        )
    }

    /// Only one way of bandwidth feedback stays: by transport-wide numbers, else by send times, else none.
    private static func feedbackDropped(_ extensions: Set<String>) -> Set<String> {
        if extensions.contains(HeaderExtensionURI.transportWideCC) { return ["goog-remb"] }
        if extensions.contains(HeaderExtensionURI.absSendTime) { return ["transport-cc"] }
        return ["goog-remb", "transport-cc"]
    }

    private static func consumerEncoding(
        of consumable: RTPParameters,
        ssrc: UInt32,
        hasRTX: Bool
    ) -> RTPEncodingParameters {
        let layers = consumable.encodings
        let mode = layers.lazy.compactMap(\.scalabilityMode).first
        let scalabilityMode =
            layers.count > 1 ? "L\(layers.count)T\(mode.flatMap(temporalLayers) ?? 1)" : mode
        return RTPEncodingParameters(
            ssrc: ssrc,
            rtx: hasRTX ? RTPEncodingParameters.RTX(ssrc: ssrc &+ 1) : nil,
            scalabilityMode: scalabilityMode,
            maxBitrate: layers.compactMap(\.maxBitrate).max()
        )
    }

    /// The number after `T` in a scalability mode such as `L1T3`.
    private static func temporalLayers(_ mode: String) -> Int? {
        guard let letter = mode.firstIndex(of: "T") else { return nil }
        return Int(mode[mode.index(after: letter)...].prefix(while: \.isNumber))
    }
}
