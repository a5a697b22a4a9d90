// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// A stream that waits to be sent to a viewer.
package struct SDPSource: Hashable, Sendable {
    /// Its codec as the sending side has it; the viewer's offer gives the payload type.
    package var codec: RTPCodec
    /// Its SSRC.
    package var ssrc: UInt32
    /// The SSRC of its retransmissions.
    package var retransmissionSSRC: UInt32?
    /// The canonical name; equal for tracks that are to be played in step.
    package var cname: String
    /// The id of the media stream.
    package var streamID: String
    /// The id of the track.
    package var trackID: String

    /// Makes a stream.
    ///
    /// - Parameters:
    ///   - codec: its codec.
    ///   - ssrc: its SSRC.
    ///   - retransmissionSSRC: the SSRC of its retransmissions.
    ///   - cname: the canonical name.
    ///   - streamID: the id of the media stream.
    ///   - trackID: the id of the track.
    package init(
        codec: RTPCodec,
        ssrc: UInt32,
        retransmissionSSRC: UInt32? = nil,
        cname: String,
        streamID: String,
        trackID: String
    ) {
        self.codec = codec
        self.ssrc = ssrc
        self.retransmissionSSRC = retransmissionSSRC
        self.cname = cname
        self.streamID = streamID
        self.trackID = trackID
    }
}

extension SDPAnswer {
    /// Answers a viewer: each stream goes to the first section of its kind that can play it.
    ///
    /// Sections without a stream stay in the bundle as `inactive`, since the bundle's transport may be theirs; what is
    /// neither audio nor video, or was refused already, is refused.
    ///
    /// - Parameters:
    ///   - sources: the streams, at most one for each section.
    ///   - offer: the viewer's offer.
    ///   - features: what is implemented beyond forwarding.
    ///   - local: the transport of this end.
    /// - Returns: the answer with the streams as they are to be sent.
    /// - Throws: why the offer is refused.
    package static func sending(
        _ sources: [SDPSource],
        to offer: SDPOffer,
        features: SDPMediaFeatures = SDPMediaFeatures(),
        local: SDPLocalTransport
    ) throws(SDPError) -> SDPAnswer {
        try offer.checkWatching()
        var sections = offer.description.sections.map { SDPDraft.Section(refusing: $0) }
        var streams: [SendStreamParameters] = []
        var waiting = sources
        for (index, kind, section) in offer.description.tracks {
            let source = waiting.firstIndex { $0.codec.kind == kind && section.plays($0.codec) }
            if let source, let codec = waiting[source].codec.nearest(in: section.codecs) {
                let track = SDPSentTrack(section, source: waiting.remove(at: source), codec: codec, features: features)
                sections[index] = track.answer(setup: offer.localSetup)
                streams.append(track.parameters())
            } else if let codec = section.codecs.first {
                sections[index] = SDPDraft.Section(
                    answering: section,
                    direction: .inactive,
                    codec: features.reduced(codec),
                    setup: offer.localSetup
                )
            }
        }
        guard !streams.isEmpty else {
            let names = Set(sources.map(\.codec.name)).sorted().joined(separator: " and ")
            throw SDPError(.noCommonCodec, "The viewer can play nothing of what is sent, which is \(names).")
        }
        var answer = try SDPAnswer(sections, to: offer, local: local)
        answer.sendStreams = streams
        return answer
    }
}

extension SDPMediaSection {
    /// Whether a stream of this codec can be received here.
    fileprivate func plays(_ codec: RTPCodec) -> Bool {
        direction.receives && codec.nearest(in: codecs) != nil
    }
}

/// One stream with the section of the viewer's offer that it goes to.
private struct SDPSentTrack {
    private let section: SDPMediaSection
    private let source: SDPSource
    private let codec: RTPCodec
    private let extensions: [SDPHeaderExtension]
    private let receiverRoundTrip: SDPReceiverRoundTrip?

    init(_ section: SDPMediaSection, source: SDPSource, codec: RTPCodec, features: SDPMediaFeatures) {
        self.section = section
        self.source = source
        var codec = features.reduced(codec)
        if source.retransmissionSSRC == nil { codec.retransmissionPayloadType = nil }
        var extensions = section.extensions.compactMap { entry -> SDPHeaderExtension? in
            guard let kind = entry.kind, features.writes(kind), entry.direction?.receives ?? true else { return nil }
            return SDPHeaderExtension(id: entry.id, direction: entry.direction.map { _ in .sendonly }, uri: entry.uri)
        }
        SDPMediaFeatures.pairFeedback(of: &codec, with: &extensions)
        self.codec = codec
        self.extensions = extensions
        receiverRoundTrip = features.usesReceiverReferenceTimes ? section.receiverRoundTrip : nil
    }

    /// What the session is told.
    func parameters() -> SendStreamParameters {
        SendStreamParameters(
            kind: codec.kind,
            mid: section.mid,
            ssrc: source.ssrc,
            retransmissionSSRC: retransmissionSSRC,
            codec: codec,
            extensions: extensions.ids,
            cname: source.cname
        )
    }

    /// What the viewer is told.
    func answer(setup: SDPSetup) -> SDPDraft.Section {
        var written = codec
        written.parameters = codec.parametersAsSender(of: source.codec)
        var answer = SDPDraft.Section(answering: section, direction: .sendonly, codec: written, setup: setup)
        answer.extensions = extensions
        answer.receiverRoundTrip = receiverRoundTrip
        answer.source = SDPDraft.Source(
            ssrc: source.ssrc,
            retransmissionSSRC: retransmissionSSRC,
            cname: source.cname,
            msid: "\(source.streamID) \(source.trackID)"
        )
        return answer
    }

    private var retransmissionSSRC: UInt32? {
        codec.retransmissionPayloadType == nil ? nil : source.retransmissionSSRC
    }
}

extension RTPCodec {
    /// The viewer's parameters said back, and for Opus that it may be stereo unless the publisher said it is not:
    /// FFmpeg says nothing and sends stereo, and libwebrtc plays mono where it is not told.
    fileprivate func parametersAsSender(of source: RTPCodec) -> [FormatParameter] {
        guard isNamed("opus"), channels == 2, source.parameter("sprop-stereo") != "0" else { return parameters }
        let others = parameters.filter { !["stereo", "sprop-stereo"].contains($0.name.lowercased()) }
        return others + [FormatParameter("stereo", "1"), FormatParameter("sprop-stereo", "1")]
    }
}
