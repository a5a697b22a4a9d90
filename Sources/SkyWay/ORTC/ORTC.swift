// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
package import RTC

/// Decides what is sent to the SFU, from what its router takes and what the publisher offers.
///
/// Pure functions: payload types, SSRCs and ids are ours to choose, because the SFU maps them (protocol page §7.3).
package enum ORTC {
    /// What goes to the SFU as one stream.
    package struct Stream: Hashable, Sendable {
        /// As `outgoing` makes it, with the payload types that leave towards the SFU.
        package var codec: RTPCodec
        /// At most 8 characters, and another one for each stream of a transport.
        package var mid: String
        /// One for each layer, lowest quality first.
        package var ssrcs: [UInt32]
        /// One for the retransmissions of each layer; empty where they have no payload type of their own.
        package var retransmissionSSRCs: [UInt32]
        /// The same for all streams of a transport, so that viewers play them in step.
        package var cname: String

        /// Makes a stream.
        ///
        /// - Parameters:
        ///   - codec: as `outgoing` makes it.
        ///   - mid: at most 8 characters, another one for each stream.
        ///   - ssrcs: one for each layer, lowest quality first.
        ///   - retransmissionSSRCs: as many, for retransmissions, or none.
        ///   - cname: the same for all streams of a transport.
        package init(
            codec: RTPCodec,
            mid: String,
            ssrcs: [UInt32],
            retransmissionSSRCs: [UInt32] = [],
            cname: String
        ) {
            self.codec = codec
            self.mid = mid
            self.ssrcs = ssrcs
            self.retransmissionSSRCs = retransmissionSSRCs
            self.cname = cname
        }
    }

    /// The offered codec that the router takes, by the router's order; nil when it takes none.
    ///
    /// H264 is taken in any profile with packetization-mode 1 when the router lists that mode.
    package static func choose(from offered: [RTPCodec], capabilities: RTPCapabilities) -> RTPCodec? {
        let kinds = Set(offered.map(\.kind))
        guard let kind = kinds.first, kinds.count == 1 else { return nil }
        return RTPCodec.choose(from: offered, listed: capabilities.mediaCodecs(kind))
    }

    /// The extensions that packets towards the SFU carry: the router's ids, those we can write.
    ///
    /// One of those that congestion control takes is among them, where the router answers it.
    package static func extensions(_ kind: MediaKind, capabilities: RTPCapabilities) -> HeaderExtensionMap {
        let sendable = capabilities.sendableExtensions(kind)
        let wanted: [HeaderExtension] =
            switch kind {
            case .audio: [.mid, .audioLevel, .absCaptureTime]
            case .video: [.mid, .videoOrientation, .absCaptureTime, .playoutDelay]
            }
        var map = HeaderExtensionMap()
        for entry in wanted { map[entry] = sendable[entry] }
        if let way = congestionControl(kind, capabilities: capabilities) {
            map[way.extension] = sendable[way.extension]
        }
        return map
    }

    /// The producer to be made for a stream; nil when the router lists nothing that it could be declared as.
    package static func producer(for stream: Stream, capabilities: RTPCapabilities) -> ProducerOptions? {
        let kind = stream.codec.kind
        guard let listed = stream.codec.nearest(in: capabilities.mediaCodecs(kind)) else { return nil }
        let extensions = extensions(kind, capabilities: capabilities)
        let codec = RTPParameters.Codec(
            mimeType: listed.mimeType,
            payloadType: stream.codec.payloadType,
            clockRate: listed.clockRate,
            channels: kind == .audio ? listed.channels : nil,
            parameters: parameters(of: stream.codec, declaredAs: listed),
            rtcpFeedback: stream.codec.feedback.map(RTPFeedback.init)
        )
        let isRepaired = stream.retransmissionSSRCs.count == stream.ssrcs.count
        let retransmission = isRepaired ? stream.codec.retransmissionPayloadType : nil
        let parameters = RTPParameters(
            mid: stream.mid,
            codecs: [codec] + (retransmission.map { [codec.retransmitted(as: $0)] } ?? []),
            headerExtensions: HeaderExtension.allCases.compactMap { entry in
                extensions[entry].map { RTPParameters.HeaderExtension(uri: entry.uri, id: $0) }
            },
            encodings: stream.ssrcs.indices.map { index in
                let repair = retransmission == nil ? nil : stream.retransmissionSSRCs[index]
                return .init(ssrc: stream.ssrcs[index], rtx: repair.map { .init(ssrc: $0) }, dtx: usesDTX(stream.codec))
            },
            rtcp: .init(cname: stream.cname)
        )
        return ProducerOptions(kind: kind.rawValue, rtpParameters: parameters, appData: [:])
    }

    /// H264 is declared by the router's own parameters; other codecs by what the publisher said.
    private static func parameters(of codec: RTPCodec, declaredAs listed: RTPCodec) -> [String: JSONValue] {
        var declared: [FormatParameter]
        switch codec.name.lowercased() {
        case "h264": declared = listed.parameters
        case "opus": declared = opusParameters(of: codec)
        default: declared = codec.parameters
        }
        // mediasoup wants no bare words, which only strings without a value would be.
        declared.removeAll { $0.value.isEmpty }
        return Dictionary(declared.map { ($0.name, jsonValue($0)) }) { first, _ in first }
    }

    /// What a viewer's decoder has to know; the offer's wishes as a receiver are not passed on.
    private static func opusParameters(of codec: RTPCodec) -> [FormatParameter] {
        let passed = ["minptime", "ptime", "useinbandfec", "usedtx", "sprop-stereo"]
        var parameters = codec.parameters.filter { passed.contains($0.name.lowercased()) }
        let isStereo = codec.parameter("stereo") == "1"
        if isStereo, codec.parameter("sprop-stereo") == nil { parameters.append(FormatParameter("sprop-stereo", "1")) }
        return parameters
    }

    private static func usesDTX(_ codec: RTPCodec) -> Bool? {
        codec.kind == .audio ? codec.parameter("usedtx") == "1" : nil
    }

    /// Numbers as numbers, but `profile-level-id` is text even where it has no letter.
    private static func jsonValue(_ parameter: FormatParameter) -> JSONValue {
        guard parameter.name.lowercased() != "profile-level-id", let number = Int64(parameter.value),
            "\(number)" == parameter.value
        else { return .string(parameter.value) }
        return .integer(number)
    }
}
