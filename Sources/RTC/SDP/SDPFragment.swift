// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// What ICE has to say apart from offer and answer: `application/trickle-ice-sdpfrag` (RFC 8840 §9).
///
/// A publisher sends one for candidates found after its offer and for an ICE restart, which is answered by one
/// (RFC 9725 §4.3).
package struct SDPFragment: Hashable, Sendable {
    /// What is said of one m-section: in a bundle there is only one, that of the transport.
    package struct Section: Hashable, Sendable {
        /// The value of the m-line; nobody has to believe more of it than the medium.
        package var mediaLine: String
        /// The media id, by which the section is found.
        package var mid: String?
        /// The candidates that can be used; others are left out silently (RFC 9725 §4.3.2).
        package var candidates: [ICECandidate] = []
        /// Whether there are no more to come.
        package var endsCandidates = false
    }

    /// The media ids of `a=group:BUNDLE`.
    package var bundle: [String] = []
    /// Whether the sender only answers checks.
    package var isLite = false
    /// The ICE options.
    package var iceOptions: [String] = []
    /// The credentials that name the ICE session, wherever they stand; `nil` where there are none.
    package var credentials: ICECredentials?
    /// The m-sections in order.
    package var sections: [Section] = []
    /// Whether no m-section has more candidates to come.
    package var endsCandidates = false

    /// Makes a fragment that says nothing.
    package init() {}

    /// Reads a fragment; what is not known or can't be read is skipped, as in descriptions.
    ///
    /// - Parameter bytes: the text.
    /// - Throws: that it is no fragment, has too much of something, or half of the credentials.
    package init(parsing bytes: some Collection<UInt8>) throws(SDPError) {
        let lines = try SDPDocument.lines(of: bytes)
        guard !lines.isEmpty, lines.allSatisfy(Self.isLine) else {
            throw SDPError(.malformed, "The body is no SDP fragment: it has to consist of lines such as a=ice-ufrag:…")
        }
        // What stands in an m-section counts before what stands above them (RFC 8839 §5.4).
        var above = CredentialLines()
        var inside = CredentialLines()
        for line in lines {
            guard let (type, value) = line.cut(at: "=") else { continue }
            if type == "m" { try addSection(value) }
            guard type == "a" else { continue }
            let attribute = SDPDocument.Attribute(value)
            let isCredential = sections.isEmpty ? above.take(attribute) : inside.take(attribute)
            if !isCredential { try read(attribute) }
        }
        let usernameFragment = inside.usernameFragment ?? above.usernameFragment
        let password = inside.password ?? above.password
        guard usernameFragment != nil || password != nil else { return }
        credentials = ICECredentials(usernameFragment: usernameFragment ?? "", password: password ?? "")
        guard credentials != nil else {
            throw SDPError(
                .missingCredentials,
                "The fragment has not both a=ice-ufrag and a=ice-pwd, of 4 and 22 characters or more."
            )
        }
    }

    /// The first user name fragment and password of a level.
    private struct CredentialLines {
        var usernameFragment: String?
        var password: String?

        /// Takes a line that is of either; says whether it is.
        mutating func take(_ attribute: SDPDocument.Attribute) -> Bool {
            switch attribute.name {
            case "ice-ufrag": usernameFragment = usernameFragment ?? String(attribute.value)
            case "ice-pwd": password = password ?? String(attribute.value)
            default: return false
            }
            return true
        }
    }

    /// Whether a line has the form that all lines of SDP have.
    private static func isLine(_ line: Substring) -> Bool {
        line.utf8.count >= 2 && line.utf8[line.utf8.index(after: line.utf8.startIndex)] == UInt8(ascii: "=")
    }

    private mutating func addSection(_ line: Substring) throws(SDPError) {
        try SDPLimits.check(sections.count, below: SDPLimits.sections, "m-sections")
        // Some clients write no port.
        sections.append(Section(mediaLine: String(line)))
    }

    private mutating func read(_ attribute: SDPDocument.Attribute) throws(SDPError) {
        let value = attribute.value
        switch attribute.name {
        case "group":
            let fields = value.fields()
            guard fields.first == "BUNDLE", bundle.isEmpty else { return }
            try SDPLimits.check(fields.count - 2, below: SDPLimits.groups, "media ids in a=group:BUNDLE")
            bundle = fields.dropFirst().map { String($0) }
        case "ice-lite": isLite = true
        case "ice-options": iceOptions = value.iceOptions
        case "end-of-candidates" where sections.isEmpty: endsCandidates = true
        default: try sections.mutateLast { section throws(SDPError) in try section.read(attribute) }
        }
    }
}

extension SDPFragment.Section {
    fileprivate mutating func read(_ attribute: SDPDocument.Attribute) throws(SDPError) {
        switch attribute.name {
        case "mid": mid = String(attribute.value)
        case "end-of-candidates": endsCandidates = true
        case "candidate":
            guard let candidate = ICECandidate("candidate:\(attribute.value)") else { return }
            try SDPLimits.check(candidates.count, below: SDPLimits.candidates, "candidates in one m-section")
            candidates.append(candidate)
        default: return
        }
    }
}

extension [SDPFragment.Section] {
    /// Changes the last section, where there is one.
    fileprivate mutating func mutateLast(_ change: (inout Element) throws(SDPError) -> Void) throws(SDPError) {
        guard !isEmpty else { return }
        try change(&self[count - 1])
    }
}

extension SDPFragment {
    /// The fragment as it is sent, with CRLF.
    package var text: String {
        var lines: [String] = []
        if !bundle.isEmpty { lines.append("a=group:BUNDLE \(bundle.joined(separator: " "))") }
        if isLite { lines.append("a=ice-lite") }
        if !iceOptions.isEmpty { lines.append("a=ice-options:\(iceOptions.joined(separator: " "))") }
        if sections.isEmpty { lines += credentialLines }
        if endsCandidates { lines.append("a=end-of-candidates") }
        for section in sections {
            lines.append("m=\(section.mediaLine)")
            if let mid = section.mid { lines.append("a=mid:\(mid)") }
            lines += credentialLines
            lines += section.candidates.map { "a=\($0.text)" }
            if section.endsCandidates { lines.append("a=end-of-candidates") }
        }
        return lines.map { $0 + "\r\n" }.joined()
    }

    private var credentialLines: [String] {
        guard let credentials else { return [] }
        return ["a=ice-ufrag:\(credentials.usernameFragment)", "a=ice-pwd:\(credentials.password)"]
    }
}
