// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import RTC

/// The TCP connections of a worker: those that were taken, by their far ends, and how many each address has; those that
/// were opened, by whom and where to.
struct StreamTable {
    /// A connection that a session opened.
    private struct Opened: Hashable {
        let peer: PeerID
        let remote: TransportAddress
    }

    private var connections: [StreamConnection?] = []
    private var freeSlots: [Int] = []
    private var slotsByRemote: [TransportAddress: Int] = [:]
    private var slotsByOpener: [Opened: Int] = [:]
    private var counts: [IPAddress: Int] = [:]
    /// The places of connections to be flushed at the end of the turn.
    var queued: [Int] = []

    /// How many connections are open.
    private(set) var count = 0

    /// How many of them were taken.
    var acceptedCount: Int { slotsByRemote.count }

    /// How many of these come from an address.
    func count(from address: IPAddress) -> Int { counts[address, default: 0] }

    /// The connection in a place, which may have been closed earlier in this turn.
    subscript(slot: Int) -> StreamConnection? { connections.indices.contains(slot) ? connections[slot] : nil }

    /// The connection that was taken from a far end.
    func connection(to remote: TransportAddress) -> StreamConnection? {
        slotsByRemote[remote].flatMap { connections[$0] }
    }

    /// The connection that a session opened to a far end.
    func connection(to remote: TransportAddress, openedBy peer: PeerID) -> StreamConnection? {
        slotsByOpener[Opened(peer: peer, remote: remote)].flatMap { connections[$0] }
    }

    /// The connections of a session.
    func connections(of owner: PeerID) -> [StreamConnection] {
        connections.compactMap { $0 }.filter { $0.owner == owner }
    }

    /// Gives a connection that was taken a place; its far end must have none yet.
    mutating func add(_ descriptor: Int32, remote: TransportAddress, at now: MonotonicTime) -> StreamConnection {
        let connection = insert(descriptor, remote: remote, opener: nil, at: now)
        slotsByRemote[remote] = connection.slot
        counts[remote.ip, default: 0] += 1
        return connection
    }

    /// Gives a connection that a session opened a place; the session must have none to that far end.
    mutating func add(
        _ descriptor: Int32,
        remote: TransportAddress,
        openedBy peer: PeerID,
        at now: MonotonicTime
    ) -> StreamConnection {
        let connection = insert(descriptor, remote: remote, opener: peer, at: now)
        slotsByOpener[Opened(peer: peer, remote: remote)] = connection.slot
        return connection
    }

    /// Gives a connection to a TURN server a place; it is found by nothing else.
    mutating func addRelay(
        _ descriptor: Int32,
        remote: TransportAddress,
        openedBy peer: PeerID,
        for attempt: TURNRelay.AttemptID,
        at now: MonotonicTime
    ) -> StreamConnection {
        insert(descriptor, remote: remote, opener: peer, attempt: attempt, at: now)
    }

    private mutating func insert(
        _ descriptor: Int32,
        remote: TransportAddress,
        opener: PeerID?,
        attempt: TURNRelay.AttemptID? = nil,
        at now: MonotonicTime
    ) -> StreamConnection {
        let slot = freeSlots.popLast() ?? connections.count
        if slot == connections.count { connections.append(nil) }
        let connection = StreamConnection(
            descriptor,
            remote: remote,
            slot: slot,
            opener: opener,
            attempt: attempt,
            at: now
        )
        count += 1
        connections[slot] = connection
        return connection
    }

    /// Takes a connection out.
    mutating func remove(_ connection: StreamConnection) {
        connections[connection.slot] = nil
        freeSlots.append(connection.slot)
        count -= 1
        guard connection.attempt == nil else { return }
        if let opener = connection.opener {
            slotsByOpener[Opened(peer: opener, remote: connection.remote)] = nil
            return
        }
        slotsByRemote[connection.remote] = nil
        let left = counts[connection.remote.ip, default: 1] - 1
        counts[connection.remote.ip] = left > 0 ? left : nil
    }
}
