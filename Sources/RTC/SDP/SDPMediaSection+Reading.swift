// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTCCrypto

extension SDPMediaSection {
    /// Reads an m-section, first what it inherits, then its own lines.
    ///
    /// - Parameters:
    ///   - line: the m-section.
    ///   - inherited: the `a=` lines of the session level.
    /// - Throws: a list that is too long.
    init(reading line: SDPDocument.Section, inheriting inherited: [SDPDocument.Attribute]) throws(SDPError) {
        self.init(line)
        for attribute in inherited { try readTransport(attribute) }
        let sessionFingerprints = fingerprints
        fingerprints = []
        // Candidates belong to m-sections alone; what stands above them is nobody's.
        candidates = []
        var codecLines = SDPCodecLines()
        for attribute in line.attributes {
            try readTransport(attribute)
            try readMedia(attribute)
            readCodec(attribute, into: &codecLines)
        }
        // RFC 8853 §5.2: at most one.
        if line.attributes.count(where: { $0.name == "simulcast" }) > 1 { simulcastFault = .repeatedLine }
        discardRepeatedRIDs()
        if fingerprints.isEmpty { fingerprints = sessionFingerprints }
        if let kind { codecs = try codecLines.codecs(formats: line.formats, kind: kind) }
    }

    /// Reads what may stand on the session level too (RFC 8839 §5, RFC 8122 §5, RFC 8842 §5, RFC 3611 §5.1).
    private mutating func readTransport(_ attribute: SDPDocument.Attribute) throws(SDPError) {
        let value = attribute.value
        switch attribute.name {
        case "ice-ufrag": usernameFragment = String(value)
        case "ice-pwd": password = String(value)
        case "ice-options": iceOptions = value.iceOptions
        case "setup": setup = SDPSetup(rawValue: value.lowercased()) ?? setup
        case "extmap-allow-mixed": mixesExtensions = true
        case "rtcp-xr":
            // A line of an m-section stands for itself, and an empty one takes back what the session level says.
            receiverRoundTrip = SDPReceiverRoundTrip(reportsIn: value) ?? (value.isEmpty ? nil : receiverRoundTrip)
        case "sendrecv", "sendonly", "recvonly", "inactive":
            direction = SDPDirection(rawValue: String(attribute.name)) ?? direction
        case "fingerprint":
            guard let fingerprint = CertificateFingerprint(parsing: value) else { return }
            try SDPLimits.check(fingerprints.count, below: SDPLimits.fingerprints, "fingerprints in one m-section")
            fingerprints.append(fingerprint)
        case "candidate":
            guard let candidate = ICECandidate("candidate:\(value)") else { return }
            try SDPLimits.check(candidates.count, below: SDPLimits.candidates, "candidates in one m-section")
            candidates.append(candidate)
        case "end-of-candidates": endsCandidates = true
        default: return
        }
    }

    private mutating func readMedia(_ attribute: SDPDocument.Attribute) throws(SDPError) {
        let value = attribute.value
        switch attribute.name {
        case "mid": mid = value.isEmpty ? mid : String(value)
        case "msid": msid = msid ?? String(value)
        case "rtcp-mux": multiplexesRTCP = true
        case "rtcp-mux-only": multiplexesRTCPOnly = true
        case "rtcp-rsize": reducesRTCP = true
        case "bundle-only": isBundleOnly = true
        case "ssrc": try sources.addSource(value)
        case "ssrc-group": try sources.addGroup(value)
        case "extmap": try addExtension(value)
        case "rid": try addRID(value)
        case "simulcast": try readSimulcast(value)
        default: return
        }
    }

    /// Reads the layers; whoever does not publish is not held to them.
    private mutating func readSimulcast(_ value: Substring) throws(SDPError) {
        do throws(SDPSimulcast.Fault) { simulcast = try SDPSimulcast(sendListOf: value) } catch {
            simulcastFault = error
        }
        try SDPLimits.check((simulcast?.layers.count ?? 0) - 1, below: SDPLimits.rids, "simulcast layers")
    }

    /// Lines that share an id describe no layer (RFC 8851 §6.2.2).
    private mutating func discardRepeatedRIDs() {
        let repeated = Dictionary(grouping: rids, by: \.id).filter { $0.value.count > 1 }
        rids.removeAll { repeated[$0.id] != nil }
        guard let simulcast, simulcast.layers.joined().contains(where: { repeated[$0.rid] != nil }) else { return }
        simulcastFault = simulcastFault ?? .repeatedDescription
    }

    private func readCodec(_ attribute: SDPDocument.Attribute, into lines: inout SDPCodecLines) {
        switch attribute.name {
        case "rtpmap": lines.addMap(attribute.value)
        case "fmtp": lines.addParameters(attribute.value)
        case "rtcp-fb": lines.addFeedback(attribute.value)
        default: return
        }
    }

    /// Keeps the first of two entries with one id or one URI.
    private mutating func addExtension(_ value: Substring) throws(SDPError) {
        guard let entry = SDPHeaderExtension(value),
            !extensions.contains(where: { $0.id == entry.id || $0.uri == entry.uri })
        else { return }
        try SDPLimits.check(extensions.count, below: SDPLimits.extensions, "header extensions in one m-section")
        extensions.append(entry)
    }

    private mutating func addRID(_ value: Substring) throws(SDPError) {
        guard let rid = SDPRID(value) else { return }
        try SDPLimits.check(rids.count, below: SDPLimits.rids, "RIDs in one m-section")
        rids.append(rid)
    }
}
