// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// What a member is added with.
struct NewMember: Hashable, Sendable {
    var name: String?
    var kind = Member.Kind.person
    var subtype = "Person"
    var metadata: String?
    var expiresAt: Int64?

    /// The bot of the SFU, which has no name and never expires.
    static let sfuBot = NewMember(kind: .bot, subtype: Member.sfuSubtype)
}

extension Channel {
    /// Adds a member.
    ///
    /// - Parameters:
    ///   - new: who.
    ///   - id: the id it gets.
    /// - Returns: `MemberAdded`.
    /// - Throws: when the name is taken or the channel is full.
    @discardableResult
    mutating func add(_ new: NewMember, id: String) throws(ChannelError) -> [ChannelEvent] {
        if let name = new.name, members.contains(where: { $0.name == name }) { throw .memberNameTaken }
        guard members.count < limits.members else { throw .limitExceeded(.members) }
        let member = Member(
            id: id,
            name: new.name,
            kind: new.kind,
            subtype: new.subtype,
            metadata: new.metadata,
            expiresAt: new.expiresAt
        )
        members.append(member)
        return [record(.memberAdded(member))]
    }

    /// Moves the moment a member expires; nobody is told.
    mutating func updateTimeToLive(of memberID: String, expiresAt: Int64) throws(ChannelError) {
        guard let index = members.firstIndex(where: { $0.id == memberID }) else { throw .memberNotFound }
        members[index].expiresAt = expiresAt
    }

    /// Replaces a member's metadata.
    @discardableResult
    mutating func updateMetadata(_ metadata: String, ofMember memberID: String) throws(ChannelError) -> [ChannelEvent] {
        guard let index = members.firstIndex(where: { $0.id == memberID }) else { throw .memberNotFound }
        members[index].metadata = metadata
        return [record(.memberMetadataUpdated(members[index]))]
    }

    /// Removes a member and everything that hangs on it; `MemberRemoved` comes last.
    @discardableResult
    mutating func removeMember(_ memberID: String) throws(ChannelError) -> [ChannelEvent] {
        remove(try member(memberID))
    }

    /// Removes every member whose time has come.
    ///
    /// - Parameter now: seconds since 1970.
    /// - Returns: the events of all removals.
    @discardableResult
    mutating func expireMembers(now: Int64) -> [ChannelEvent] {
        let expired = members.filter { member in member.expiresAt.map { $0 <= now } ?? false }
        return expired.flatMap { remove($0) }
    }

    mutating func remove(_ member: Member) -> [ChannelEvent] {
        var events: [ChannelEvent] = []
        // A bot's subscriptions to origins end with the relays they feed.
        if member.kind == .person { events += unsubscribeAll { $0.subscriberID == member.id } }
        for publication in publications where publication.publisherID == member.id {
            events += withdraw(publication)
        }
        events += unsubscribeAll { $0.subscriberID == member.id }
        members.removeAll { $0.id == member.id }
        events.append(record(.memberRemoved(member)))
        return events
    }
}
