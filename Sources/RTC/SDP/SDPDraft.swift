// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// A session description to be written, as values.
struct SDPDraft {
    /// One m-section to be written.
    struct Section {
        /// The medium, such as `audio`.
        var media: String
        /// The transport protocol, such as `UDP/TLS/RTP/SAVPF`.
        var protocolName: String
        /// The formats of a refused section, echoed; empty for a live one.
        var refusedFormats: [String] = []
        /// The media id, where there is one.
        var mid: String?
        /// Which way media goes, seen from here.
        var direction: SDPDirection
        /// What is said of the handshake.
        var setup: SDPSetup = .actpass
        /// The codecs, retransmissions among them.
        var codecs: [RTPCodec] = []
        /// The header extensions.
        var extensions: [SDPHeaderExtension] = []
        /// `rtcp-mux-only`.
        var multiplexesRTCPOnly = false
        /// `rtcp-rsize`.
        var reducesRTCP = false
        /// Who answers receiver reference times, for `rtcp-xr`.
        var receiverRoundTrip: SDPReceiverRoundTrip?
        /// `extmap-allow-mixed` for this section.
        var mixesExtensions = false
        /// The values of the `a=rid` lines.
        var rids: [String] = []
        /// The value of `a=simulcast`.
        var simulcast: String?
        /// The stream that is sent, for `a=msid` and `a=ssrc`.
        var source: Source?
        /// Whether the candidates stand here; in a bundle only the first has them (RFC 9143 §7.1.3).
        var carriesCandidates = false

        /// Whether the section is refused.
        var isRefused: Bool { codecs.isEmpty }

        /// The formats of a live section, as the m-line has them.
        var payloadTypes: String {
            codecs.flatMap { [$0.payloadType] + ($0.retransmissionPayloadType.map { [$0] } ?? []) }
                .map { String($0) }.joined(separator: " ")
        }
    }

    /// The names of a stream that is sent.
    struct Source {
        /// Its SSRC.
        var ssrc: UInt32
        /// The SSRC of its retransmissions.
        var retransmissionSSRC: UInt32?
        /// The canonical name.
        var cname: String
        /// The id of the media stream and that of the track, with a space between.
        var msid: String
    }

    /// What is said of the transport.
    var transport: SDPLocalTransport
    /// The ICE options.
    var iceOptions: String
    /// The media ids of the bundle; none for no bundle.
    var bundle: [String]
    /// `extmap-allow-mixed` for the whole session.
    var mixesExtensions = false
    /// The m-sections in order.
    var sections: [Section]
}

extension SDPDraft {
    /// What the description says of ICE; in the section that carries the transport.
    var fragment: SDPFragment {
        var fragment = SDPFragment()
        fragment.bundle = bundle
        fragment.isLite = transport.isLite
        fragment.iceOptions = Substring(iceOptions).iceOptions
        fragment.credentials = transport.credentials
        fragment.sections = sections.filter(\.carriesCandidates).map { section in
            SDPFragment.Section(
                mediaLine: "\(section.media) 9 \(section.protocolName) \(section.payloadTypes)",
                mid: section.mid,
                candidates: transport.orderedCandidates,
                endsCandidates: true
            )
        }
        return fragment
    }

    /// The description as text, with CRLF.
    var text: String {
        var lines = ["v=0", "o=- \(transport.sessionID) 1 IN IP4 127.0.0.1", "s=-", "t=0 0"]
        if transport.isLite { lines.append("a=ice-lite") }
        lines.append("a=ice-options:\(iceOptions)")
        if !bundle.isEmpty { lines.append("a=group:BUNDLE \(bundle.joined(separator: " "))") }
        if mixesExtensions { lines.append("a=extmap-allow-mixed") }
        for section in sections { write(section, to: &lines) }
        return lines.map { $0 + "\r\n" }.joined()
    }

