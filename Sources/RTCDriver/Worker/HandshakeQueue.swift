// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import RTC

/// Datagrams of handshakes that wait until the packets beside them have been served.
///
/// A step of a handshake takes as long as a hundred packets. So these datagrams are put aside where they come, and taken
/// up again between two turns of the worker, for at most `share` of its time, and with them media that came behind them.
/// What finds no room is dropped; a handshake's is sent again by whoever sent it (RFC 6347 §4.2.4).
struct HandshakeQueue {
    /// One datagram that waits.
    struct Waiting {
        let peer: PeerID
        let source: TransportAddress
        var bytes: [UInt8]
    }

    /// The most datagrams of one peer: far more than the flights of a handshake have.
    static let maximumPerPeer = 64
    /// The most datagrams of all.
    static let maximum = 2_048
    /// The part of the worker's time that handshakes may take while there is other work.
    static let share = 0.5

    private var waiting: [Waiting] = []
    /// Where the next one stands in `waiting`: what stands before it is gone.
    private var next = 0
    private var counts: [PeerID: Int] = [:]
    /// Before this moment no handshake goes on.
    private(set) var resumesAt = MonotonicTime(nanoseconds: 0)

    /// How many datagrams wait.
    var count: Int { waiting.count - next }

    /// When the worker has to come back to it; `nil` where nothing waits.
    var deadline: MonotonicTime? { count > 0 ? resumesAt : nil }

    /// Whether something of a peer waits.
    func isWaiting(_ peer: PeerID) -> Bool { counts[peer] != nil }

    /// Puts a datagram aside; says whether there was room.
    mutating func append(_ datagram: Waiting) -> Bool {
        guard count < Self.maximum, counts[datagram.peer, default: 0] < Self.maximumPerPeer else { return false }
        counts[datagram.peer, default: 0] += 1
        waiting.append(datagram)
        return true
    }

    /// Takes the oldest datagram out.
    mutating func popFirst() -> Waiting? {
        guard next < waiting.count else { return nil }
        let first = waiting[next]
        next += 1
        if next == waiting.count || next == Self.maximum {
            waiting.removeFirst(next)
            next = 0
        }
        let left = (counts[first.peer] ?? 1) - 1
        counts[first.peer] = left > 0 ? left : nil
        return first
    }

    /// Takes out all that waits of a peer, in its order.
    mutating func remove(of peer: PeerID) -> [Waiting] {
        guard counts.removeValue(forKey: peer) != nil else { return [] }
        let removed = waiting[next...].filter { $0.peer == peer }
        waiting = waiting[next...].filter { $0.peer != peer }
        next = 0
        return removed
    }

    /// Notes the time that handshakes have just taken: as much, by their share, goes to others now.
    mutating func rest(after time: Duration, at now: MonotonicTime) {
        resumesAt = now + time * ((1 - Self.share) / Self.share)
    }
}
