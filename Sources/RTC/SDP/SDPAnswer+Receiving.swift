// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

extension SDPAnswer {
    /// Answers a publisher: every track is taken, with one codec each, or the offer is refused (RFC 9725 §4.4).
    ///
    /// - Parameters:
    ///   - offer: the publisher's offer.
    ///   - codecs: what is taken, best first; of one kind or both.
    ///   - features: what is implemented beyond forwarding.
    ///   - local: the transport of this end.
    /// - Returns: the answer with the tracks that will arrive.
    /// - Throws: why the offer is refused.
    package static func receiving(
        _ offer: SDPOffer,
        codecs: [RTPCodec],
        features: SDPMediaFeatures = SDPMediaFeatures(),
        local: SDPLocalTransport
    ) throws(SDPError) -> SDPAnswer {
        try offer.checkPublishing()
        var sections = offer.description.sections.map { SDPDraft.Section(refusing: $0) }
        var tracks: [ReceiveTrackParameters] = []
        for (index, kind, section) in offer.description.tracks {
            let listed = codecs.filter { $0.kind == kind }
            guard let chosen = RTPCodec.choose(from: section.codecs, listed: listed) else {
                throw noCommonCodec(kind, offered: section.codecs, listed: listed)
            }
            let track = SDPReceivedTrack(section, kind: kind, codec: chosen, features: features)
            sections[index] = try track.answer(setup: offer.localSetup)
            tracks.append(try track.parameters())
        }
        var answer = try SDPAnswer(sections, to: offer, local: local)
        answer.receiveTracks = tracks
        return answer
    }

    private static func noCommonCodec(_ kind: MediaKind, offered: [RTPCodec], listed: [RTPCodec]) -> SDPError {
        guard !listed.isEmpty else {
            return SDPError(.noCommonCodec, "The channel takes no \(kind.rawValue); publish without it.")
        }
        let wanted = listed.uniqueNames.joined(separator: ", ")
        let given = offered.isEmpty ? "no codec that can be read" : offered.uniqueNames.joined(separator: ", ")
        return SDPError(
            .noCommonCodec,
            "The publisher offers \(given) for \(kind.rawValue), but only \(wanted) can be taken; choose one of these."
        )
    }
}

extension [RTPCodec] {
    /// The names for a message, each once.
    fileprivate var uniqueNames: [String] {
        reduce(into: []) { names, codec in
            if !names.contains(codec.messageName), names.count < 8 { names.append(codec.messageName) }
        }
    }
}

extension RTPCodec {
    /// The name with what decides beside it, where that is not the usual.
    fileprivate var messageName: String {
        switch name.lowercased() {
        case "h264": "\(name) (packetization mode \(packetizationMode))"
        case "vp9": named(withProfile: "profile-id")
        case "av1": named(withProfile: "profile")
        case "opus" where channels != 2: "\(name) (\(channels) channels)"
        default: String(name.prefix(32))
        }
    }

    private func named(withProfile parameterName: String) -> String {
        guard let profile = parameter(parameterName), profile != "0" else { return name }
        return "\(name) (profile \(profile.prefix(8)))"
    }
}

/// One track of a publisher with the codec that was chosen for it.
private struct SDPReceivedTrack {
    private let section: SDPMediaSection
    private let kind: MediaKind
    private let codec: RTPCodec
    private let extensions: [SDPHeaderExtension]
    private let receiverRoundTrip: SDPReceiverRoundTrip?

    init(_ section: SDPMediaSection, kind: MediaKind, codec: RTPCodec, features: SDPMediaFeatures) {
        self.section = section
        self.kind = kind
        var codec = features.reduced(codec)
        var extensions = section.extensions.compactMap { entry -> SDPHeaderExtension? in
            guard let kind = entry.kind, features.reads(kind), entry.direction?.sends ?? true else { return nil }
            return SDPHeaderExtension(id: entry.id, direction: entry.direction.map { _ in .recvonly }, uri: entry.uri)
        }
        SDPMediaFeatures.pairFeedback(of: &codec, with: &extensions)
        self.codec = codec
        self.extensions = extensions
        receiverRoundTrip = features.usesReceiverReferenceTimes ? section.receiverRoundTrip : nil
    }