    private func write(_ section: Section, to lines: inout [String]) {
        guard !section.isRefused else {
            let formats = section.refusedFormats.isEmpty ? "0" : section.refusedFormats.joined(separator: " ")
            lines += ["m=\(section.media) 0 \(section.protocolName) \(formats)", "c=IN IP4 0.0.0.0"]
            if let mid = section.mid { lines.append("a=mid:\(mid)") }
            lines.append("a=inactive")
            return
        }
        // The default destination is the first address that any peer can use (RFC 8829 §5.3.1).
        let first = transport.orderedCandidates.first { $0.address.transport == .udp && $0.address.ip.isIPv4 }
        lines += [
            "m=\(section.media) \(first?.address.port ?? 9) \(section.protocolName) \(section.payloadTypes)",
            "c=IN IP4 \(first?.address.ip ?? .anyIPv4)",
        ]
        if let mid = section.mid { lines.append("a=mid:\(mid)") }
        lines.append("a=\(section.direction.rawValue)")
        writeTransport(of: section, to: &lines)
        lines += section.extensions.map { entry in
            "a=extmap:\(entry.id)\(entry.direction.map { "/\($0.rawValue)" } ?? "") \(entry.uri)"
        }
        for codec in section.codecs { write(codec, to: &lines) }
        lines += section.rids.map { "a=rid:\($0)" }
        if let simulcast = section.simulcast { lines.append("a=simulcast:\(simulcast)") }
        if let source = section.source { write(source, to: &lines) }
        if section.carriesCandidates {
            lines += transport.orderedCandidates.map { "a=\($0.text)" } + ["a=end-of-candidates"]
        }
    }

    /// Each section says it all again, for readers that take the first lines or do not know bundles.
    private func writeTransport(of section: Section, to lines: inout [String]) {
        lines += [
            "a=ice-ufrag:\(transport.credentials.usernameFragment)",
            "a=ice-pwd:\(transport.credentials.password)",
            "a=fingerprint:\(transport.fingerprint)",
            "a=setup:\(section.setup.rawValue)",
            "a=rtcp-mux",
        ]
        if section.multiplexesRTCPOnly { lines.append("a=rtcp-mux-only") }
        if section.reducesRTCP { lines.append("a=rtcp-rsize") }
        if let mode = section.receiverRoundTrip { lines.append("a=rtcp-xr:rcvr-rtt=\(mode.rawValue)") }
        if section.mixesExtensions { lines.append("a=extmap-allow-mixed") }
    }

    private func write(_ codec: RTPCodec, to lines: inout [String]) {
        let channels = codec.channels > 1 ? "/\(codec.channels)" : ""
        lines.append("a=rtpmap:\(codec.payloadType) \(codec.name)/\(codec.clockRate)\(channels)")
        lines += codec.feedback.map { feedback in
            "a=rtcp-fb:\(codec.payloadType) \(feedback.type)\(feedback.parameter.isEmpty ? "" : " \(feedback.parameter)")"
        }
        if !codec.parameters.isEmpty {
            let list = codec.parameters.map { $0.value.isEmpty ? $0.name : "\($0.name)=\($0.value)" }
            lines.append("a=fmtp:\(codec.payloadType) \(list.joined(separator: ";"))")
        }
        if let retransmission = codec.retransmissionPayloadType {
            lines.append("a=rtpmap:\(retransmission) rtx/\(codec.clockRate)")
            lines.append("a=fmtp:\(retransmission) apt=\(codec.payloadType)")
        }
    }

    private func write(_ source: Source, to lines: inout [String]) {
        lines.append("a=msid:\(source.msid)")
        if let retransmission = source.retransmissionSSRC {
            lines.append("a=ssrc-group:FID \(source.ssrc) \(retransmission)")
        }
        for ssrc in [source.ssrc, source.retransmissionSSRC].compactMap(\.self) {
            lines += ["a=ssrc:\(ssrc) cname:\(source.cname)", "a=ssrc:\(ssrc) msid:\(source.msid)"]
        }
    }
}
