// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit

/// One open socket of the RTC API.
struct Connection: Sendable {
    /// The application of the token it was opened with.
    let appID: String
    /// The SDK's id of its page load, which request ids are unique in; absent with other clients.
    let contextID: String?
    /// Whether its members leave with it.
    let leavesWhenDisconnected: Bool
    /// Sends a text; never waits.
    let send: @Sendable (String) -> Void
    /// Ends the socket as a fault says.
    let end: @Sendable (SocketEnding) -> Void
    /// The channels it gets events of.
    var channels: Set<String> = []
    /// The members it added, as far as they leave with it.
    var members: [(channelID: String, memberID: String)] = []
}

extension ControlPlane {
    /// Takes in a socket.
    ///
    /// - Parameter connection: the socket.
    /// - Returns: the id it is known by until ``disconnect(_:)``; `nil` where the plan is used up.
    func connect(_ connection: Connection) -> Int? {
        nextConnectionID += 1
        guard !isUsedUp else { return nil }
        connections[nextConnectionID] = connection
        feed.publish(.connection, ["id": .integer(Int64(nextConnectionID)), "state": "opened"])
        return nextConnectionID
    }

    /// Whether more sockets have been opened than the plan has (protocol page §2.8).
    var isUsedUp: Bool { usage.connections.map { nextConnectionID > $0 } ?? false }

    /// Forgets a socket, and removes its members where it was opened so (protocol page §2.8).
    func disconnect(_ id: Int) {
        guard let connection = connections.removeValue(forKey: id) else { return }
        feed.publish(.connection, ["id": .integer(Int64(id)), "state": "closed"])
        guard connection.leavesWhenDisconnected else { return }
        for (channelID, memberID) in connection.members {
            _ = try? change(channelID) { channel throws(ChannelError) in try channel.removeMember(memberID) }
        }
    }

    /// Sends a socket the events of a channel from now on, after those it wants repeated.
    ///
    /// - Parameters:
    ///   - id: the socket.
    ///   - channel: the channel.
    ///   - offset: the version to start with, that version included; nil repeats nothing.
    func listen(_ id: Int, to channel: Channel, offset: Int?) {
        guard let connection = connections[id] else { return }
        connections[id]?.channels.insert(channel.id)
        guard let offset else { return }
        for event in channel.events(from: offset) {
            connection.send(JSONText.encode(ChannelEventDocument(event, of: channel)))
        }
    }

    /// Sends events to every socket that listens, the one that caused them included.
    func tell(_ events: [ChannelEvent], of channel: Channel) {
        let listeners = connections.filter { $0.value.channels.contains(channel.id) }
            .map { EventListener(id: $0.key, send: $0.value.send) }
        for event in events {
            let text = JSONText.encode(ChannelEventDocument(event, of: channel))
            feed.publish(.channel, text)
            faults.tell(
                ToldEvent(text: text, type: event.change.name, channelID: channel.id, channelName: channel.name),
                to: listeners
            )
        }
    }
}
