// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// How one producer or consumer is sent (protocol page §7.4).
struct RTPParameters: Codable, Hashable, Sendable {
    var mid: String?
    var codecs: [RTPCodecParameters]
    var headerExtensions: [RTPHeaderExtensionParameters]
    var encodings: [RTPEncodingParameters]
    var rtcp: RTCPParameters

    init(
        mid: String? = nil,
        codecs: [RTPCodecParameters],
        headerExtensions: [RTPHeaderExtensionParameters] = [],
        encodings: [RTPEncodingParameters] = [],
        rtcp: RTCPParameters = RTCPParameters()
    ) {
        self.mid = mid
        self.codecs = codecs
        self.headerExtensions = headerExtensions
        self.encodings = encodings
        self.rtcp = rtcp
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        mid = try container.decodeIfPresent(String.self, forKey: .mid)
        codecs = try container.decode([RTPCodecParameters].self, forKey: .codecs)
        headerExtensions =
            try container.decodeIfPresent([RTPHeaderExtensionParameters].self, forKey: .headerExtensions) ?? []
        encodings = try container.decodeIfPresent([RTPEncodingParameters].self, forKey: .encodings) ?? []
        rtcp = try container.decodeIfPresent(RTCPParameters.self, forKey: .rtcp) ?? RTCPParameters()
    }
}

/// A codec as it is sent.
struct RTPCodecParameters: Codable, Hashable, Sendable {
    var mimeType: String
    var payloadType: UInt8
    var clockRate: UInt32
    /// Of audio only.
    var channels: UInt8?
    var parameters: CodecParameters
    var rtcpFeedback: [RTCPFeedbackEntry]

    init(
        _ mimeType: String,
        payloadType: UInt8,
        clockRate: UInt32,
        channels: UInt8? = nil,
        parameters: CodecParameters = [:],
        rtcpFeedback: [RTCPFeedbackEntry] = []
    ) {
        self.mimeType = mimeType
        self.payloadType = payloadType
        self.clockRate = clockRate
        self.channels = channels
        self.parameters = parameters
        self.rtcpFeedback = rtcpFeedback
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            try container.decode(String.self, forKey: .mimeType),
            payloadType: try container.decode(UInt8.self, forKey: .payloadType),
            clockRate: try container.decode(UInt32.self, forKey: .clockRate),
            channels: try container.decodeIfPresent(UInt8.self, forKey: .channels),
            parameters: try container.decodeIfPresent(CodecParameters.self, forKey: .parameters) ?? [:],
            rtcpFeedback: try container.decodeIfPresent([RTCPFeedbackEntry].self, forKey: .rtcpFeedback) ?? []
        )
    }

    /// Whether it is a retransmission format (RFC 4588).
    var isRTX: Bool { mimeType.lowercased().hasSuffix("/rtx") }

    /// The payload type an RTX codec repairs.
    var associatedPayloadType: UInt8? { parameters["apt"]?.integer.flatMap { UInt8(exactly: $0) } }
}

/// A header extension as it is sent.
struct RTPHeaderExtensionParameters: Codable, Hashable, Sendable {
    var uri: String
    var id: UInt8
    var encrypt: Bool?
    var parameters: CodecParameters?
}

/// One encoding of a stream.
struct RTPEncodingParameters: Codable, Hashable, Sendable {
    /// The stream its retransmissions use.
    struct RTX: Codable, Hashable, Sendable {
        var ssrc: UInt32
    }

    var ssrc: UInt32?
    var rid: String?
    var codecPayloadType: UInt8?
    var rtx: RTX?
    var dtx: Bool?
    var scalabilityMode: String?
    var maxBitrate: Int?
}

/// What the sender's RTCP says of itself.
struct RTCPParameters: Codable, Hashable, Sendable {
    var cname: String?
    var reducedSize: Bool?
}
