// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC

/// What is missing in the room, and what comes next.
///
/// One step after another leads from whatever is there to what is wanted, the same way after each loss: a room, a bot,
/// a member, its publications, their forwardings. What is there is kept, and with it the viewers' subscriptions.
extension SkyWayLinkStateMachine {
    /// What has to be done next.
    enum Step: Hashable {
        /// Find the room, or make it.
        case findChannel
        /// Read the room: what it holds is not known for sure.
        case readChannel
        /// Use a bot of the room, or have one made.
        case chooseBot
        case join
        /// Take back publications that were given up.
        case withdraw([String])
        case publish([MediaKind])
        case forward(MediaKind)
        /// All is there.
        case nothing
    }

    /// The first thing that is missing of what is wanted.
    func nextStep(towards wanted: [MediaKind]) -> Step {
        guard let channel, !channel.isDeleted else { return .findChannel }
        if isInDoubt { return .readChannel }
        if botID == nil { return .chooseBot }
        if memberID == nil { return .join }
        let left = orphans.filter { channel.publications[$0] != nil }
        if !left.isEmpty { return .withdraw(left.sorted()) }
        let unpublished = wanted.filter { publications[$0] == nil }
        if !unpublished.isEmpty { return .publish(unpublished) }
        if let kind = wanted.first(where: { publications[$0]?.forwarding == nil }) { return .forward(kind) }
        return .nothing
    }

    /// What is published with other layers than it is to have: they can't be changed.
    func publishedOtherwise(than wanted: [SkyWayPublication]) -> [MediaKind] {
        wanted.filter { publication in
            publications[publication.kind].map { $0.encodings != publication.encodings } ?? false
        }
        .map(\.kind)
    }

    // MARK: Giving up

    /// What is to be taken back at SkyWay before what is missing is made again.
    struct GivenUp: Hashable {
        var botID: String?
        var forwardingIDs: [String] = []
        var publicationIDs: [String] = []
        var memberID: String?
    }

    /// Some of what there is is of no use any more; its end is no news then.
    ///
    /// - Parameters:
    ///   - depth: how much is given up.
    ///   - transports: transports that are dead, with the forwardings that lead there.
    /// - Returns: what of it may still be there.
    mutating func giveUp(_ depth: RecoveryDepth, transports: Set<String>) -> GivenUp {
        var given = GivenUp(botID: botID)
        for (kind, publication) in publications {
            guard let forwarding = publication.forwarding else { continue }
            let isDead = transports.contains(forwarding.broadcasterTransportId)
            guard isDead || depth >= .forwardings && transports.isEmpty || depth > .forwardings else { continue }
            given.forwardingIDs.append(forwarding.forwardingId)
            publications[kind]?.forwarding = nil
            publications[kind]?.isRelayPublished = false
        }
        given.forwardingIDs.sort()
        if depth >= .publications {
            given.publicationIDs = publications.values.map(\.id).sorted()
            orphans.formUnion(given.publicationIDs)
            publications = [:]
            // They take their relays along.
            given.forwardingIDs = []
        }
        if depth >= .member {
            given.memberID = memberID
            given.publicationIDs = []
            memberID = nil
        }
        return given
    }

    /// The relay of one of our publications, as the room has it.
    func relayID(_ kind: MediaKind) -> String? {
        guard let id = publications[kind]?.id else { return nil }
        return channel?.publications.values.first { $0.origin == id }?.id
    }

    // MARK: The room is not there

    /// The server says that the room is not there.
    mutating func channelLost() -> Effects {
        guard channel?.isDeleted == false else { return Effects() }
        channel?.delete()
        return Effects(events: [.channelDeleted])
    }

    /// Another room takes the place of the one before, with nothing of ours in it.
    mutating func forgetChannel() {
        channel = nil
        botID = nil
        memberID = nil
        publications = [:]
        buffer = ChannelEventBuffer()
        isInDoubt = false
        isJoinUnsure = false
        unsurePublications = []
        orphans = []
    }

    // MARK: What was done without our hearing of it

    /// A call was refused or its answer was lost: the room may be another one than is known.
    mutating func doubt() { isInDoubt = true }

    /// Takes for ours what the room has of calls whose answers were lost.
    mutating func adopt() {
        guard let channel else { return }
        if isJoinUnsure, memberID == nil, let member = channel.members.first(where: isOurs) {
            joined(memberID: member.id)
        }
        isJoinUnsure = false
        for kind in unsurePublications where publications[kind] == nil {
            let published = channel.publications.values.first { publication in
                publication.publisherID == memberID && publication.origin == nil
                    && publication.contentType == kind.contentType.lowercased()
            }
            if let published {
                publications[kind] = Publication(id: published.id, encodings: published.encodings)
            }
        }
        unsurePublications = []
    }

    private func isOurs(_ member: ChannelMember) -> Bool {
        member.name == memberName && !member.isSFUBot && !formerMembers.contains(member.id)
    }

    /// Who of the room has our name although nobody should: a member that a crashed run or a lost call of ours left.
    ///
    /// What makes it ours is the token: it is for a member of exactly this name, and names are unique in a room, so
    /// whoever has the name joined with such a token or with the secret. That alone would be true of a person who uses
    /// the same account, too, so it also has to be without publications that no gateway makes (`p2p`), and it must not
    /// be the member of a broadcast of this process. A link that has been in the room before removes nobody but its own
    /// former members: of two gateways with one name the later one stays, and they don't remove each other in turns.
    ///
    /// - Parameters:
    ///   - isNamed: whether the token is for this name alone.
    ///   - others: members that other links of this process have.
    /// - Returns: the member's id; `nil` where there is none that may be removed.
    func staleMember(isNamed: Bool, besides others: Set<String>) -> String? {
        guard let member = channel?.members.first(where: { $0.name == memberName && $0.type == "person" }) else {
            return nil
        }
        if formerMembers.contains(member.id) { return member.id }
        guard isNamed, formerMembers.isEmpty, !others.contains(member.id) else { return nil }
        let published = channel?.publications.values.filter { $0.publisherID == member.id } ?? []
        return published.allSatisfy { $0.type == "sfu" } ? member.id : nil
    }
}
