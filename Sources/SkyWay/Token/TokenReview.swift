// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What a token lacks for a purpose, told in sentences.
///
/// Where the room's id and its name are not both known, what can't be compared counts as fitting: the service decides.
package struct TokenReview: Hashable, Sendable {
    /// What the gateway can't do without.
    package private(set) var missing: [String] = []
    /// What goes wrong later, or only sometimes.
    package private(set) var remarks: [String] = []

    /// Compares a token's scope with what it is to be used for.
    package init(_ token: AuthToken, for purpose: TokenMinter.Purpose) {
        switch token.scope {
        case .rooms(let scope): review(scope, purpose)
        case .channels(let scope): review(scope, token.version, purpose)
        }
        if missing.isEmpty { remarks += token.metadataRemarks(for: purpose) }
    }

    /// Adds what is wrong with the token whatever it is used for (protocol page §1.1).
    ///
    /// - Parameters:
    ///   - token: the token.
    ///   - now: the server's time, in seconds since 1970.
    package mutating func reviewEnvelope(of token: AuthToken, at now: Double) {
        let left = token.life(at: now)
        if left <= .zero {
            missing.append("It has run out.")
        } else if left < TokenLife.shortest {
            let (seconds, least) = (left.components.seconds, TokenLife.shortest.components.seconds)
            missing.append("It ends in \(seconds) s; the gateway begins with no token that has less than \(least) s.")
        }
        let issued = Double(token.issuedAt) - now
        need(issued <= 120, "Its iat lies \(Int(issued)) s in the future; SkyWay takes 120 s.")
        need(token.expiresAt - token.issuedAt <= TokenLife.longest.components.seconds, "It lives longer than 3 days.")
        // Version 4 (RFC 9562 §5.4).
        need(token.id.uuid.6 >> 4 == 4, "Its jti is no random UUID (version 4).")
    }

    /// Adds what the caller has found missing.
    package mutating func add(missing sentence: String) { missing.append(sentence) }

    /// Everything that is missing, as one text.
    package var sentence: String { missing.joined(separator: " ") }

    private mutating func review(_ scope: RoomScope, _ purpose: TokenMinter.Purpose) {
        let reviews = scope.rooms(for: purpose.channel).map { Self($0, purpose) }
        self = Self.best(of: reviews) ?? Self(noEntryFor: purpose.channel, in: "scope.rooms")
    }

    private mutating func review(_ scope: ChannelScope, _ version: Int, _ purpose: TokenMinter.Purpose) {
        let reviews = scope.channels(for: purpose.channel, version).map { Self($0, version, purpose) }
        self = Self.best(of: reviews) ?? Self(noEntryFor: purpose.channel, in: "scope.app.channels")
    }

    private static func best(of reviews: [Self]) -> Self? {
        reviews.min { ($0.missing.count, $0.remarks.count) < ($1.missing.count, $1.remarks.count) }
    }

    private init(noEntryFor channel: ChannelReference, in path: String) {
        missing = ["Nothing in its \(path) is for the room \"\(channel.text)\"."]
    }

    private init(_ room: RoomScope.Room, _ purpose: TokenMinter.Purpose) {
        if let member = room.member {
            let isOurs = NamePattern.covers(member.name, name: purpose.memberName, version: 3)
            need(isOurs, Self.otherMember([member.name ?? "*"], purpose))
            need(member.methods.contains("publish"), "Its member may not publish: \"publish\" has to be in methods.")
        } else {
            missing.append("It lets nobody join: the room has no member.")
        }
        need(room.sfu?.enabled ?? true, "It switches the SFU off: sfu.enabled has to be true.")
        if let limit = room.sfu?.maxSubscribersLimit, limit < purpose.maximumSubscribers {
            remarks.append("It lets \(limit) viewers in to each stream, not \(purpose.maximumSubscribers).")
        }
        if purpose.makesChannel, !room.methods.contains("create") {
            remarks.append("It can't make the room: \"create\" has to be in the room's methods.")
        }
    }

    private init(_ channel: ChannelScope.Channel, _ version: Int, _ purpose: TokenMinter.Purpose) {
        let isReadable = channel.actions.contains { ["read", "write", "create"].contains($0) }
        need(isReadable, Self.lacks("read", "the channel's"))
        let members = channel.members.filter {
            NamePattern.covers($0.name, name: purpose.memberName, version: version)
        }
        let reviews = members.map(Self.init(member:))
        if let member = Self.best(of: reviews) {
            missing += member.missing
            remarks += member.remarks
        } else {
            missing.append(Self.otherMember(channel.members.map { $0.name ?? "*" }, purpose))
        }
        let bots = channel.sfuBots ?? []
        need(bots.contains { $0.actions.allow("create") }, Self.lacks("create", "sfuBots'"))
        let forwardings = bots.flatMap(\.forwardings)
        need(forwardings.contains { $0.actions.allow("create") }, Self.lacks("create", "sfuBots.forwardings'"))
        remark(forwardings.contains { $0.actions.allow("delete") }, Self.lacks("delete", "sfuBots.forwardings'"))
        if purpose.makesChannel { remark(channel.actions.allow("create"), Self.lacks("create", "the channel's")) }
    }

    private init(member: ChannelScope.Member) {
        need(member.actions.allow("create"), Self.lacks("create", "the member's"))
        remark(member.actions.allow("delete"), Self.lacks("delete", "the member's"))
        let publication = member.publication?.actions ?? []
        need(publication.allow("create"), Self.lacks("create", "the publication's"))
        remark(publication.allow("delete"), Self.lacks("delete", "the publication's"))
    }

    private mutating func need(_ isThere: Bool, _ sentence: String) {
        if !isThere { missing.append(sentence) }
    }

    private mutating func remark(_ isThere: Bool, _ sentence: String) {
        if !isThere { remarks.append(sentence) }
    }

    private static func lacks(_ action: String, _ owner: String) -> String {
        "It lacks \"\(action)\" in \(owner) actions."
    }

    private static func otherMember(_ names: [String], _ purpose: TokenMinter.Purpose) -> String {
        guard let name = names.first else { return "It lets nobody join: the room has no member." }
        return "It is for the member \"\(name)\", not \"\(purpose.memberName)\": set SKYWAY_MEMBER_NAME to that name."
    }
}

