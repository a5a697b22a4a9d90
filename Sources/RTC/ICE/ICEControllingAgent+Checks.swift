// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

extension ICEControllingAgent {
    /// Whether pairs that were not selected are being checked.
    var searches: Bool { state == .checking || state == .disconnected || !isSettled }

    /// Whether the selected pair is the agreed one, so that others may rest.
    private var isSettled: Bool {
        isControlling || pairs.contains { $0.remote == selected && $0.isValid && $0.isNominated }
    }

    /// When the agent has failed unless a check is answered before.
    var expiry: MonotonicTime {
        state == .checking ? searchBegan + timing.patience : lastConsent + timing.consentTimeout
    }

    /// When a pair is to be checked next.
    ///
    /// Asked after every packet, so it takes the pair's place: a pair by value would be a copy with a retained array.
    func nextCheck(of index: Int) -> MonotonicTime? {
        guard let lastCheck = pairs[index].lastCheck, pairs[index].remote == selected, pairs[index].isValid,
            pairs[index].isNominated || !isControlling
        else { return pairs[index].nextCheck }
        let ifSilent = max(lastHeard + timing.silentInterval, lastCheck + silentRetry)
        return min(lastCheck + pairs[index].consentWait, ifSilent)
    }

    /// Between two checks of a path that is silent.
    private var silentRetry: Duration {
        // An answer that waited for a process that stood still tells nothing of the path.
        min(max(timing.silentRetry, (roundTripTime ?? .zero) * 2), timing.silentInterval)
    }

    /// Whether the path in use has been silent for long enough to be checked, and the check is not answered.
    var isInDoubt: Bool { now >= lastHeard + timing.silentInterval + silentRetry }

    mutating func writeCheck(_ index: Int, into output: inout OutputRawSpan) {
        let pair = pairs[index]
        let check = ICECandidatePair.Check(
            transaction: STUNTransactionID(using: &generator),
            isControlling: isControlling,
            nominates: isControlling && pair.isValid && pair.remote == selected,
            sent: now
        )
        pairs[index].begin(check)
        pairs[index].nextCheck = now + retryWait(of: index)
        pairs[index].consentWait = timing.consentInterval * Double.random(in: 0.8...1.2, using: &generator)
        responder.counters.checksSent += 1

        let writer = STUNWriter(.request, transaction: check.transaction, into: &output)
        writer.writeUsername(
            remote: remote.usernameFragment,
            local: responder.local.current.usernameFragment,
            to: &output
        )
        writer.writePriority(Self.reflexivePriority(of: pair.remote.transport), to: &output)
        let role: STUNRole =
            isControlling ? .controlling(tieBreaker: tieBreaker) : .controlled(tieBreaker: tieBreaker)
        writer.writeRole(role, to: &output)
        if check.nominates { writer.writeUseCandidate(to: &output) }
        writer.writeIntegrity(password: remote.password, to: &output)
        writer.writeFingerprint(to: &output)
    }

    func retryWait(of index: Int) -> Duration {
        let attempts = pairs[index].attempts
        // What is better than the path in use gets its chance for as long as that is in use.
        if state == .connected, pairs[index].remote != selected, attempts >= Self.eagerAttempts {
            return timing.improvementInterval
        }
        let doublings = min(max(attempts - 1, 0), 16)
        return min(timing.firstRetry * (1 << doublings), longestRetry(by: pairs[index].remote.transport))
    }

    private func longestRetry(by transport: TransportProtocol) -> Duration {
        if state == .disconnected { return timing.silentInterval }
        return transport == .udp ? timing.longestRetry : timing.longestStreamRetry
    }

    /// How often a pair that would be better is checked before that is done now and then only.
    private static var eagerAttempts: Int { 6 }

    /// Puts a valid pair to use.
    mutating func select(_ index: Int) {
        selected = pairs[index].remote
        // Whoever selects a pair has just had word by it.
        lastHeard = now
        lastConsent = pairs[index].lastAnswer ?? lastConsent
        state = .connected
        if isControlling || pairs[index].isNominated {
            for other in pairs.indices where other != index { pairs[other].isNominated = false }
        }
        if isControlling, !pairs[index].isNominated { pairs[index].rouse(at: now) }
        restOthers()
    }

    /// Goes on with the selected pair after something came from the peer.
    mutating func reconnect() {
        state = .connected
        restOthers()
    }

    mutating func disconnect() {
        state = .disconnected
        for index in pairs.indices {
            if pairs[index].remote != selected {
                rouse(index)
            } else {
                pairs[index].answersNeeded = Self.answersAfterFailure
            }
        }
    }

    mutating func fail() {
        state = .failed
        selected = nil
        for index in pairs.indices {
            pairs[index].reset()
            pairs[index].nextCheck = nil
        }
    }

    /// How many answers in a row a path needs that has failed, before it takes the place of one that works.
    private static var answersAfterFailure: Int { 3 }

    /// Lets pairs rest that are no better than the one in use.
    private mutating func restOthers() {
        guard isSettled, let current = pairs.first(where: { $0.remote == selected }) else { return }
        for index in pairs.indices where pairs[index].remote != selected {
            if isControlling, pairs[index].rank > current.rank {
                pairs[index].nextCheck = pairs[index].nextCheck ?? now + timing.improvementInterval
            } else {
                pairs[index].nextCheck = nil
            }
        }
    }
}
