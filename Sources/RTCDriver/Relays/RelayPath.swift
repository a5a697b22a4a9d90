// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import RTC
internal import RTCCrypto

/// A session's way by a TURN server, with the transports to the servers that are being asked.
///
/// Confined to the worker's thread, like the peer that it belongs to.
final class RelayPath {
    /// How a server is spoken to.
    enum Transport {
        /// By a socket that is connected to it, on a lane of its own.
        case datagrams(DatagramSocket, lane: Int, place: Int)
        /// By a TCP connection.
        case stream(StreamConnection)
    }

    /// How long a relay is kept that nothing is sent by.
    static let idleTime: Duration = .seconds(30)

    var relay: TURNRelay
    var transports: [TURNRelay.AttemptID: Transport] = [:]
    /// When the relay wants to be called again.
    var relayDeadline: MonotonicTime?
    /// When the session last sent something by it.
    var lastUse: MonotonicTime

    init(_ relay: TURNRelay, at now: MonotonicTime) {
        self.relay = relay
        lastUse = now
    }

    /// When it is to be looked at.
    var deadline: MonotonicTime {
        let idle = lastUse + Self.idleTime
        return relayDeadline.map { min($0, idle) } ?? idle
    }
}

/// The TURN servers that a session may use, and whom to trust where TLS is spoken with them.
struct RelaySettings {
    var servers: [TURNServer]
    var trust: TLSClientContext?
}

/// The sockets of relays, by their places: what the poller knows them by.
struct RelaySockets {
    /// A socket, and whose it is.
    struct Entry {
        let socket: DatagramSocket
        let peer: PeerID
        let attempt: TURNRelay.AttemptID
    }

    private var entries: [Entry?] = []
    private var free: [Int] = []

    /// The socket in a place, which may have been closed earlier in this turn.
    subscript(place: Int) -> Entry? { entries.indices.contains(place) ? entries[place] : nil }

    /// Gives a socket a place.
    mutating func add(_ entry: Entry) -> Int {
        guard let place = free.popLast() else {
            entries.append(entry)
            return entries.count - 1
        }
        entries[place] = entry
        return place
    }

    /// Takes a socket out.
    mutating func remove(_ place: Int) {
        entries[place] = nil
        free.append(place)
    }
}
