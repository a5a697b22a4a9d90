// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The scope of a version 3 token (protocol page §1.3).
struct ScopeV3: Codable, Hashable, Sendable {
    /// A switch whose absence means on.
    struct Switch: Codable, Hashable, Sendable {
        var enabled: Bool?
    }

    /// What one member may do.
    struct Member: Codable, Hashable, Sendable {
        var id: String?
        var name: String?
        var methods: [String]
    }

    /// What is allowed with the SFU.
    struct SFU: Codable, Hashable, Sendable {
        var enabled: Bool?
        var maxSubscribersLimit: Int?
    }

    /// What is allowed in a room.
    struct Room: Codable, Hashable, Sendable {
        var id: String?
        var name: String?
        var methods: [String]
        var member: Member?
        var sfu: SFU?
    }

    var appId: String
    var analytics: Switch?
    var turn: Switch?
    var rooms: [Room]

    /// Whether ids or names are missing where the schema asks for one of them.
    var isComplete: Bool {
        rooms.allSatisfy { room in
            (room.id != nil || room.name != nil)
                && room.member.map { $0.id != nil || $0.name != nil } ?? true
        }
    }

    /// The entries that cover a channel, in the token's order.
    func rooms(covering channel: ScopeTarget) -> [Room] {
        rooms.filter {
            NamePattern.matches(id: $0.id, channel.id) && NamePattern.matches(name: $0.name, channel.name, version: 3)
        }
    }

    func allows(_ permission: Permission, channel: ScopeTarget, member: ScopeTarget?) -> Bool {
        rooms(covering: channel).contains { $0.allows(permission, member: member) }
    }
}

extension ScopeV3.Room {
    /// Whether this entry allows something; its channel is already known to be covered.
    func allows(_ permission: Permission, member: ScopeTarget?) -> Bool {
        switch permission {
        case .readChannel: true
        case .createChannel: methods.contains("create")
        case .deleteChannel: methods.contains("close")
        case .updateChannelMetadata: methods.contains("updateMetadata")
        case .join, .leave, .signal: covers(member)
        case .publish, .unpublish, .enablePublication, .disablePublication: allows("publish", member)
        case .subscribe, .unsubscribe: allows("subscribe", member)
        case .updateMemberMetadata, .updatePublicationMetadata: allows("updateMetadata", member)
        case .createBot: isSFUEnabled
        // A bot goes by `removeMember` with version 3, never by the SFU API (protocol page §1.6).
        case .deleteBot: false
        case .startForwarding, .stopForwarding: isSFUEnabled && allows("publish", member)
        }
    }

    private var isSFUEnabled: Bool { sfu?.enabled ?? true }

    private func covers(_ target: ScopeTarget?) -> Bool {
        guard let member, let target else { return false }
        return NamePattern.matches(id: member.id, target.id)
            && NamePattern.matches(name: member.name, target.name, version: 3)
    }

    private func allows(_ method: String, _ target: ScopeTarget?) -> Bool {
        covers(target) && member?.methods.contains(method) == true
    }
}
