// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import RTC

/// The TCP connections of a worker: by their places, by their far ends, and how many each address has.
struct StreamTable {
    private var connections: [StreamConnection?] = []
    private var freeSlots: [Int] = []
    private var slotsByRemote: [TransportAddress: Int] = [:]
    private var counts: [IPAddress: Int] = [:]
    /// The places of connections to be flushed at the end of the turn.
    var queued: [Int] = []

    /// How many connections are open.
    var count: Int { slotsByRemote.count }

    /// How many of them come from an address.
    func count(from address: IPAddress) -> Int { counts[address, default: 0] }

    /// The connection in a place, which may have been closed earlier in this turn.
    subscript(slot: Int) -> StreamConnection? { connections.indices.contains(slot) ? connections[slot] : nil }

    /// The connection to a far end.
    func connection(to remote: TransportAddress) -> StreamConnection? {
        slotsByRemote[remote].flatMap { connections[$0] }
    }

    /// The connections of a session.
    func connections(of owner: PeerID) -> [StreamConnection] {
        slotsByRemote.values.compactMap { connections[$0] }.filter { $0.owner == owner }
    }

    /// Gives a connection a place; its far end must have none yet.
    mutating func add(_ descriptor: Int32, remote: TransportAddress, at now: MonotonicTime) -> StreamConnection {
        let slot = freeSlots.popLast() ?? connections.count
        if slot == connections.count { connections.append(nil) }
        let connection = StreamConnection(descriptor, remote: remote, slot: slot, at: now)
        connections[slot] = connection
        slotsByRemote[remote] = slot
        counts[remote.ip, default: 0] += 1
        return connection
    }

    /// Takes a connection out.
    mutating func remove(_ connection: StreamConnection) {
        connections[connection.slot] = nil
        freeSlots.append(connection.slot)
        slotsByRemote[connection.remote] = nil
        let left = counts[connection.remote.ip, default: 1] - 1
        counts[connection.remote.ip] = left > 0 ? left : nil
    }
}
