// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// What an m-section says of its SSRCs (RFC 5576 §4).
package struct SDPSources: Hashable, Sendable {
    /// One `a=ssrc-group` line.
    package struct Group: Hashable, Sendable {
        /// `FID`, `SIM`, `FEC-FR`.
        package var semantics: String
        /// The SSRCs in order.
        package var ssrcs: [UInt32]
    }

    /// The SSRCs in the order in which they were named first.
    package var ssrcs: [UInt32] = []
    /// The groups in order.
    package var groups: [Group] = []
    /// The first canonical name given.
    package var cname: String?
    /// The first `msid` given: the stream's id and the track's.
    package var msid: String?

    /// Reads the value of `a=ssrc`: `123 cname:abc`.
    mutating func addSource(_ value: Substring) throws(SDPError) {
        let (number, attribute) = value.cut(at: " ") ?? (value, "")
        guard let ssrc = number.number(as: UInt32.self) else { return }
        try add(ssrc)
        guard let (name, text) = attribute.trimmed.cut(at: ":") else { return }
        switch name {
        case "cname": cname = cname ?? String(text)
        case "msid": msid = msid ?? String(text)
        default: return
        }
    }

    /// Reads the value of `a=ssrc-group`: `FID 123 124`.
    mutating func addGroup(_ value: Substring) throws(SDPError) {
        let fields = value.fields()
        let members = fields.dropFirst().compactMap { $0.number(as: UInt32.self) }
        guard let semantics = fields.first, !members.isEmpty else { return }
        try SDPLimits.check(groups.count, below: SDPLimits.groups, "a=ssrc-group lines in one m-section")
        for ssrc in members { try add(ssrc) }
        groups.append(Group(semantics: String(semantics), ssrcs: members))
    }

    /// The layers that the SSRCs stand for: those of a `SIM` group, else the first that repairs no other one.
    var encodings: [RTPEncoding] {
        let repairs = Set(groups.filter { $0.semantics != "SIM" }.flatMap { $0.ssrcs.dropFirst() })
        let layers =
            groups.first { $0.semantics == "SIM" }?.ssrcs
            ?? Array(ssrcs.lazy.filter { !repairs.contains($0) }.prefix(1))
        return layers.map { RTPEncoding(ssrc: $0, retransmissionSSRC: retransmission(of: $0)) }
    }

    private func retransmission(of ssrc: UInt32) -> UInt32? {
        groups.first { $0.semantics == "FID" && $0.ssrcs.count == 2 && $0.ssrcs[0] == ssrc }?.ssrcs[1]
    }

    private mutating func add(_ ssrc: UInt32) throws(SDPError) {
        guard !ssrcs.contains(ssrc) else { return }
        try SDPLimits.check(ssrcs.count, below: SDPLimits.sources, "SSRCs in one m-section")
        ssrcs.append(ssrc)
    }
}
