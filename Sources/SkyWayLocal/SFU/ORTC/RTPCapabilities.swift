// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Audio or video, as mediasoup's JSON has it.
enum RTPKind: String, Codable, Hashable, Sendable, CaseIterable {
    case audio
    case video
}

/// What a router or a device can take (protocol page §7.1).
struct RTPCapabilities: Codable, Hashable, Sendable {
    var codecs: [RTPCodecCapability]
    var headerExtensions: [RTPHeaderExtensionCapability]

    init(codecs: [RTPCodecCapability], headerExtensions: [RTPHeaderExtensionCapability]) {
        self.codecs = codecs
        self.headerExtensions = headerExtensions
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        codecs = try container.decodeIfPresent([RTPCodecCapability].self, forKey: .codecs) ?? []
        headerExtensions =
            try container.decodeIfPresent([RTPHeaderExtensionCapability].self, forKey: .headerExtensions) ?? []
    }
}

/// A codec a router or a device can take.
struct RTPCodecCapability: Codable, Hashable, Sendable {
    var kind: RTPKind
    var mimeType: String
    var preferredPayloadType: UInt8?
    var clockRate: UInt32
    /// Of audio only.
    var channels: UInt8?
    var parameters: CodecParameters
    var rtcpFeedback: [RTCPFeedbackEntry]

    init(
        _ mimeType: String,
        preferredPayloadType: UInt8? = nil,
        clockRate: UInt32,
        channels: UInt8? = nil,
        parameters: CodecParameters = [:],
        rtcpFeedback: [RTCPFeedbackEntry] = []
    ) {
        kind = mimeType.lowercased().hasPrefix("audio/") ? .audio : .video
        self.mimeType = mimeType
        self.preferredPayloadType = preferredPayloadType
        self.clockRate = clockRate
        self.channels = channels
        self.parameters = parameters
        self.rtcpFeedback = rtcpFeedback
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            try container.decode(String.self, forKey: .mimeType),
            preferredPayloadType: try container.decodeIfPresent(UInt8.self, forKey: .preferredPayloadType),
            clockRate: try container.decode(UInt32.self, forKey: .clockRate),
            channels: try container.decodeIfPresent(UInt8.self, forKey: .channels),
            parameters: try container.decodeIfPresent(CodecParameters.self, forKey: .parameters) ?? [:],
            rtcpFeedback: try container.decodeIfPresent([RTCPFeedbackEntry].self, forKey: .rtcpFeedback) ?? []
        )
    }
}

/// A header extension a router or a device can take.
struct RTPHeaderExtensionCapability: Codable, Hashable, Sendable {
    /// Which way it may travel, as its owner sees it.
    enum Direction: String, Codable, Hashable, Sendable {
        case sendrecv, sendonly, recvonly, inactive
    }

    var kind: RTPKind
    var uri: String
    var preferredId: UInt8
    var preferredEncrypt: Bool?
    var direction: Direction?
}

/// One kind of feedback: `nack`, or `nack` with `pli`.
struct RTCPFeedbackEntry: Codable, Hashable, Sendable {
    var type: String
    var parameter: String

    init(_ type: String, _ parameter: String = "") {
        self.type = type
        self.parameter = parameter
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        type = try container.decode(String.self, forKey: .type)
        parameter = try container.decodeIfPresent(String.self, forKey: .parameter) ?? ""
    }
}
