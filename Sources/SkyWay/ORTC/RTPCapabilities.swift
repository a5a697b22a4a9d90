// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import HTTPKit
package import RTC

/// What the SFU's router takes, as mediasoup describes it (protocol page §7.1).
package struct RTPCapabilities: Hashable, Sendable, Decodable {
    /// One codec of the router.
    package struct Codec: Hashable, Sendable, Decodable {
        package var kind: String?
        package var mimeType: String
        package var preferredPayloadType: UInt8?
        package var clockRate: UInt32
        package var channels: UInt8?
        package var parameters: [String: JSONValue]?
        package var rtcpFeedback: [RTPFeedback]?
    }

    /// One header extension of the router.
    package struct HeaderExtension: Hashable, Sendable, Decodable {
        package var kind: String?
        package var uri: String
        package var preferredId: UInt8
        /// As the router sees it; absent means both ways.
        package var direction: String?
    }

    package var codecs: [Codec]
    package var headerExtensions: [HeaderExtension]?
}

/// One kind of RTCP feedback; the SDK always writes both members.
package struct RTPFeedback: Hashable, Sendable, Codable {
    package var type: String
    package var parameter: String

    private enum Key: CodingKey {
        case type
        case parameter
    }

    package init(_ feedback: RTCPFeedback) {
        type = feedback.type
        parameter = feedback.parameter
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        type = try values.decode(String.self, forKey: .type)
        parameter = try values.decodeIfPresent(String.self, forKey: .parameter) ?? ""
    }
}

extension RTPCapabilities {
    /// The media codecs of one kind, in the router's order, each with the payload type of its retransmissions.
    package func mediaCodecs(_ kind: MediaKind) -> [RTPCodec] {
        codecs.compactMap { codec in
            let parts = codec.mimeType.split(separator: "/", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == kind.rawValue else { return nil }
            guard !["rtx", "red", "ulpfec", "flexfec-03"].contains(parts[1].lowercased()) else { return nil }
            let parameters = (codec.parameters ?? [:]).sorted { $0.key < $1.key }.compactMap(Self.parameter)
            return RTPCodec(
                kind: kind,
                name: String(parts[1]),
                payloadType: codec.preferredPayloadType ?? 0,
                clockRate: codec.clockRate,
                channels: codec.channels ?? 1,
                parameters: parameters,
                feedback: (codec.rtcpFeedback ?? []).map { RTCPFeedback($0.type, $0.parameter) },
                retransmissionPayloadType: codec.preferredPayloadType.flatMap { retransmission(of: $0, kind) }
            )
        }
    }

    /// The payload type that repairs another one (RFC 4588 §8.1).
    private func retransmission(of payloadType: UInt8, _ kind: MediaKind) -> UInt8? {
        codecs.first { codec in
            codec.mimeType.lowercased() == "\(kind.rawValue)/rtx"
                && codec.parameters?["apt"].flatMap { Self.parameter("apt", $0) }?.value == "\(payloadType)"
        }?.preferredPayloadType
    }

    private static func parameter(_ name: String, _ value: JSONValue) -> FormatParameter? {
        switch value {
        case .string(let text): FormatParameter(name, text)
        case .integer(let number): FormatParameter(name, "\(number)")
        case .number(let number): FormatParameter(name, "\(number)")
        case .bool(let flag): FormatParameter(name, flag ? "1" : "0")
        case .null, .array, .object: nil
        }
    }

    /// The ids of the extensions that a publisher may send for one kind.
    package func sendableExtensions(_ kind: MediaKind) -> HeaderExtensionMap {
        var map = HeaderExtensionMap()
        for entry in headerExtensions ?? [] where entry.preferredId != 0 {
            guard entry.kind == nil || entry.kind == "" || entry.kind == kind.rawValue else { continue }
            guard ["sendrecv", "recvonly"].contains(entry.direction ?? "sendrecv") else { continue }
            guard let known = RTC.HeaderExtension(uri: entry.uri) else { continue }
            map[known] = entry.preferredId
        }
        return map
    }
}
