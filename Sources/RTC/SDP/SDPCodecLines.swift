// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The `a=rtpmap`, `a=fmtp` and `a=rtcp-fb` lines of an m-section, gathered until all are known.
struct SDPCodecLines {
    private var maps: [UInt8: (name: String, clockRate: UInt32, channels: UInt8)] = [:]
    private var parameters: [UInt8: [FormatParameter]] = [:]
    private var feedback: [UInt8: [RTCPFeedback]] = [:]
    private var feedbackForAll: [RTCPFeedback] = []

    /// Encodings that carry or repair other ones, never a medium of their own.
    private static let repairing: Set<String> = ["rtx", "red", "ulpfec", "flexfec-03", "flexfec"]

    /// Reads the value of `a=rtpmap`: `111 opus/48000/2`.
    mutating func addMap(_ value: Substring) {
        guard let (type, encoding) = Self.payloadType(value), maps[type] == nil else { return }
        let parts = encoding.fields(separatedBy: "/")
        guard parts.count >= 2, let clockRate = parts[1].trimmed.number(as: UInt32.self), clockRate > 0 else { return }
        let channels = parts.count > 2 ? parts[2].trimmed.number(as: UInt8.self) ?? 1 : 1
        maps[type] = (String(parts[0]), clockRate, channels)
    }

    /// Reads the value of `a=fmtp`: `111 minptime=10;useinbandfec=1`.
    mutating func addParameters(_ value: Substring) {
        guard let (type, list) = Self.payloadType(value) else { return }
        parameters[type, default: []] += list.fields(separatedBy: ";").compactMap { part in
            let part = part.trimmed
            guard !part.isEmpty else { return nil }
            guard let (name, value) = part.cut(at: "=") else { return FormatParameter(String(part), "") }
            return FormatParameter(String(name.trimmed), String(value.trimmed))
        }
    }

    /// Reads the value of `a=rtcp-fb`: `96 nack pli`, or `* nack`.
    mutating func addFeedback(_ value: Substring) {
        guard let (target, kind) = value.cut(at: " ") else { return }
        let fields = kind.fields()
        guard let first = fields.first else { return }
        let entry = RTCPFeedback(String(first), fields.dropFirst().joined(separator: " "))
        if target == "*" {
            feedbackForAll.append(entry)
        } else if let type = Self.payloadType(value)?.type {
            feedback[type, default: []].append(entry)
        }
    }

    /// The codecs in the order of the m-line, each with the payload type of its retransmissions.
    ///
    /// - Parameters:
    ///   - formats: the payload types of the m-line.
    ///   - kind: audio or video.
    /// - Returns: the codecs that have a name and carry media.
    /// - Throws: more payload types than there are.
    func codecs(formats: [Substring], kind: MediaKind) throws(SDPError) -> [RTPCodec] {
        try SDPLimits.check(formats.count - 1, below: SDPLimits.codecs, "payload types in one m-section")
        var seen: Set<UInt8> = []
        let types = formats.compactMap { $0.number(as: UInt8.self) }.filter { $0 < 128 && seen.insert($0).inserted }
        return types.compactMap { type in
            guard let map = maps[type], !Self.repairing.contains(map.name.lowercased()) else { return nil }
            return RTPCodec(
                kind: kind,
                name: map.name,
                payloadType: type,
                clockRate: map.clockRate,
                channels: kind == .audio ? map.channels : 1,
                parameters: parameters[type] ?? [],
                feedback: feedbackForAll + (feedback[type] ?? []),
                retransmissionPayloadType: types.first { isRetransmission($0, of: type) }
            )
        }
    }

    /// Whether a payload type repairs another one (RFC 4588 §8.1).
    private func isRetransmission(_ type: UInt8, of media: UInt8) -> Bool {
        guard let map = maps[type], map.name.lowercased() == "rtx", map.clockRate == maps[media]?.clockRate else {
            return false
        }
        return parameters[type]?.contains { $0.name.lowercased() == "apt" && UInt8($0.value) == media } ?? false
    }

    private static func payloadType(_ value: Substring) -> (type: UInt8, rest: Substring)? {
        guard let (number, rest) = value.cut(at: " "), let type = number.number(as: UInt8.self), type < 128 else {
            return nil
        }
        return (type, rest.trimmed)
    }
}
