// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTCCrypto

/// An offer, read but not yet judged: the checks say whether it may publish or watch.
package struct SDPOffer: Hashable, Sendable {
    /// What the offer says.
    package var description: SDPDescription

    /// Reads an offer.
    ///
    /// - Parameter bytes: the text.
    /// - Throws: that it is no SDP, or has too much of something.
    package init(parsing bytes: some Collection<UInt8>) throws(SDPError) {
        description = try SDPDescription(parsing: bytes)
    }

    /// Reads an offer.
    ///
    /// - Parameter text: the text.
    /// - Throws: that it is no SDP, or has too much of something.
    package init(_ text: some StringProtocol) throws(SDPError) {
        try self.init(parsing: text.utf8)
    }

    /// Whether the offer may publish: what can be judged before codecs are known (RFC 9725 §4.4).
    package func checkPublishing() throws(SDPError) {
        let tracks = description.tracks
        guard !tracks.isEmpty else {
            throw SDPError(.noMedia, "The offer has no audio and no video to publish.")
        }
        for kind in MediaKind.allCases where tracks.count(where: { $0.kind == kind }) > 1 {
            throw SDPError(.secondTrack, "The offer has more than one \(kind.rawValue) track; publish just one.")
        }
        for track in tracks where !track.section.direction.sends {
            let direction = track.section.direction.rawValue
            throw SDPError(
                .inadmissibleDirection,
                "The \(track.kind.rawValue) of the offer is \(direction); a publisher offers sendonly."
            )
        }
        guard Set(tracks.compactMap(\.section.streamID)).count <= 1 else {
            throw SDPError(.secondStream, "The offer's tracks belong to several media streams; put them into one.")
        }
        for track in tracks { try track.section.checkLayers() }
        try checkTransport(of: tracks.map(\.section))
    }

    /// Whether the offer may watch.
    package func checkWatching() throws(SDPError) {
        let tracks = description.tracks
        guard !tracks.isEmpty else {
            throw SDPError(.noMedia, "The offer has no audio and no video to watch.")
        }
        guard tracks.contains(where: \.section.direction.receives) else {
            throw SDPError(.inadmissibleDirection, "The offer receives nothing; a viewer offers recvonly.")
        }
        try checkTransport(of: tracks.map(\.section))
    }

    /// The peer's transport, once a check has passed.
    func remoteTransport() throws(SDPError) -> SDPRemoteTransport {
        guard let credentials = description.credentials else {
            throw SDPError(
                .missingCredentials,
                "The offer has no a=ice-ufrag and a=ice-pwd of 4 and 22 characters or more; it is not a WebRTC offer."
            )
        }
        guard !description.fingerprints.isEmpty else {
            throw SDPError(
                .missingFingerprint,
                "The offer has no a=fingerprint with a SHA hash, so that the publisher could not be recognised."
            )
        }
        return SDPRemoteTransport(
            credentials: credentials,
            fingerprints: description.fingerprints,
            candidates: description.candidates,
            isLite: description.isLite,
            localRole: localSetup == .active ? .client : .server
        )
    }

    /// What the answer says of the DTLS handshake; an offer that says nothing leaves the choice.
    var localSetup: SDPSetup { (description.setup ?? .actpass).answer }

    private func checkTransport(of sections: [SDPMediaSection]) throws(SDPError) {
        for section in sections {
            guard section.protocolName.contains("TLS"), section.protocolName.contains("SAVP") else {
                throw SDPError(
                    .unsupportedTransport,
                    "The offer wants \(section.protocolName.prefix(40)); only UDP/TLS/RTP/SAVPF (DTLS-SRTP) is taken."
                )
            }
            guard section.multiplexesRTCP || section.multiplexesRTCPOnly else {
                throw SDPError(
                    .unsupportedTransport,
                    "The offer has no a=rtcp-mux; RTP and RTCP have to share one port."
                )
            }
        }
        guard !description.isLite else {
            throw SDPError(
                .unsupportedTransport,
                "The offer says a=ice-lite, and so does this end: nobody would check the path; offer full ICE."
            )
        }
        _ = try remoteTransport()
        guard sharesTransport(sections) else {
            throw SDPError(.notBundled, "Audio and video have a transport each; offer them with a=group:BUNDLE.")
        }
    }

    /// Whether all sections are in the bundle, or say the same of their transports.
    private func sharesTransport(_ sections: [SDPMediaSection]) -> Bool {
        sections.allSatisfy(description.bundles)
            || sections.allSatisfy { $0.credentials == description.credentials && $0.credentials != nil }
    }
}

extension SDPMediaSection {
    /// Whether layers are listed so that they can be told apart: by an extension where they have no SSRC.
    fileprivate func checkLayers() throws(SDPError) {
        if let simulcastFault { throw SDPError(.simulcast, simulcastFault.message) }
        guard encodings.count > 1, encodings.contains(where: { $0.ssrc == nil }) else { return }
        guard extensions.contains(where: { $0.kind == .rtpStreamID }) else {
            throw SDPError(
                .simulcast,
                "The offer has simulcast layers without the header extension rtp-stream-id that tells them apart."
            )
        }
    }
}
