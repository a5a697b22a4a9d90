// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The side of ICE that only answers (RFC 8445 §2.5): towards publishers, and as the local SFU.
///
/// It needs no candidate of the peer: each address that an authentic Binding request comes from is a path, a *tuple*
/// in mediasoup's words, and the first of them is selected. USE-CANDIDATE, and authenticated traffic from another
/// tuple, move the selection. Up to eight tuples are kept; the least recently used one makes room.
///
/// Inputs are `receive`, `touch`, `advance` and `restart`; after each of them `poll` until it returns `nil`, then look
/// at `state`, `selected` and `deadline`. An answer leaves from the address its request came to: the driver sees to that.
package struct ICELiteAgent: Sendable {
    private struct Tuple {
        var address: TransportAddress
        var lastUsed: MonotonicTime
    }

    private static let maximumTuples = 8

    /// `new`, `connected` or `disconnected`; a disconnected agent has forgotten its tuples and connects again by the
    /// next request.
    package private(set) var state = ICEState.new
    /// Where to send to.
    package private(set) var selected: TransportAddress?
    /// When the last authentic request came that was not one of before once more.
    package private(set) var lastRequest: MonotonicTime?
    /// When the last sign of life came that the rules count.
    private var lastAlive: MonotonicTime
    private let rules: ICERules
    private var responder: ICEResponder
    private var tuples: [Tuple] = []
    private var lastNomination: UInt32 = 0
    private var transactions = STUNTransactionMemory()

    /// Makes an agent that waits for the peer.
    ///
    /// - Parameters:
    ///   - local: the credentials that the peer was told.
    ///   - rules: `.ingest` or `.mediasoup`.
    ///   - now: the present moment.
    package init(local: ICECredentials, rules: ICERules, at now: MonotonicTime) {
        self.rules = rules
        responder = ICEResponder(local: local, rules: rules)
        lastAlive = now
    }

    /// What was taken and dropped so far.
    package var counters: ICECounters { responder.counters }

    /// The credentials that the peer was told last.
    package var local: ICECredentials { responder.local.current }

    /// The user name fragments that a request may be addressed to: the last one told, and those from before a restart.
    package var acceptedFragments: [String] { responder.local.accepted.map(\.usernameFragment) }

    /// The moment to call `advance` at; `nil` while nothing can lapse.
    package var deadline: MonotonicTime? { state == .connected ? lastAlive + rules.timeout : nil }

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
        do {
            try take(datagram, from: source, at: now)
        } catch {
            responder.counters.count(error)
            throw error
        }
    }

    /// Notes authenticated DTLS or media, which moves the selection to where it came from.
    ///
    /// - Parameters:
    ///   - source: where it came from; does nothing where no request came from there before.
    ///   - now: when it came.
    package mutating func touch(from source: TransportAddress, at now: MonotonicTime) {
        if source != selected {
            guard isKnown(source) else { return }
            select(source, at: now)
        }
        if rules.trafficKeepsAlive { lastAlive = now }
    }

    /// Whether an authentic request came from an address; traffic from any other is to be dropped.
    ///
    /// - Parameter address: where traffic comes from.
    /// - Returns: whether it is one of the tuples.
    package func isKnown(_ address: TransportAddress) -> Bool {
        address == selected || tuples.contains { $0.address == address }
    }

    /// Forgets a tuple whose connection has ended; the one used last before it takes its place.
    ///
    /// Without another the agent is disconnected, and connects again by the next request.
    ///
    /// - Parameter address: the far end of the connection.
    package mutating func forget(_ address: TransportAddress) {
        tuples.removeAll { $0.address == address }
        guard address == selected else { return }
        selected = tuples.max { $0.lastUsed < $1.lastUsed }?.address
        if selected == nil { disconnect() }
    }

    /// Lets time pass: a path without a sign of life is given up, all tuples with it.
    ///
    /// - Parameter now: the present moment.
    package mutating func advance(to now: MonotonicTime) {
        guard let deadline, now >= deadline else { return }
        selected = nil
        tuples.removeAll()
        disconnect()
    }

    private mutating func disconnect() {
        state = .disconnected
        // A peer that comes back may count its nominations anew.
        lastNomination = 0
    }

    /// Writes the next answer.
    ///
    /// - Parameter output: has room for `STUNMessage.maximumWrittenSize`.
    /// - Returns: where it goes, or `nil` when nothing is left to send.
    package mutating func poll(into output: inout OutputRawSpan) -> TransportAddress? {
        responder.poll(into: &output)
    }

    /// Begins an ICE restart: the old credentials stay valid until the first request with the new ones.
    ///
    /// - Parameter local: the new credentials.
    package mutating func restart(local: ICECredentials) {
        responder.local.replace(with: local)
        lastNomination = 0
    }

    private mutating func take(
        _ datagram: RawSpan,
        from source: TransportAddress,
        at now: MonotonicTime
    ) throws(ICEDropReason) {
        let message = try STUNMessage(check: datagram)
        guard message.messageClass == .request else { throw .unexpectedMessage }
        let credentials = try responder.admit(message, in: datagram, from: source, at: now)
        if case .controlled = message.role {
            // A lite agent is never controlling (RFC 8445 §6.1.1).
            responder.refuse(message, .roleConflict, from: source, credentials: credentials)
            throw .roleConflict
        }
        responder.accept(message, from: source, credentials: credentials)
        // Sent again by the peer because our answer was lost, or by somebody who has recorded it: no sign of life.
        let isNew = transactions.note(message.transaction)
        guard isNew || state == .connected else { return }
        responder.local.settle(on: credentials)
        if isNew {
            lastRequest = now
            lastAlive = now
        }
        keep(source, at: now)
        if nominates(message) || selected == nil { select(source, at: now) }
        state = .connected
    }

    /// Whether a request asks for its own path, by mediasoup's rule: a NOMINATION counts only if it is a larger one.
    private mutating func nominates(_ message: STUNMessage) -> Bool {
        guard let nomination = message.nomination else { return message.usesCandidate }
        guard nomination > lastNomination else { return false }
        lastNomination = nomination
        return true
    }

    private mutating func select(_ address: TransportAddress, at now: MonotonicTime) {
        // The tuple that was in use until now is the most recent one of those that aren't.
        if let index = tuples.firstIndex(where: { $0.address == selected }) { tuples[index].lastUsed = now }
        selected = address
    }

    private mutating func keep(_ source: TransportAddress, at now: MonotonicTime) {
        if let index = tuples.firstIndex(where: { $0.address == source }) {
            tuples[index].lastUsed = now
            return
        }
        if tuples.count == Self.maximumTuples {
            let idle = tuples.indices.filter { tuples[$0].address != selected }
            if let oldest = idle.min(by: { tuples[$0].lastUsed < tuples[$1].lastUsed }) { tuples.remove(at: oldest) }
        }
        tuples.append(Tuple(address: source, lastUsed: now))
    }
}
