// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import RTCCrypto

/// One m-section as a peer described it, with what it inherits from the session level.
package struct SDPMediaSection: Hashable, Sendable {
    /// The medium as written: `audio`, `video`, `application`.
    package var media: String
    /// The port; 0 means refused, or `bundle-only`.
    package var port: UInt16
    /// The transport protocol as written, such as `UDP/TLS/RTP/SAVPF`.
    package var protocolName: String
    /// The formats as written; payload types where it is RTP.
    package var formats: [String]
    /// The media id, where there is one.
    package var mid: String?
    /// Which way the peer wants media to go.
    package var direction: SDPDirection = .sendrecv
    /// The media codecs in order, each with the payload type of its retransmissions.
    package var codecs: [RTPCodec] = []
    /// The header extensions in order, known or not.
    package var extensions: [SDPHeaderExtension] = []
    /// The `a=rid` lines in order.
    package var rids: [SDPRID] = []
    /// The layers of `a=simulcast`, where the peer offers to send some.
    package var simulcast: SDPSimulcast?
    /// What is wrong with the lines of `a=simulcast`.
    package var simulcastFault: SDPSimulcast.Fault?
    /// What is said of SSRCs.
    package var sources = SDPSources()
    /// The `a=msid` value: the stream's id and the track's.
    package var msid: String?
    /// The candidates that can be used; host names (mDNS) are left out silently.
    package var candidates: [ICECandidate] = []
    /// The ICE user name fragment.
    package var usernameFragment: String?
    /// The ICE password.
    package var password: String?
    /// The ICE options, separated by spaces or by commas.
    package var iceOptions: [String] = []
    /// The certificate fingerprints with a hash that we know.
    package var fingerprints: [CertificateFingerprint] = []
    /// Who begins the DTLS handshake.
    package var setup: SDPSetup?
    /// Whether RTCP shares the port with RTP (RFC 5761).
    package var multiplexesRTCP = false
    /// Whether RTCP can't have a port of its own (RFC 8858).
    package var multiplexesRTCPOnly = false
    /// Whether RTCP may come in single packets (RFC 5506).
    package var reducesRTCP = false
    /// Who answers receiver reference times; `nil` where nobody does.
    package var receiverRoundTrip: SDPReceiverRoundTrip?
    /// Whether one- and two-byte header extensions may be mixed (RFC 8285 §6).
    package var mixesExtensions = false
    /// Whether port 0 means "in the bundle", not "refused" (RFC 9143 §6).
    package var isBundleOnly = false
    /// Whether the peer has told all its candidates.
    package var endsCandidates = false

    /// Audio or video; `nil` for anything else.
    package var kind: MediaKind? { MediaKind(rawValue: media.lowercased()) }

    /// Whether the section is refused: port 0 alone, without `bundle-only`.
    package var isRejected: Bool { port == 0 && !isBundleOnly }

    /// The ICE credentials, where there are both and they are well formed.
    package var credentials: ICECredentials? {
        guard let usernameFragment, let password else { return nil }
        return ICECredentials(usernameFragment: usernameFragment, password: password)
    }

    /// The sender's canonical name, where known.
    package var cname: String? { sources.cname }

    /// The id of the media stream the track belongs to; `nil` where it belongs to none.
    package var streamID: String? {
        guard let id = (msid ?? sources.msid)?.split(separator: " ").first, id != "-" else { return nil }
        return String(id)
    }

    /// The layers that the peer offers to send, in its order; one without name or SSRC where it says nothing.
    package var encodings: [RTPEncoding] {
        let known = sources.encodings
        let sent = simulcast?.layers.map { $0[0].rid } ?? rids.filter(\.isSent).map(\.id)
        guard !sent.isEmpty else { return known.isEmpty ? [RTPEncoding()] : known }
        // Which SSRC is which layer is not said; with one of each there is no doubt.
        if sent.count == 1, let only = known.first, known.count == 1 {
            return [RTPEncoding(ssrc: only.ssrc, rid: sent[0], retransmissionSSRC: only.retransmissionSSRC)]
        }
        return sent.map { RTPEncoding(rid: $0) }
    }

    /// Makes a section that says nothing but its m-line.
    init(_ line: SDPDocument.Section) {
        media = String(line.media)
        port = line.port
        protocolName = String(line.protocolName)
        formats = line.formats.map { String($0) }
    }
}
