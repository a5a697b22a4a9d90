// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

extension ICEControllingAgent {
    /// Two switches settle any conflict between honest agents; more would be a loop.
    private static let maximumRoleSwitches = 3

    /// Takes a STUN message.
    ///
    /// - Parameters:
    ///   - datagram: the message.
    ///   - source: where it came from.
    ///   - now: when it came.
    /// - Throws: why it was dropped or refused; it is counted already.
    package mutating func receive(
        _ datagram: RawSpan,
        from source: TransportAddress,
        at now: MonotonicTime
    ) throws(ICEDropReason) {
        self.now = max(self.now, now)
        do throws(ICEDropReason) {
            let message = try STUNMessage(check: datagram)
            switch message.messageClass {
            case .request: try answer(message, in: datagram, from: source)
            case .success: try takeSuccess(message, in: datagram, from: source)
            case .error: try takeRefusal(message, in: datagram, from: source)
            case .indication: throw ICEDropReason.unexpectedMessage
            }
        } catch {
            responder.counters.count(error)
            throw error
        }
    }

    // MARK: Requests

    private mutating func answer(
        _ message: STUNMessage,
        in datagram: RawSpan,
        from source: TransportAddress
    ) throws(ICEDropReason) {
        let credentials = try responder.admit(message, in: datagram, from: source, at: now)
        guard resolveConflict(with: message.role) else {
            responder.refuse(message, .roleConflict, from: source, credentials: credentials)
            throw .roleConflict
        }
        responder.accept(message, from: source, credentials: credentials)
        responder.local.settle(on: credentials)
        heard(from: source, at: now)
        let priority = message.priority ?? ICECandidate.priority(of: .peerReflexive)
        guard state != .failed, let index = insertPair(source, priority: priority) else { return }
        pairs[index].isVerified = true
        if message.usesCandidate, !isControlling {
            pairs[index].isNominated = true
            if pairs[index].isValid { return select(index) }
        }
        trigger(index)
    }

    /// Checks back on a pair that the peer checks (RFC 8445 §7.3.1.4), not faster than the pace.
    private mutating func trigger(_ index: Int) {
        guard !pairs[index].isValid, searches || pairs[index].isNominated else { return }
        let earliest = pairs[index].lastCheck.map { $0 + timing.pacing } ?? now
        pairs[index].rouse(at: max(now, earliest))
    }

    /// Whether a request may be carried out; changes our role where the peer's tie-breaker is the larger one
    /// (RFC 8445 §7.3.1.1).
    private mutating func resolveConflict(with role: STUNRole?) -> Bool {
        switch role {
        case .controlling(let theirs) where isControlling:
            guard theirs > tieBreaker else { return false }
            switchRole()
        case .controlled(let theirs) where !isControlling:
            guard theirs <= tieBreaker else { return false }
            switchRole()
        default:
            break
        }
        return true
    }

    private mutating func switchRole() {
        isControlling.toggle()
        for index in pairs.indices { pairs[index].isNominated = false }
        // As controlling side again, have the path in use nominated.
        if isControlling, let index = pairs.firstIndex(where: { $0.remote == selected && $0.isValid }) {
            pairs[index].rouse(at: now)
        }
    }

    // MARK: Responses

    private func findCheck(
        _ message: STUNMessage,
        in datagram: RawSpan,
        from source: TransportAddress
    ) throws(ICEDropReason) -> Int {
        guard let index = pairs.firstIndex(where: { $0.isWaiting(for: message.transaction) }) else {
            throw .unknownTransaction
        }
        // RFC 8445 §7.2.5.2.1: an answer from elsewhere says nothing about this pair.
        guard pairs[index].remote == source else { throw .wrongSource }
        return index
    }

    private mutating func takeSuccess(
        _ message: STUNMessage,
        in datagram: RawSpan,
        from source: TransportAddress
    ) throws(ICEDropReason) {
        let index = try findCheck(message, in: datagram, from: source)
        guard message.isAuthentic(password: remote.password, in: datagram) else { throw .integrityMismatch }
        guard message.unknownAttributes.isEmpty, let check = pairs[index].finish(message.transaction) else {
            throw .unknownAttribute
        }
        responder.counters.checksAnswered += 1
        reflexiveAddress = message.xorMappedAddress ?? message.mappedAddress ?? reflexiveAddress
        roundTripTime = now - check.sent
        pairs[index].isValid = true
        pairs[index].isVerified = true
        if check.nominates, isControlling { pairs[index].isNominated = true }
        pairs[index].lastAnswer = now
        if pairs[index].remote == selected {
            lastHeard = now
            lastConsent = now
        }
        settle(on: index)
        guard pairs[index].remote != selected else { return }
        // One that has failed has to show that it is back.
        let isOnProbation = !searches && pairs[index].answersInRow < pairs[index].answersNeeded
        pairs[index].nextCheck = isOnProbation ? now + timing.silentInterval : nil
    }

    /// Decides what a pair that just answered is good for.
    private mutating func settle(on index: Int) {
        let hasPath = state == .connected && pairs.contains { $0.remote == selected && $0.isValid }
        let isPeersChoice = !isControlling && pairs[index].isNominated
        // After a restart of the path alone the peer has to be told again that it is the one.
        let isUntold = isControlling && pairs[index].remote == selected && !pairs[index].isNominated
        if !hasPath || isPeersChoice || isUntold || isImprovement(index) { select(index) }
    }

    private mutating func takeRefusal(
        _ message: STUNMessage,
        in datagram: RawSpan,
        from source: TransportAddress
    ) throws(ICEDropReason) {
        let index = try findCheck(message, in: datagram, from: source)
        // Without a valid signature nothing is changed; the check goes on as if the refusal had been lost.
        guard message.errorCode == .roleConflict, message.isAuthentic(password: remote.password, in: datagram),
            let check = pairs[index].finish(message.transaction)
        else { throw .refused }
        guard check.isControlling == isControlling, roleSwitches < Self.maximumRoleSwitches else {
            throw .refused
        }
        // RFC 8445 §7.2.5.1.
        roleSwitches += 1
        tieBreaker = generator.next()
        switchRole()
        pairs[index].rouse(at: now)
    }
}