extension RoomScope {
    /// The entries that may be for a room.
    func rooms(for channel: ChannelReference) -> [Room] {
        rooms.filter { channel.isCovered(id: $0.id, name: $0.name, version: 3) }
    }
}

extension ChannelScope {
    /// The entries that may be for a room, in a token of a version.
    func channels(for channel: ChannelReference, _ version: Int) -> [Channel] {
        (app.channels ?? []).filter { channel.isCovered(id: $0.id, name: $0.name, version: version) }
    }
}

extension AuthToken {
    /// How many viewers of a stream the token allows, where it says.
    func subscribersLimit(for channel: ChannelReference) -> Int? {
        guard case .rooms(let scope) = scope else { return nil }
        return scope.rooms(for: channel).first?.sfu?.maxSubscribersLimit
    }
}

extension AuthToken {
    /// Whether the token is for a member of exactly this name in a room, and for no other.
    func names(member name: String, in channel: ChannelReference) -> Bool {
        let names: [String?] =
            switch scope {
            case .rooms(let scope): scope.rooms(for: channel).map(\.member?.name)
            case .channels(let scope): scope.channels(for: channel, version).flatMap { $0.members.map(\.name) }
            }
        return !names.isEmpty && names.allSatisfy { $0 == NamePattern.exactly(name) }
    }
}

extension [String] {
    /// Whether an action is in the list, or `write`, which stands for all.
    func allow(_ action: String) -> Bool { contains(action) || contains("write") }
}

extension ChannelReference {
    fileprivate var text: String {
        switch self {
        case .id(let id): id
        case .name(let name): name
        }
    }

    /// Whether an entry of a token may be for this room.
    fileprivate func isCovered(id: String?, name: String?, version: Int) -> Bool {
        switch self {
        case .id(let own): id == nil || id == "*" || id == own
        case .name(let own): NamePattern.covers(name, name: own, version: version)
        }
    }
}
