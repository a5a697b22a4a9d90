// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// A channel as a client of the RTC API sees it (`observe_channel.py`).
struct ChannelSnapshot: Decodable {
    struct Member: Decodable {
        let name: String
        let type: String
        let subtype: String
    }

    struct Publication: Decodable {
        let publisher: String
        let contentType: String
        let relayed: Bool
    }

    let members: [Member]
    let publications: [Publication]
    let subscriptions: Int
    let ids: RoomIdentities?

    /// The members that are no bots.
    var persons: [Member] { members.filter { $0.type.lowercased() == "person" } }

    /// The names of the members that publish something themselves.
    var publishers: Set<String> { Set(publications.filter { !$0.relayed }.map(\.publisher)) }
}

/// The ids of all that is in a channel.
struct RoomIdentities: Hashable, Decodable {
    let members: [String]
    let publications: [String]
    let subscriptions: [String]
}

/// Looks at a channel for as long as the stage is there.
struct ChannelObserver {
    private let peer: PeerProcess

    init(_ channel: String, on stage: Stage, in role: Namespaces.Role = .viewer) {
        peer = stage.peer("observe_channel.py", [Stage.skyWayURL, channel], in: role)
    }

    /// The ids of all that is there, once a viewer has subscribed to what is published.
    func identities() async throws -> RoomIdentities {
        let seen = try await snapshot("a viewer", within: .seconds(20)) { $0.subscriptions >= 2 && $0.ids != nil }
        guard let ids = seen.fields.ids else { throw StageError("the channel has no ids") }
        return ids
    }

    /// The snapshot that satisfies a condition: the channel as it is now, or the first one from now on.
    func snapshot(
        _ what: String,
        within limit: Duration,
        where condition: (ChannelSnapshot) -> Bool
    ) async throws -> PeerProcess.Detailed<ChannelSnapshot> {
        // A snapshot is told at each change only, so the last line is how the channel is.
        try await peer.process.line(what, from: max(0, peer.process.output.end - 1), within: limit) { line in
            guard let seen = PeerProcess.snapshot(in: line), condition(seen.fields) else { return nil }
            return seen
        }
    }
}

extension PeerProcess {
    fileprivate static func snapshot(in line: String) -> Detailed<ChannelSnapshot>? {
        guard let event = decode(Event.self, line), event.event == "channel",
            let fields = decode(ChannelSnapshot.self, line)
        else { return nil }
        return Detailed(at: event.at, fields: fields)
    }
}
