// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// What a token of version 1 or 2 allows (protocol page §1.2); `write` stands for all actions on a resource.
package struct ChannelScope: Codable, Hashable, Sendable {
    /// Actions on a kind of resource.
    package struct Actions: Codable, Hashable, Sendable {
        package var actions: [String]
    }

    /// What may be done as one member.
    package struct Member: Codable, Hashable, Sendable {
        package var id: String?
        package var name: String?
        package var actions: [String]
        package var publication: Actions?
        package var subscription: Actions?
    }

    /// What may be done with bots of the SFU.
    package struct Bot: Codable, Hashable, Sendable {
        package var actions: [String]
        package var forwardings: [Actions]
    }

    /// What may be done in one channel.
    package struct Channel: Codable, Hashable, Sendable {
        package var id: String?
        package var name: String?
        package var actions: [String]
        package var members: [Member]
        package var sfuBots: [Bot]?
    }

    /// The application.
    package struct App: Codable, Hashable, Sendable {
        package var id: String
        package var actions: [String]?
        package var analytics: Bool?
        package var turn: Bool?
        package var channels: [Channel]?
    }

    package var app: App
}

extension ChannelScope {
    /// The least for version 2, by the names of the actions (protocol page §1.6).
    init(least purpose: TokenMinter.Purpose, appID: String) {
        let member = Member(
            name: NamePattern.exactly(purpose.memberName),
            actions: ["create", "delete"] + purpose.updating([.member]),
            publication: Actions(actions: ["create", "delete"] + purpose.updating([.audio, .video]))
        )
        let channel = Channel(
            id: purpose.channel.id,
            name: purpose.channel.pattern,
            actions: ["read"] + (purpose.makesChannel ? ["create"] : []) + (purpose.mayCloseChannel ? ["delete"] : [])
                + purpose.updating([.channel]),
            members: [member],
            sfuBots: [Bot(actions: ["create"], forwardings: [Actions(actions: ["create", "delete"])])]
        )
        self.init(app: App(id: appID, actions: ["read"], analytics: false, turn: purpose.usesTURN, channels: [channel]))
    }
}