    /// What the session is told.
    func parameters() throws(SDPError) -> ReceiveTrackParameters {
        var encodings = section.encodings
        if let layers = try layers() {
            encodings = encodings.count == layers.count ? encodings : layers.map { _ in RTPEncoding() }
            for (index, layer) in layers.enumerated() { encodings[index].rid = layer.rid }
        }
        if codec.retransmissionPayloadType == nil {
            for index in encodings.indices { encodings[index].retransmissionSSRC = nil }
        }
        return ReceiveTrackParameters(
            kind: kind,
            mid: section.mid,
            codecs: [codec],
            encodings: encodings,
            extensions: extensions.ids,
            cname: section.cname,
            sendsReceiverReferenceTimes: receiverRoundTrip != nil
        )
    }

    /// What the publisher is told.
    func answer(setup: SDPSetup) throws(SDPError) -> SDPDraft.Section {
        var written = codec
        written.parameters = codec.parametersAsReceiver
        var answer = SDPDraft.Section(answering: section, direction: .recvonly, codec: written, setup: setup)
        answer.extensions = extensions
        answer.receiverRoundTrip = receiverRoundTrip
        if let layers = try layers(), let simulcast = section.simulcast {
            answer.rids = layers.map { ridLine($0.rid) }
            let list = layers.map { ($0.isPaused ? "~" : "") + $0.rid }.joined(separator: ";")
            answer.simulcast = simulcast.isEarlyForm ? " recv rid=\(list)" : "recv \(list)"
        } else {
            answer.rids = section.rids.filter { $0.isSent && mayCarryCodec($0.id) }.map { ridLine($0.id) }
        }
        return answer
    }

    /// One alternative of each layer that may carry the codec; every layer, or the offer is refused, since OBS ends
    /// the session over an answer with fewer (RFC 8853 §5.3.2).
    ///
    /// What is paused stays so, unless that is everything: nothing here could wake it up later (RFC 7728).
    private func layers() throws(SDPError) -> [SDPSimulcast.Alternative]? {
        guard let simulcast = section.simulcast else { return nil }
        var layers: [SDPSimulcast.Alternative] = []
        for alternatives in simulcast.layers {
            guard let layer = alternatives.first(where: { mayCarryCodec($0.rid) }) else {
                throw SDPError(
                    .simulcast,
                    "A simulcast layer of the offer can't be sent as \(codec.name); offer all layers in one codec."
                )
            }
            layers.append(layer)
        }
        if layers.allSatisfy(\.isPaused) { for index in layers.indices { layers[index].isPaused = false } }
        return layers
    }

    private func mayCarryCodec(_ rid: String) -> Bool {
        section.rids.first { $0.id == rid && $0.isSent }?.payloadTypes?.contains(codec.payloadType) ?? true
    }

    /// The line of a layer turned round, with its restrictions and the one payload type (RFC 8851 §6.3).
    private func ridLine(_ id: String) -> String {
        let rid = section.rids.first { $0.id == id && $0.isSent }
        let payloadType = rid?.payloadTypes == nil ? [] : ["pt=\(codec.payloadType)"]
        let restrictions = payloadType + (rid?.restrictions ?? [])
        return "\(id) recv" + (restrictions.isEmpty ? "" : " " + restrictions.joined(separator: ";"))
    }
}

extension RTPCodec {
    /// The parameters that a receiver says back: as offered, without what only tells of the sender's own stream.
    ///
    /// Opus that may come in stereo is asked for in stereo: libwebrtc sends mono unless it reads `stereo=1`.
    fileprivate var parametersAsReceiver: [FormatParameter] {
        var kept = parameters.filter { !$0.name.lowercased().hasPrefix("sprop-") || isNamed("opus") }
        if isNamed("opus"), parameter("sprop-stereo") == "1", parameter("stereo") == nil {
            kept.append(FormatParameter("stereo", "1"))
        }
        return kept
    }
}
