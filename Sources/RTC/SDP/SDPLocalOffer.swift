// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// One track of an offer of our own.
package struct SDPOfferedTrack: Hashable, Sendable {
    /// The media id.
    package var mid: String
    /// The codecs it may be sent in, best first.
    package var codecs: [RTPCodec]
    /// Its SSRC.
    package var ssrc: UInt32
    /// The SSRC of its retransmissions.
    package var retransmissionSSRC: UInt32?
    /// The id of the track.
    package var trackID: String
    /// The header extensions.
    package var extensions: [SDPHeaderExtension]

    /// Makes a track.
    ///
    /// - Parameters:
    ///   - mid: the media id.
    ///   - codecs: the codecs it may be sent in, of one kind, at least one.
    ///   - ssrc: its SSRC.
    ///   - retransmissionSSRC: the SSRC of its retransmissions.
    ///   - trackID: the id of the track.
    ///   - extensions: the header extensions; the media id alone unless said otherwise.
    package init(
        mid: String,
        codecs: [RTPCodec],
        ssrc: UInt32,
        retransmissionSSRC: UInt32? = nil,
        trackID: String,
        extensions: [SDPHeaderExtension] = [SDPHeaderExtension(id: 1, uri: HeaderExtension.mid.uri)]
    ) {
        self.mid = mid
        self.codecs = codecs
        self.ssrc = ssrc
        self.retransmissionSSRC = retransmissionSSRC
        self.trackID = trackID
        self.extensions = extensions
    }
}

/// An offer to publish, as our own WHIP client makes it: everything bundled, `actpass`, `sendonly`.
package struct SDPLocalOffer: Hashable, Sendable {
    /// The transport of this end.
    package var local: SDPLocalTransport
    /// The tracks, each with an m-section.
    package var tracks: [SDPOfferedTrack]
    /// The canonical name of all tracks.
    package var cname: String
    /// The id of the one media stream.
    package var streamID: String

    /// Makes an offer.
    ///
    /// - Parameters:
    ///   - local: the transport of this end.
    ///   - tracks: the tracks, each with at least one codec.
    ///   - cname: the canonical name.
    ///   - streamID: the id of the media stream.
    package init(local: SDPLocalTransport, tracks: [SDPOfferedTrack], cname: String, streamID: String) {
        self.local = local
        self.tracks = tracks.filter { !$0.codecs.isEmpty }
        self.cname = cname
        self.streamID = streamID
    }

    /// The offer as text, with CRLF; the same for the same values.
    package var text: String {
        var sections = tracks.map { track in
            SDPDraft.Section(
                media: track.codecs[0].kind.rawValue,
                protocolName: "UDP/TLS/RTP/SAVPF",
                mid: track.mid,
                direction: .sendonly,
                codecs: track.codecs,
                extensions: track.extensions,
                reducesRTCP: true,
                source: SDPDraft.Source(
                    ssrc: track.ssrc,
                    retransmissionSSRC: track.retransmissionSSRC,
                    cname: cname,
                    msid: "\(streamID) \(track.trackID)"
                )
            )
        }
        if !sections.isEmpty { sections[0].carriesCandidates = true }
        return SDPDraft(
            transport: local,
            iceOptions: "ice2 trickle",
            bundle: tracks.map(\.mid),
            mixesExtensions: true,
            sections: sections
        ).text
    }
}
