// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC

/// The metadata of what is ours in the room.
extension SkyWayLink {
    /// How long a change waits for a token that allows it.
    private static let tokenPatience = Duration.seconds(10)

    /// The text that something has as it comes into the room, asked for at that moment; `nil` for none.
    func joiningMetadata(of subject: MetadataSubject) async -> String? {
        guard let text = await request.metadata(subject), !text.isEmpty else { return nil }
        machine.metadata.sending(text, of: subject)
        return text
    }

    /// Changes the metadata of something that is in the room.
    ///
    /// A token that does not allow it is replaced by one that does, where another can be had.
    ///
    /// - Parameters:
    ///   - subject: what has it.
    ///   - text: the new text.
    /// - Throws: `SkyWayError`: `memberNotFound` or `publicationNotFound` while the subject is not in the room,
    ///   `scopeMissing` where no token allows it.
    package func updateMetadata(of subject: MetadataSubject, to text: String) async throws {
        let channelID = try knownChannel().id
        try await allowUpdates(of: subject)
        switch subject {
        case .channel:
            machine.metadata.sending(text, of: subject)
            try await api.updateChannelMetadata(id: channelID, metadata: text)
        case .member:
            guard let id = machine.memberID else { throw SkyWayError(.memberNotFound, .gateway) }
            machine.metadata.sending(text, of: subject)
            try await api.updateMemberMetadata(channelID: channelID, memberID: id, metadata: text)
        case .audio, .video:
            guard let id = subject.kind.flatMap({ machine.publicationID($0) }) else {
                throw SkyWayError(.publicationNotFound, .gateway)
            }
            machine.metadata.sending(text, of: subject)
            try await api.updatePublicationMetadata(channelID: channelID, publicationID: id, metadata: text)
        }
    }

    /// Sees to it that the token that requests carry allows a change.
    ///
    /// Where that was asked for before, the next renewal may bring it; it is not hastened once more.
    private func allowUpdates(of subject: MetadataSubject) async throws {
        if supply.isRenewable, !isAllowed(subject), !supply.purpose.updates.contains(subject) {
            supply.allow(updatesOf: subject)
            let late = SkyWayError(.timeout, .token, detail: "No token came that allows to change metadata.")
            try await withTimeout(Self.tokenPatience, error: late) { try await self.replaceToken(for: subject) }
        }
        guard isAllowed(subject) else {
            throw SkyWayError(
                .scopeMissing,
                .token,
                detail: "The token does not allow to change the metadata of the \(subject.rawValue)."
            )
        }
    }

    /// Has the token replaced; twice, since one that was on its way already knows nothing of the wish.
    private func replaceToken(for subject: MetadataSubject) async throws {
        for _ in 0..<2 where !isAllowed(subject) {
            let former = tokens.token
            refused(former)
            while tokens.token == former || !tokens.isTaken { try await tokenChanges.next() }
        }
    }

    private func isAllowed(_ subject: MetadataSubject) -> Bool {
        tokens.token.allowsUpdates(of: subject, for: supply.purpose)
    }
}
