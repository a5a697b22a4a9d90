// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// A session description as lines with their meaning left open (RFC 8866 §5).
struct SDPDocument {
    /// One `a=` line: `a=name` or `a=name:value`.
    struct Attribute {
        /// What stands before the colon.
        var name: Substring
        /// What stands behind the colon; empty where there is none.
        var value: Substring

        /// Takes what follows `a=`.
        init(_ text: Substring) {
            let (name, value) = text.cut(at: ":") ?? (text, "")
            self.name = name.trimmed
            self.value = value.trimmed
        }
    }

    /// One m-section.
    struct Section {
        /// `audio`, `video`, `application`.
        var media: Substring
        /// The port.
        var port: UInt16
        /// The transport protocol, such as `UDP/TLS/RTP/SAVPF`.
        var protocolName: Substring
        /// The formats as written: payload types for RTP.
        var formats: [Substring]
        /// The `a=` lines in order.
        var attributes: [Attribute] = []
    }

    /// The `a=` lines before the first m-section.
    var attributes: [Attribute] = []
    /// The m-sections in order.
    var sections: [Section] = []

    /// Reads a session description, with CRLF, LF or CR, and whatever lines it does not know left aside.
    ///
    /// - Parameter bytes: the text; bytes that are not UTF-8 are replaced.
    /// - Throws: that it is no SDP, or has too many lines.
    init(parsing bytes: some Collection<UInt8>) throws(SDPError) {
        let lines = try Self.lines(of: bytes)
        guard let first = lines.first, first.trimmed.utf8.starts(with: "v=0".utf8) else {
            throw SDPError(.malformed, "The body is not SDP: it does not begin with v=0.")
        }
        for line in lines {
            guard let (type, value) = line.cut(at: "=") else { continue }
            switch type {
            case "m": try addSection(value)
            case "a": addAttribute(value)
            default: continue
            }
        }
    }

    /// The lines of a text that are not empty.
    ///
    /// - Parameter bytes: the text; bytes that are not UTF-8 are replaced.
    /// - Returns: the lines, without what ends them.
    /// - Throws: that it is too long, or has too many lines.
    static func lines(of bytes: some Collection<UInt8>) throws(SDPError) -> [Substring] {
        guard bytes.count <= SDPLimits.bytes else {
            throw SDPError(.tooLarge, "The session description is longer than \(SDPLimits.bytes) bytes.")
        }
        let text = String(decoding: bytes, as: UTF8.self)
        let lines = text.utf8.split(maxSplits: SDPLimits.lines) { $0 == 0x0a || $0 == 0x0d }.map { Substring($0) }
        try SDPLimits.check(lines.count - 1, below: SDPLimits.lines, "lines")
        return lines
    }

    private mutating func addSection(_ value: Substring) throws(SDPError) {
        try SDPLimits.check(sections.count, below: SDPLimits.sections, "m-sections")
        let fields = value.fields()
        guard fields.count >= 3, let port = (fields[1].cut(at: "/")?.head ?? fields[1]).number(as: UInt16.self) else {
            throw SDPError(.malformed, "The line m=\(value.prefix(80)) has no medium, port and protocol.")
        }
        sections.append(
            Section(media: fields[0], port: port, protocolName: fields[2], formats: Array(fields.dropFirst(3)))
        )
    }

    private mutating func addAttribute(_ text: Substring) {
        let attribute = Attribute(text)
        if sections.isEmpty {
            attributes.append(attribute)
        } else {
            sections[sections.count - 1].attributes.append(attribute)
        }
    }
}
