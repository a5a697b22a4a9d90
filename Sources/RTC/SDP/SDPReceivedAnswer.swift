// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTCCrypto

/// The answer of a WHIP endpoint to an offer of our own, with what it agreed on.
package struct SDPReceivedAnswer: Hashable, Sendable {
    /// What the answer says.
    package var description: SDPDescription
    /// The peer's transport.
    package var remote: SDPRemoteTransport
    /// The streams to be sent, in the order of the offer; tracks that were refused are missing.
    package var sendStreams: [SendStreamParameters]

    /// Reads an answer.
    ///
    /// - Parameters:
    ///   - bytes: the text.
    ///   - offer: what it answers.
    /// - Throws: what is wrong with the answer.
    package init(parsing bytes: some Collection<UInt8>, to offer: SDPLocalOffer) throws(SDPError) {
        let description = try SDPDescription(parsing: bytes)
        guard description.sections.count == offer.tracks.count else {
            throw SDPError(
                .unexpectedAnswer,
                "The answer has \(description.sections.count) m-sections where the offer has \(offer.tracks.count)."
            )
        }
        self.description = description
        remote = try Self.remoteTransport(description)
        sendStreams = []
        for (track, section) in zip(offer.tracks, description.sections) where !section.isRejected {
            guard section.mid == nil || section.mid == track.mid else {
                throw SDPError(.unexpectedAnswer, "The answer has its m-sections in another order than the offer.")
            }
            guard section.direction.receives else { continue }
            sendStreams.append(try Self.stream(track, in: section, cname: offer.cname))
        }
        guard !sendStreams.isEmpty else {
            throw SDPError(.unexpectedAnswer, "The answer takes none of the offered tracks.")
        }
    }

    private static func remoteTransport(_ description: SDPDescription) throws(SDPError) -> SDPRemoteTransport {
        guard let credentials = description.credentials else {
            throw SDPError(.missingCredentials, "The answer has no a=ice-ufrag and a=ice-pwd that can be used.")
        }
        guard !description.fingerprints.isEmpty else {
            throw SDPError(.missingFingerprint, "The answer has no a=fingerprint with a hash that is known.")
        }
        guard let setup = description.setup, setup != .actpass else {
            throw SDPError(.unexpectedAnswer, "The answer has no a=setup of active or passive.")
        }
        return SDPRemoteTransport(
            credentials: credentials,
            fingerprints: description.fingerprints,
            candidates: description.candidates,
            isLite: description.isLite,
            localRole: setup == .passive ? .client : .server
        )
    }

    private static func stream(
        _ track: SDPOfferedTrack,
        in section: SDPMediaSection,
        cname: String
    ) throws(SDPError) -> SendStreamParameters {
        // The first codec that the answer lists is the one to send (RFC 3264 §6.1); payload types are the offer's.
        let offered = section.codecs.lazy.compactMap { taken in
            track.codecs.first { $0.payloadType == taken.payloadType && $0.hasSameMediaType(as: taken) }
                .map { (offered: $0, taken: taken) }
        }
        guard let (codec, taken) = offered.first else {
            throw SDPError(.unexpectedAnswer, "The answer to \(track.mid) names no codec of the offer.")
        }
        var agreed = codec
        agreed.feedback = codec.feedback.filter(taken.feedback.contains)
        agreed.retransmissionPayloadType =
            taken.retransmissionPayloadType == codec.retransmissionPayloadType ? codec.retransmissionPayloadType : nil
        let extensions = track.extensions.filter { entry in
            section.extensions.contains { $0.id == entry.id && $0.uri == entry.uri }
        }
        return SendStreamParameters(
            kind: codec.kind,
            mid: track.mid,
            ssrc: track.ssrc,
            retransmissionSSRC: agreed.retransmissionPayloadType == nil ? nil : track.retransmissionSSRC,
            codec: agreed,
            extensions: extensions.ids,
            cname: cname
        )
    }
}
