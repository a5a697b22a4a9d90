// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// One name and value of a codec's format parameters, as `a=fmtp` and SkyWay's `parameters` carry them.
package struct FormatParameter: Hashable, Sendable {
    /// The name, as written by the peer.
    package var name: String
    /// The value, empty where the parameter is a bare word.
    package var value: String

    /// Makes a parameter.
    ///
    /// - Parameters:
    ///   - name: its name.
    ///   - value: its value, empty for a bare word.
    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// One kind of RTCP feedback that a receiver may send for a codec (RFC 4585 §4.2).
package struct RTCPFeedback: Hashable, Sendable {
    /// `nack`, `ccm`, `goog-remb`, `transport-cc`.
    package var type: String
    /// `pli`, `fir`, or empty.
    package var parameter: String

    /// Makes a feedback kind.
    ///
    /// - Parameters:
    ///   - type: such as `nack`.
    ///   - parameter: such as `pli`, or empty.
    package init(_ type: String, _ parameter: String = "") {
        self.type = type
        self.parameter = parameter
    }

    /// Generic NACK (RFC 4585 §6.2.1).
    package static let nack = RTCPFeedback("nack")
    /// Picture loss indication (RFC 4585 §6.3.1).
    package static let pictureLossIndication = RTCPFeedback("nack", "pli")
    /// Full intra request (RFC 5104 §4.3.1).
    package static let fullIntraRequest = RTCPFeedback("ccm", "fir")
    /// Google's receiver estimated maximum bit rate.
    package static let receiverEstimatedMaximumBitrate = RTCPFeedback("goog-remb")
    /// Transport-wide congestion control feedback.
    package static let transportWide = RTCPFeedback("transport-cc")
}

/// A media codec as two ends agreed on it, or as one end offers it.
package struct RTPCodec: Hashable, Sendable {
    /// Audio or video.
    package var kind: MediaKind
    /// The encoding name as the peer wrote it (`H264`, `opus`); compared without regard to case.
    package var name: String
    /// The payload type, 0–127.
    package var payloadType: UInt8
    /// Ticks of the RTP timestamp per second.
    package var clockRate: UInt32
    /// Audio channels as signalled (2 for Opus); 1 for video.
    package var channels: UInt8
    /// Format parameters in the order they were given.
    package var parameters: [FormatParameter]
    /// The feedback a receiver may send.
    package var feedback: [RTCPFeedback]
    /// The payload type of its retransmissions (RFC 4588), where there is one.
    package var retransmissionPayloadType: UInt8?

    /// Makes a codec.
    package init(
        kind: MediaKind,
        name: String,
        payloadType: UInt8,
        clockRate: UInt32,
        channels: UInt8 = 1,
        parameters: [FormatParameter] = [],
        feedback: [RTCPFeedback] = [],
        retransmissionPayloadType: UInt8? = nil
    ) {
        self.kind = kind
        self.name = name
        self.payloadType = payloadType
        self.clockRate = clockRate
        self.channels = channels
        self.parameters = parameters
        self.feedback = feedback
        self.retransmissionPayloadType = retransmissionPayloadType
    }

    /// The media type, such as `video/H264`.
    package var mimeType: String { "\(kind.rawValue)/\(name)" }

    /// Whether the codec has this name, without regard to case.
    package func isNamed(_ other: String) -> Bool { name.lowercased() == other.lowercased() }

    /// The value of a format parameter, by its name without regard to case.
    package func parameter(_ name: String) -> String? {
        let wanted = name.lowercased()
        return parameters.first { $0.name.lowercased() == wanted }?.value
    }
}
