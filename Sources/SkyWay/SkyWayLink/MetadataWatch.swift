// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC

/// What the room has as metadata of ours, and which changes of it come from us.
///
/// Our own changes come back as events like those of others, some of them late: they are known by their texts.
struct MetadataWatch {
    private struct Present: Hashable {
        /// Whose: another member or publication begins anew.
        var id: String
        var text: String?
    }

    private var present: [MetadataSubject: Present] = [:]
    /// What was sent and may still come back, the oldest first.
    private var sent: [MetadataSubject: [String]] = [:]
    /// More than are under way at a time.
    private static let memory = 8

    /// A text is about to be sent.
    mutating func sending(_ text: String, of subject: MetadataSubject) {
        sent[subject, default: []].append(text)
        if sent[subject, default: []].count > Self.memory { sent[subject]?.removeFirst() }
    }

    /// The room has a text.
    ///
    /// - Parameters:
    ///   - text: the text; `nil` for none.
    ///   - subject: what has it.
    ///   - id: the id of the room, member or publication.
    /// - Returns: what that is; `nil` where it is no news.
    mutating func observed(_ text: String?, of subject: MetadataSubject, id: String) -> SkyWayLinkEvent? {
        let former = present[subject]
        let latest = Present(id: id, text: text)
        guard former != latest else { return nil }
        present[subject] = latest
        if let text, let index = sent[subject]?.lastIndex(of: text) {
            sent[subject]?.removeFirst(index)
            return .metadataRead(subject, text)
        }
        guard former?.id != id else { return .metadataChanged(subject, text) }
        // Who said nothing and finds nothing has read nothing.
        return text == nil && sent[subject] == nil ? nil : .metadataRead(subject, text)
    }
}

extension SkyWayLinkStateMachine {
    /// Notes what the room has of ours by now; the effects say what of it is news.
    mutating func readMetadata() -> Effects {
        var effects = Effects()
        guard let channel, phase == .connected else { return effects }
        let own = MediaKind.allCases.compactMap { kind in
            publicationID(kind).flatMap { channel.publications[$0] }.map { (MetadataSubject(kind), $0.id, $0.metadata) }
        }
        let member = memberID.flatMap { channel.member($0) }.map { [(MetadataSubject.member, $0.id, $0.metadata)] }
        for (subject, id, text) in [(.channel, channel.id, channel.metadata)] + (member ?? []) + own {
            if let event = metadata.observed(text, of: subject, id: id) { effects.events.append(event) }
        }
        return effects
    }
}
