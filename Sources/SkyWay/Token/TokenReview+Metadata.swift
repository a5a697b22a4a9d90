// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Changes of metadata, which a broadcast can do without (protocol page §1.2, §1.3, §1.6).
extension TokenMinter.Purpose {
    /// What has to be among the methods or actions for changes of any of these.
    func updating(_ subjects: Set<MetadataSubject>) -> [String] {
        updates.isDisjoint(with: subjects) ? [] : [AuthToken.updating]
    }
}

extension AuthToken {
    /// The name of the method, and of the action.
    static let updating = "updateMetadata"

    /// Whether the token allows its bearer to change the metadata of something, as the member in the room of a purpose.
    func allowsUpdates(of subject: MetadataSubject, for purpose: TokenMinter.Purpose) -> Bool {
        switch scope {
        case .rooms(let scope):
            scope.rooms(for: purpose.channel).contains { $0.allowsUpdates(of: subject, by: purpose.memberName) }
        case .channels(let scope):
            scope.channels(for: purpose.channel, version).contains {
                $0.allowsUpdates(of: subject, by: purpose.memberName, version)
            }
        }
    }

    /// What of the metadata can't be changed with the token, in sentences.
    func metadataRemarks(for purpose: TokenMinter.Purpose) -> [String] {
        let lacking = MetadataSubject.allCases.filter {
            purpose.updates.contains($0) && !allowsUpdates(of: $0, for: purpose)
        }
        guard !lacking.isEmpty else { return [] }
        let owners = lacking.map { subject in
            switch (scope, subject) {
            case (.rooms, .channel): "the room's methods"
            case (.rooms, _): "the member's methods"
            case (.channels, .channel): "the channel's actions"
            case (.channels, .member): "the member's actions"
            case (.channels, _): "the publication's actions"
            }
        }
        let places = owners.indices.filter { owners.firstIndex(of: owners[$0]) == $0 }.map { owners[$0] }
        return places.map { "It can't change all metadata: \"\(Self.updating)\" has to be in \($0)." }
    }
}

extension RoomScope.Room {
    fileprivate func allowsUpdates(of subject: MetadataSubject, by name: String) -> Bool {
        guard subject != .channel else { return methods.contains(AuthToken.updating) }
        guard let member else { return false }
        return NamePattern.covers(member.name, name: name, version: 3) && member.methods.contains(AuthToken.updating)
    }
}

extension ChannelScope.Channel {
    fileprivate func allowsUpdates(of subject: MetadataSubject, by name: String, _ version: Int) -> Bool {
        guard subject != .channel else { return actions.allow(AuthToken.updating) }
        return members.contains { member in
            guard NamePattern.covers(member.name, name: name, version: version) else { return false }
            let actions = subject == .member ? member.actions : member.publication?.actions ?? []
            return actions.allow(AuthToken.updating)
        }
    }
}
