// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The full side of ICE that begins as controlling (RFC 8445): towards SFUs like mediasoup, which are lite, and as
/// WHIP offerer towards lite and full servers.
///
/// **Nomination** is regular, but costs no round trip: the first pair that answers is `selected` at once, and its next
/// check, sent in the same moment, carries USE-CANDIDATE. Data may flow on a valid pair before it is nominated
/// (RFC 8445 §12.1), and mediasoup selects by the first request anyway.
///
/// **Liveness.** A path in use is checked every 4…6 s, and once nothing at all has come by it for a second, every 300 ms;
/// tell `heard` about authenticated traffic. What comes by another path says nothing of this one. After 2 s of silence,
/// in which four checks went unanswered, the agent is `disconnected`: it goes on using the path, checks all other pairs
/// as well, and takes the first that answers. Where the system says that the peer's port is closed
/// (`refused(by:at:)`), it is so after half a second. Whether to restart is for others to decide: `silence(at:)`.
/// Without an answer for 30 s it has `failed` (RFC 7675) and is silent until a restart. A restart keeps the old path in
/// use until a check with the new credentials is answered.
///
/// **Roles.** A conflict is resolved by tie-breaker (RFC 8445 §7.2.5.1, §7.3.1.1), so the agent may end up controlled.
///
/// **Paths.** UDP comes first, then TCP to passive candidates (RFC 6544), which the driver opens with the first check that
/// goes there, then a relay (`TransportProtocol.relayed`), likewise. A first search begins with one kind after the other,
/// and takes what answers first; after that, better kinds are checked on and on, and taken again without a break. One
/// that has failed needs three answers in a row for that, unless the path in use is silent itself.
///
/// Inputs are `receive`, `heard`, `refused`, `connectionEnded`, `relayChanged`, `advance`, `restart` and
/// `addRemoteCandidate`; after each of them `poll` until it
/// returns `nil`, then look at `state`, `selected` and `deadline`.
package struct ICEControllingAgent: Sendable {
    /// `checking`, `connected`, `disconnected` or `failed`.
    package internal(set) var state = ICEState.checking
    /// Where to send to.
    package internal(set) var selected: TransportAddress?
    /// When the last authentic message or traffic came by the path in use; before the first one, when the agent began.
    package internal(set) var lastHeard: MonotonicTime
    /// Where the peer sees us, from the last answer.
    package internal(set) var reflexiveAddress: TransportAddress?
    /// The time that the last check took that was answered, there and back (RTT of RFC 8445 §14.3).
    package internal(set) var roundTripTime: Duration?

    let timing: ICETiming
    var responder: ICEResponder
    var remote: ICECredentials
    var pairs: [ICECandidatePair] = []
    var isControlling = true
    var tieBreaker: UInt64
    var roleSwitches = 0
    var now: MonotonicTime
    /// When the present search for a path began.
    var searchBegan: MonotonicTime
    /// When the last check on the path in use was answered.
    var lastConsent: MonotonicTime
    /// When the system first said that nobody takes datagrams at `selected`, since something last came from there.
    var refusedSince: MonotonicTime?
    /// The earliest moment for the first check of another pair.
    var nextStart: MonotonicTime
    var generator: SplitMix64

    /// Makes an agent whose first check is due at once.
    ///
    /// - Parameters:
    ///   - configuration: credentials, candidates and times.
    ///   - now: the present moment.
    ///   - generator: seeds tie-breaker, transaction ids and the spread of consent checks.
    package init(
        _ configuration: ICEControllingConfiguration,
        at now: MonotonicTime,
        using generator: inout some RandomNumberGenerator
    ) {
        timing = configuration.timing
        remote = configuration.remote
        // A full peer's requests are taken as leniently as a publisher's.
        responder = ICEResponder(local: configuration.local, rules: .ingest)
        tieBreaker = .random(in: 0 ... .max, using: &generator)
        self.generator = SplitMix64(seed: .random(in: 0 ... .max, using: &generator))
        self.now = now
        searchBegan = now
        lastHeard = now
        lastConsent = now
        nextStart = now
        let candidates = configuration.candidates.sorted { one, other in
            (one.address.transport.rank, one.priority) > (other.address.transport.rank, other.priority)
        }
        for candidate in candidates { addRemoteCandidate(candidate, at: now) }
    }

    /// What was sent, taken and dropped so far.
    package var counters: ICECounters { responder.counters }

    /// How long nothing authentic has come by the path in use.
    ///
    /// - Parameter now: the present moment.
    /// - Returns: the time since `lastHeard`.
    package func silence(at now: MonotonicTime) -> Duration { now - lastHeard }

    /// Whether an authentic message came from an address; traffic from any other is to be dropped.
    ///
    /// - Parameter address: where traffic comes from.
    /// - Returns: whether it is a verified path.
    package func isKnown(_ address: TransportAddress) -> Bool {
        address == selected || pairs.contains { $0.isVerified && $0.remote == address }
    }

    /// The moment to call `advance` at; `nil` once the agent has failed.
    package var deadline: MonotonicTime? {
        guard state != .failed else { return nil }
        var earliest = expiry
        if state == .connected { earliest = min(earliest, lastHeard + timing.disconnectAfter) }
        if state == .checking, selected != nil { earliest = min(earliest, lastConsent + timing.consentTimeout) }
        for index in pairs.indices {
            if let moment = nextCheck(of: index) { earliest = min(earliest, moment) }
        }
        return earliest
    }

    /// Adds a candidate that the peer told later, or again.
    ///
    /// - Parameters:
    ///   - candidate: ignored where it is of no use here: another component, TCP that is not passive, port 0, or more
    ///     than 32.
    ///   - now: the present moment.
    package mutating func addRemoteCandidate(_ candidate: ICECandidate, at now: MonotonicTime) {
        self.now = max(self.now, now)
        guard Self.isUsable(candidate), let index = insertPair(candidate.address, priority: candidate.priority),
            state != .failed
        else { return }
        let current = pairs.first { $0.remote == selected }
        let isBetter = current.map { pairs[index].rank > $0.rank } ?? false
        if searches || isBetter { rouse(index) }
    }

    /// Begins an ICE restart with the peer's new credentials; the same candidates are checked again.
    ///
    /// - Parameters:
    ///   - remote: the peer's new credentials.
    ///   - local: our new credentials, where the peer was told some; mediasoup never learns ours.
    ///   - now: the present moment.
    package mutating func restart(remote: ICECredentials, local: ICECredentials? = nil, at now: MonotonicTime) {
        self.now = max(self.now, now)
        self.remote = remote
        if let local { responder.local.replace(with: local) }
        state = .checking
        searchBegan = self.now
        nextStart = self.now
        roleSwitches = 0
        for index in pairs.indices { pairs[index].reset() }
        // The path in use is the likeliest to work again.
        if let index = pairs.firstIndex(where: { $0.remote == selected }) { pairs[index].rouse(at: self.now) }
        for index in pairs.indices where pairs[index].remote != selected { rouse(index) }
    }

    /// Notes authenticated traffic of the peer.
    ///
    /// - Parameters:
    ///   - source: where it came from; only what comes by the path in use counts.
    ///   - now: when it came.
    package mutating func heard(from source: TransportAddress, at now: MonotonicTime) {
        guard source == selected else { return }
        lastHeard = max(lastHeard, now)
        if state == .disconnected { reconnect() }
    }

    /// Notes that the system says that nobody takes datagrams at an address (ICMP port unreachable).
    ///
    /// That is a hint and no more: anybody can forge it, and it passes when the port is opened again. The path is
    /// checked at once; where no check is answered while more such hints come for `refusalPatience`, the agent is
    /// `disconnected`, sooner than by silence.
    ///
    /// - Parameters:
    ///   - address: where a datagram went to.
    ///   - now: when the system said so.
    /// - Returns: whether this is the first hint since something last came from the peer.
    package mutating func refused(by address: TransportAddress, at now: MonotonicTime) -> Bool {
        self.now = max(self.now, now)
        guard state == .connected, address == selected,
            let index = pairs.firstIndex(where: { $0.remote == address })
        else { return false }
        if let refusedSince, refusedSince > lastHeard {
            if self.now >= refusedSince + timing.refusalPatience { disconnect() }
            pairs[index].consentWait = min(pairs[index].consentWait, timing.firstRetry)
            return false
        }
        refusedSince = self.now
        pairs[index].consentWait = .zero
        return true
    }

    /// Lets time pass.
    ///
    /// - Parameter now: the present moment.
    package mutating func advance(to now: MonotonicTime) {
        self.now = max(self.now, now)
        if state == .connected, self.now >= lastHeard + timing.disconnectAfter { disconnect() }
        if state == .checking, selected != nil, self.now >= lastConsent + timing.consentTimeout { selected = nil }
        if state != .failed, self.now >= expiry { fail() }
    }

    /// Writes the next answer or check.
    ///
    /// - Parameter output: has room for `STUNMessage.maximumWrittenSize`.
    /// - Returns: where it goes, or `nil` when nothing is left to send at this moment.
    package mutating func poll(into output: inout OutputRawSpan) -> TransportAddress? {
        if let address = responder.poll(into: &output) { return address }
        guard state != .failed else { return nil }
        for index in pairs.indices {
            guard let moment = nextCheck(of: index), moment <= now else { continue }
            writeCheck(index, into: &output)
            return pairs[index].remote
        }
        return nil
    }
}
