// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The scope of a version 1 or 2 token (protocol page §1.2); the versions differ in how names match.
struct ScopeV12: Codable, Hashable, Sendable {
    /// A list of actions on a kind of resource.
    struct Actions: Codable, Hashable, Sendable {
        var actions: [String]
    }

    /// What one member may do.
    struct Member: Codable, Hashable, Sendable {
        var id: String?
        var name: String?
        var actions: [String]
        var publication: Actions?
        var subscription: Actions?
    }

    /// What is allowed with an SFU bot.
    struct SFUBot: Codable, Hashable, Sendable {
        var actions: [String]
        var forwardings: [Actions]
    }

    /// What is allowed in a channel.
    struct Channel: Codable, Hashable, Sendable {
        var id: String?
        var name: String?
        var actions: [String]
        var members: [Member]
        var sfuBots: [SFUBot]?
    }

    /// The application and everything in it.
    struct App: Codable, Hashable, Sendable {
        var id: String
        var actions: [String]?
        var analytics: Bool?
        var turn: Bool?
        var channels: [Channel]?
    }

    var app: App

    /// Whether ids or names are missing where the schema asks for one of them.
    var isComplete: Bool {
        (app.channels ?? []).allSatisfy { channel in
            (channel.id != nil || channel.name != nil)
                && channel.members.allSatisfy { $0.id != nil || $0.name != nil }
        }
    }

    /// Whether an entry of this scope allows something.
    ///
    /// - Parameters:
    ///   - permission: what is asked for.
    ///   - channel: the channel it is asked for.
    ///   - member: the member it is asked for, where it concerns one.
    ///   - version: 1 or 2.
    /// - Returns: whether it is allowed.
    func allows(_ permission: Permission, channel: ScopeTarget, member: ScopeTarget?, version: Int) -> Bool {
        (app.channels ?? []).contains { entry in
            NamePattern.matches(id: entry.id, channel.id)
                && NamePattern.matches(name: entry.name, channel.name, version: version)
                && entry.allows(permission, member: member, version: version)
        }
    }
}

extension ScopeV12.Channel {
    /// Whether this entry allows something; its channel is already known to be covered.
    func allows(_ permission: Permission, member: ScopeTarget?, version: Int) -> Bool {
        switch permission {
        case .readChannel: actions.contains { ["read", "write", "create"].contains($0) }
        case .createChannel: actions.allow("create")
        case .deleteChannel: actions.allow("delete")
        case .updateChannelMetadata: actions.allow("updateMetadata")
        case .createBot: (sfuBots ?? []).contains { $0.actions.allow("create") }
        case .deleteBot: (sfuBots ?? []).contains { $0.actions.allow("delete") }
        case .startForwarding: forwardings.contains { $0.actions.allow("create") }
        case .stopForwarding: forwardings.contains { $0.actions.allow("delete") }
        default: members.contains { $0.covers(member, version: version) && $0.allows(permission) }
        }
    }

    private var forwardings: [ScopeV12.Actions] { (sfuBots ?? []).flatMap(\.forwardings) }
}

extension ScopeV12.Member {
    fileprivate func covers(_ target: ScopeTarget?, version: Int) -> Bool {
        guard let target else { return false }
        return NamePattern.matches(id: id, target.id) && NamePattern.matches(name: name, target.name, version: version)
    }

    fileprivate func allows(_ permission: Permission) -> Bool {
        switch permission {
        case .join: actions.allow("create")
        case .leave: actions.allow("delete")
        case .updateMemberMetadata: actions.allow("updateMetadata")
        case .signal: actions.allow("signal")
        case .publish: publication?.actions.allow("create") == true
        case .unpublish: publication?.actions.allow("delete") == true
        case .enablePublication: publication?.actions.allow("enable") == true
        case .disablePublication: publication?.actions.allow("disable") == true
        case .updatePublicationMetadata: publication?.actions.allow("updateMetadata") == true
        case .subscribe: subscription?.actions.allow("create") == true
        case .unsubscribe: subscription?.actions.allow("delete") == true
        default: false
        }
    }
}

extension [String] {
    /// Whether a list of actions holds one; `write` stands for all of them.
    fileprivate func allow(_ action: String) -> Bool { contains(action) || contains("write") }
}
