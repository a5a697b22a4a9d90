// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The paths that there may be, what orders them, and what happens to them outside of ICE.
extension ICEControllingAgent {
    /// Whether an address of a candidate is one that a path can lead to: a host's own, by UDP or by a relay, or one that
    /// waits for TCP connections.
    static func isUsable(_ candidate: ICECandidate) -> Bool {
        candidate.component == ICECandidate.rtpComponent && candidate.address.port != 0
            && (candidate.address.transport != .tcp || candidate.tcpType == .passive)
    }

    /// Finds or makes the pair of an address; `nil` where the table is full.
    mutating func insertPair(_ address: TransportAddress, priority: UInt32) -> Int? {
        let priority = Self.pairPriority(ours: Self.localPriority(of: address.transport), theirs: priority)
        if let index = pairs.firstIndex(where: { $0.remote == address }) {
            pairs[index].priority = max(pairs[index].priority, priority)
            return index
        }
        guard pairs.count < ICECandidate.maximumCount else { return nil }
        let pair = ICECandidatePair(remote: address, priority: priority)
        let index = pairs.firstIndex { pair.precedes($0) } ?? pairs.count
        pairs.insert(pair, at: index)
        return index
    }

    /// Has a pair checked as soon as the pace allows; while a first path is sought, the kinds of paths begin one after
    /// the other.
    mutating func rouse(_ index: Int) {
        var moment = max(now, nextStart)
        nextStart = moment + timing.pacing
        if state == .checking { moment = max(moment, searchBegan + delay(of: pairs[index].remote.transport)) }
        pairs[index].rouse(at: moment)
    }

    private func delay(of transport: TransportProtocol) -> Duration {
        let kinds = Set(pairs.map(\.remote.transport))
        // Nobody waits for a kind that is not there.
        switch transport {
        case .udp: return .zero
        case .tcp: return kinds.contains(.udp) ? timing.streamDelay : .zero
        case .relayed: return kinds == [.relayed] ? .zero : timing.relayDelay
        }
    }

    /// Whether a pair that has answered is to take the place of the one in use.
    func isImprovement(_ index: Int) -> Bool {
        guard isControlling, state == .connected, let current = pairs.first(where: { $0.remote == selected })
        else { return false }
        let isProven = pairs[index].answersInRow >= pairs[index].answersNeeded || isInDoubt
        return isProven && pairs[index].rank > current.rank
    }

    /// Notes that the connection to an address has ended: a check opens another one.
    ///
    /// - Parameters:
    ///   - address: where the connection led to.
    ///   - now: when it ended.
    package mutating func connectionEnded(to address: TransportAddress, at now: MonotonicTime) {
        self.now = max(self.now, now)
        guard state != .failed, let index = pairs.firstIndex(where: { $0.remote == address }) else { return }
        pairs[index].reset()
        if address == selected {
            if state == .connected { disconnect() }
            pairs[index].nextCheck = self.now + timing.firstRetry
        } else if let next = pairs[index].nextCheck {
            pairs[index].nextCheck = max(next, self.now + retryWait(of: index))
        }
    }

    /// Notes that datagrams that go by a relay leave it from another address now: the peer has yet to hear from there.
    ///
    /// - Parameter now: since when.
    package mutating func relayChanged(at now: MonotonicTime) {
        self.now = max(self.now, now)
        guard state != .failed else { return }
        for index in pairs.indices where pairs[index].remote.transport == .relayed {
            let isInUse = pairs[index].remote == selected
            guard isInUse || pairs[index].nextCheck != nil else { continue }
            pairs[index].reset()
            pairs[index].rouse(at: self.now)
        }
    }

    // MARK: Priorities

    /// The priority of our only candidate of each kind (RFC 8445 §5.1.2.1, RFC 6544 §4.2 for the active one).
    private static func localPriority(of transport: TransportProtocol) -> UInt32 {
        switch transport {
        case .udp: ICECandidate.priority(of: .host)
        case .tcp: ICECandidate.priority(of: .host, localPreference: activePreference, transport: .tcp)
        case .relayed: ICECandidate.priority(of: .relayed)
        }
    }

    /// What a candidate would have that the peer learns from our check (RFC 8445 §7.1.1).
    static func reflexivePriority(of transport: TransportProtocol) -> UInt32 {
        switch transport {
        case .udp: ICECandidate.priority(of: .peerReflexive)
        case .tcp: ICECandidate.priority(of: .peerReflexive, localPreference: activePreference, transport: .tcp)
        case .relayed: ICECandidate.priority(of: .peerReflexive, localPreference: 0)
        }
    }

    /// The direction preference of an active candidate is 6 (RFC 6544 §4.2).
    private static var activePreference: UInt16 { 6 << 13 | 8191 }

    /// RFC 8445 §6.1.2.3, our side controlling.
    private static func pairPriority(ours: UInt32, theirs: UInt32) -> UInt64 {
        UInt64(min(ours, theirs)) << 32 + 2 * UInt64(max(ours, theirs)) + (ours > theirs ? 1 : 0)
    }
}
