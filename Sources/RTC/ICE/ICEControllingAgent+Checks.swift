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
        return min(lastCheck + pairs[index].consentWait, max(lastHeard, lastCheck) + timing.silentInterval)
    }

    /// Finds or makes the pair of an address; `nil` where the table is full.
    mutating func insertPair(_ address: TransportAddress, priority: UInt32) -> Int? {
        if let index = pairs.firstIndex(where: { $0.remote == address }) {
            pairs[index].priority = max(pairs[index].priority, priority)
            return index
        }
        guard pairs.count < ICECandidate.maximumCount else { return nil }
        let index = pairs.firstIndex { $0.priority < priority } ?? pairs.count
        pairs.insert(ICECandidatePair(remote: address, priority: priority), at: index)
        return index
    }

    /// Has a pair checked as soon as the pace allows.
    mutating func rouse(_ index: Int) {
        let moment = max(now, nextStart)
        nextStart = moment + timing.pacing
        pairs[index].rouse(at: moment)
    }

    mutating func writeCheck(_ index: Int, into output: inout OutputRawSpan) {
        let pair = pairs[index]
        let check = ICECandidatePair.Check(
            transaction: STUNTransactionID(using: &generator),
            isControlling: isControlling,
            nominates: isControlling && pair.isValid && pair.remote == selected
        )
        pairs[index].begin(check, at: now)
        pairs[index].nextCheck = now + retryWait(attempts: pairs[index].attempts)
        pairs[index].consentWait = timing.consentInterval * Double.random(in: 0.8...1.2, using: &generator)
        responder.counters.checksSent += 1

        let writer = STUNWriter(.request, transaction: check.transaction, into: &output)
        writer.writeUsername(
            remote: remote.usernameFragment,
            local: responder.local.current.usernameFragment,
            to: &output
        )
        writer.writePriority(ICECandidate.priority(of: .peerReflexive), to: &output)
        let role: STUNRole =
            isControlling ? .controlling(tieBreaker: tieBreaker) : .controlled(tieBreaker: tieBreaker)
        writer.writeRole(role, to: &output)
        if check.nominates { writer.writeUseCandidate(to: &output) }
        writer.writeIntegrity(password: remote.password, to: &output)
        writer.writeFingerprint(to: &output)
    }

    private func retryWait(attempts: Int) -> Duration {
        guard state != .disconnected else { return timing.silentInterval }
        let doublings = min(max(attempts - 1, 0), 16)
        return min(timing.firstRetry * (1 << doublings), timing.longestRetry)
    }

    /// Puts a valid pair to use.
    mutating func select(_ index: Int) {
        selected = pairs[index].remote
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
        for index in pairs.indices where pairs[index].remote != selected { rouse(index) }
    }

    mutating func fail() {
        state = .failed
        selected = nil
        for index in pairs.indices {
            pairs[index].reset()
            pairs[index].nextCheck = nil
        }
    }

    private mutating func restOthers() {
        guard isSettled else { return }
        for index in pairs.indices where pairs[index].remote != selected { pairs[index].nextCheck = nil }
    }
}
