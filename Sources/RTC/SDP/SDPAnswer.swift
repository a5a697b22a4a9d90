// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// An answer and what it agreed on.
package struct SDPAnswer: Hashable, Sendable {
    /// The answer as it is sent, with CRLF, at most 8 KiB.
    package var text: String
    /// The peer's transport.
    package var remote: SDPRemoteTransport
    /// The tracks that this end receives, in the order of the m-sections.
    package var receiveTracks: [ReceiveTrackParameters] = []
    /// The streams that this end sends, in the order of the m-sections.
    package var sendStreams: [SendStreamParameters] = []
    /// What the answer says of ICE, as an ICE restart repeats it with other credentials.
    package var fragment: SDPFragment
}

extension SDPAnswer {
    /// Puts the sections of an answer together and writes it (RFC 8829 §5.3).
    ///
    /// - Parameters:
    ///   - sections: one for each section of the offer, in its order.
    ///   - offer: the offer.
    ///   - local: the transport of this end.
    /// - Throws: a text that is too long.
    init(
        _ sections: [SDPDraft.Section],
        to offer: SDPOffer,
        local: SDPLocalTransport
    ) throws(SDPError) {
        let description = offer.description
        let live = sections.indices.filter { !sections[$0].isRefused }
        let bundled = description.bundle.compactMap { mid in live.first { sections[$0].mid == mid } }
        var draft = SDPDraft(
            transport: local,
            iceOptions: "ice2 trickle",
            bundle: bundled.compactMap { sections[$0].mid },
            mixesExtensions: description.mixesExtensions,
            sections: sections
        )
        for index in live {
            // Outside the bundle each section has its own; inside, the first of the bundle's list has them.
            draft.sections[index].carriesCandidates = !bundled.contains(index) || bundled.first == index
            // RFC 9725 §4.4.1 asks for it in every bundled section, whatever the offer says.
            draft.sections[index].multiplexesRTCPOnly =
                bundled.contains(index) || description.sections[index].multiplexesRTCPOnly
            draft.sections[index].mixesExtensions =
                description.sections[index].mixesExtensions && !description.mixesExtensions
        }
        text = draft.text
        fragment = draft.fragment
        remote = try offer.remoteTransport()
        guard text.utf8.count <= SDPLimits.answerBytes else {
            throw SDPError(
                .tooLarge,
                "The answer would be longer than \(SDPLimits.answerBytes) bytes; offer fewer m-sections and shorter names."
            )
        }
    }
}

extension SDPDraft.Section {
    /// Begins the answer to a section that is taken.
    ///
    /// - Parameters:
    ///   - section: the section of the offer.
    ///   - direction: which way media goes, seen from here.
    ///   - codec: the one codec, with the offer's payload type.
    ///   - setup: what is said of the handshake.
    init(answering section: SDPMediaSection, direction: SDPDirection, codec: RTPCodec, setup: SDPSetup) {
        self.init(
            media: section.media,
            protocolName: section.protocolName,
            mid: section.mid,
            direction: direction,
            setup: setup,
            codecs: [codec],
            reducesRTCP: section.reducesRTCP
        )
    }

    /// Refuses a section.
    ///
    /// - Parameter section: the section of the offer.
    init(refusing section: SDPMediaSection) {
        self.init(
            media: section.media,
            protocolName: section.protocolName,
            refusedFormats: section.formats,
            mid: section.mid,
            direction: .inactive
        )
    }
}
