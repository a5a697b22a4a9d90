// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// What a token of version 3 allows (protocol page §1.3).
package struct RoomScope: Codable, Hashable, Sendable {
    /// A feature that is on unless it is switched off.
    package struct Feature: Codable, Hashable, Sendable {
        package var enabled: Bool?
    }

    /// What may be done as one member.
    package struct Member: Codable, Hashable, Sendable {
        package var id: String?
        package var name: String?
        package var methods: [String]
    }

    /// The SFU in one room.
    package struct SFU: Codable, Hashable, Sendable {
        package var enabled: Bool?
        package var maxSubscribersLimit: Int?
    }

    /// What may be done in one room.
    package struct Room: Codable, Hashable, Sendable {
        package var id: String?
        package var name: String?
        package var methods: [String]
        package var member: Member?
        package var sfu: SFU?
    }

    package var appId: String
    package var analytics: Feature?
    package var turn: Feature?
    package var rooms: [Room]
}

extension RoomScope {
    /// The least that works against SkyWay (protocol page §1.6).
    init(least purpose: TokenMinter.Purpose, appID: String) {
        let room = Room(
            id: purpose.channel.id,
            name: purpose.channel.pattern,
            methods: (purpose.makesChannel ? ["create"] : []) + (purpose.mayCloseChannel ? ["close"] : [])
                + purpose.updating([.channel]),
            member: Member(
                name: NamePattern.exactly(purpose.memberName),
                methods: ["publish"] + purpose.updating([.member, .audio, .video])
            ),
            sfu: SFU(enabled: true, maxSubscribersLimit: purpose.maximumSubscribers)
        )
        self.init(
            appId: appID,
            analytics: Feature(enabled: false),
            turn: Feature(enabled: purpose.usesTURN),
            rooms: [room]
        )
    }
}
