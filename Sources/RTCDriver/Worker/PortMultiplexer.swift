// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import RTC

/// Tells whom a datagram on a shared port is for: by the address it came from, and before that is known by the user
/// name fragment of a connectivity check.
///
/// An address is learned when the session it claims to be for has accepted a check from it, and no sooner: nobody can
/// take a place in the table without the session's password. A peer holds at most `maximumAddresses`; learning one more
/// forgets the one learned first, the one in use apart.
struct PortMultiplexer {
    /// Where datagrams of an address go.
    struct Entry {
        /// The place of the peer in the worker's table.
        var peer: Int
        /// The address of ours that the peer uses, where the socket tells.
        var local: IPAddress?
    }

    /// The most addresses a peer may have: what an agent keeps, and a few that are on their way out.
    static let maximumAddresses = 16

    private struct Holdings {
        var addresses: [TransportAddress] = []
        var fragments: [String] = []
    }

    private var entries: [TransportAddress: Entry] = [:]
    private var peersByFragment: [String: Int] = [:]
    private var holdings: [Int: Holdings] = [:]
    /// The last hit: packets of one sender come in bursts.
    private var last: (source: TransportAddress, entry: Entry)?

    /// How many addresses are known.
    var addressCount: Int { entries.count }

    /// Where datagrams from an address go.
    mutating func entry(for source: TransportAddress) -> Entry? {
        if let last, last.source == source { return last.entry }
        guard let entry = entries[source] else { return nil }
        last = (source, entry)
        return entry
    }

    /// The peer that a user name fragment of ours belongs to.
    func peer(forFragment fragment: String) -> Int? { peersByFragment[fragment] }

    /// Lets a peer be found by a fragment; says whether it was free.
    mutating func register(_ fragment: String, for peer: Int) -> Bool {
        if let owner = peersByFragment[fragment] { return owner == peer }
        peersByFragment[fragment] = peer
        holdings[peer, default: Holdings()].fragments.append(fragment)
        return true
    }

    /// Forgets the fragments of a peer that its session does not take any more.
    mutating func retain(_ fragments: [String], for peer: Int) {
        guard let held = holdings[peer]?.fragments else { return }
        for fragment in held where !fragments.contains(fragment) { peersByFragment[fragment] = nil }
        holdings[peer]?.fragments = held.filter(fragments.contains)
    }

    /// Notes that an address is a peer's, which has just proved it.
    ///
    /// - Parameters:
    ///   - source: the address.
    ///   - local: the address of ours that it uses.
    ///   - peer: the peer's place.
    ///   - used: the address that the peer's packets go to, which is not forgotten for this one.
    mutating func learn(
        _ source: TransportAddress,
        local: IPAddress?,
        for peer: Int,
        keeping used: TransportAddress? = nil
    ) {
        last = nil
        if let former = entries.updateValue(Entry(peer: peer, local: local), forKey: source) {
            guard former.peer != peer else { return }
            holdings[former.peer]?.addresses.removeAll { $0 == source }
        }
        holdings[peer, default: Holdings()].addresses.append(source)
        if let held = holdings[peer]?.addresses, held.count > Self.maximumAddresses {
            let oldest = held[0] == used ? 1 : 0
            entries[held[oldest]] = nil
            holdings[peer]?.addresses.remove(at: oldest)
        }
    }

    /// Forgets an address, whose connection has ended.
    mutating func forget(_ source: TransportAddress) {
        last = nil
        guard let entry = entries.removeValue(forKey: source) else { return }
        holdings[entry.peer]?.addresses.removeAll { $0 == source }
    }

    /// Forgets everything about a peer.
    mutating func remove(_ peer: Int) {
        last = nil
        guard let held = holdings.removeValue(forKey: peer) else { return }
        for address in held.addresses { entries[address] = nil }
        for fragment in held.fragments { peersByFragment[fragment] = nil }
    }
}
