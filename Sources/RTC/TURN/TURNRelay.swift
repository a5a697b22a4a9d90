// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// One relayed address from whichever of several TURN servers, or ways to one, gives it first, and again when it is lost.
///
/// Attempts begin one after the other, `stagger` apart, or at once where one has failed; the first allocation is used, and
/// what others come to is given back. When none had one to give, or the one in use is lost, all are asked again, from the
/// first on, after waits that grow to `longestPause`.
///
/// Inputs are `receive`, `wrap`, `probe`, `refused`, `connectionEnded`, `replaceServers`, `close` and `advance`; after each
/// of them `poll` until it says `.wait`.
package struct TURNRelay: Sendable {
    /// Names an attempt at one server; never used again.
    package typealias AttemptID = Int

    /// What `poll(into:)` answers.
    package enum Output: Sendable {
        /// A transport to this server is wanted, for this attempt.
        case open(TURNServer, AttemptID)
        /// The buffer holds a message for the server of this attempt.
        case transmit(AttemptID)
        /// The transport of this attempt is not wanted any more.
        case close(AttemptID)
        /// Datagrams leave from this address from now on.
        case allocated(TransportAddress, by: TURNServer)
        /// The allocation in use is lost; another one is sought.
        case lost(TURNFailure, at: TURNServer)
        /// No server had an allocation to give: what each said, in their order. They are asked again.
        case exhausted([TURNRefusal])
        /// Nothing to do before this moment.
        case wait(until: MonotonicTime?)
    }

    private struct Attempt: Sendable {
        let id: AttemptID
        let server: TURNServer
        var client: TURNClient
        /// Whether its transport is still to be asked for.
        var isNew = true
        /// Whether another one was quicker.
        var isSurplus = false
    }

    /// The attempt whose allocation is used.
    package private(set) var current: AttemptID?

    private var servers: [TURNServer]
    private let timing: TURNTiming
    private var attempts: [Attempt] = []
    private var news: [Output] = []
    private var refusals: [TURNRefusal] = []
    private var nextServer = 0
    private var nextID = 0
    /// When the next server is asked; `nil` while none is to be.
    private var nextStart: MonotonicTime?
    /// Pauses since an allocation last lived for a while.
    private var pauses = 0
    private var allocatedAt = MonotonicTime(nanoseconds: 0)
    private var isClosing = false
    private var now: MonotonicTime
    private var generator: SplitMix64

    /// Makes a relay that asks the first server at once.
    ///
    /// - Parameters:
    ///   - servers: best first.
    ///   - timing: how patient it is.
    ///   - now: the present moment.
    ///   - seed: of transaction ids and jitter.
    package init(_ servers: [TURNServer], timing: TURNTiming = TURNTiming(), at now: MonotonicTime, seed: UInt64) {
        self.servers = servers
        self.timing = timing
        self.now = now
        nextStart = servers.isEmpty ? nil : now
        generator = SplitMix64(seed: seed)
    }

    /// The address that datagrams leave from; `nil` while there is none.
    package var relayedAddress: TransportAddress? {
        current.flatMap { index(of: $0) }.flatMap { attempts[$0].client.relayedAddress }
    }

    /// The server whose allocation is used.
    package var server: TURNServer? { current.flatMap { index(of: $0) }.map { attempts[$0].server } }

    /// Whether it has been closed and has nothing more to say.
    package var isFinished: Bool { isClosing && attempts.isEmpty && news.isEmpty }

    // MARK: Inputs

    /// Takes new servers or credentials; what runs goes on with the former ones.
    ///
    /// - Parameters:
    ///   - servers: best first.
    ///   - now: the present moment.
    package mutating func replaceServers(_ servers: [TURNServer], at now: MonotonicTime) {
        self.now = max(self.now, now)
        guard servers != self.servers else { return }
        self.servers = servers
        nextServer = 0
        if current == nil, !isClosing, !servers.isEmpty { nextStart = self.now }
    }

    /// Takes a message from the server of an attempt.
    ///
    /// - Parameters:
    ///   - datagram: one message.
    ///   - attempt: whose transport it came by.
    ///   - now: when it came.
    /// - Returns: what became of it.
    package mutating func receive(
        _ datagram: RawSpan,
        of attempt: AttemptID,
        at now: MonotonicTime
    ) -> TURNClient.Received {
        self.now = max(self.now, now)
        guard let index = index(of: attempt) else { return .ignored }
        let received = attempts[index].client.receive(datagram, at: self.now)
        if case .data = received { return received }
        settle()
        return received
    }

    /// Asks for a peer's permission on the allocation in use, where that has not been done.
    ///
    /// - Parameters:
    ///   - peer: who is to be sent something.
    ///   - now: the present moment.
    /// - Returns: whether there is a request for the server now, which is to leave before a datagram for the peer.
    package mutating func expect(_ peer: TransportAddress, at now: MonotonicTime) -> Bool {
        guard let current, let index = index(of: current) else { return false }
        return attempts[index].client.expect(peer, at: now)
    }

    /// Puts a datagram for a peer into the message that takes it there by the allocation in use.
    ///
    /// - Parameters:
    ///   - buffer: the datagram at its beginning, with room for `TURNClient.maximumOverhead` bytes more and padding.
    ///   - length: the length of the datagram.
    ///   - peer: whom it is for.
    ///   - now: the present moment.
    /// - Returns: the length of the message, and whose transport takes it; `nil` where there is no way to the peer.
    package mutating func wrap(
        _ buffer: inout MutableRawSpan,
        length: Int,
        to peer: TransportAddress,
        at now: MonotonicTime
    ) -> (length: Int, attempt: AttemptID)? {
        guard let current, let index = index(of: current),
            let length = attempts[index].client.wrap(&buffer, length: length, to: peer, at: now)
        else { return nil }
        return (length, current)
    }

    /// Asks the server in use whether it is still there.
    ///
    /// - Parameter now: the present moment.
    package mutating func probe(at now: MonotonicTime) {
        self.now = max(self.now, now)
        if let index = current.flatMap({ index(of: $0) }) { attempts[index].client.probe(at: self.now) }
    }

    /// Notes that the system says that the port of an attempt's server is closed.
    ///
    /// - Parameters:
    ///   - attempt: whose server.
    ///   - now: when the system said so.
    package mutating func refused(by attempt: AttemptID, at now: MonotonicTime) {
        self.now = max(self.now, now)
        if let index = index(of: attempt) { attempts[index].client.refused(at: self.now) }
        settle()
    }

    /// Notes that the transport of an attempt has ended, or could not be opened.
    ///
    /// - Parameters:
    ///   - attempt: whose transport.
    ///   - failure: why.
    ///   - now: when.
    package mutating func connectionEnded(_ attempt: AttemptID, _ failure: TURNFailure, at now: MonotonicTime) {
        self.now = max(self.now, now)
        if let index = index(of: attempt) { attempts[index].client.connectionEnded(failure) }
        settle()
    }

    /// Lets time pass.
    ///
    /// - Parameter now: the present moment.
    package mutating func advance(to now: MonotonicTime) {
        self.now = max(self.now, now)
        for index in attempts.indices { attempts[index].client.advance(to: self.now) }
        settle()
        if let nextStart, nextStart <= self.now { start() }
    }

    /// Gives everything back.
    ///
    /// - Parameter now: the present moment.
    package mutating func close(at now: MonotonicTime) {
        self.now = max(self.now, now)
        isClosing = true
        nextStart = nil
        current = nil
        for index in attempts.indices { attempts[index].client.close(at: self.now) }
    }

    // MARK: Output

    /// The next thing that the owner has to do.
    ///
    /// - Parameter output: an empty buffer with room for `TURNClient.maximumMessageSize`.
    /// - Returns: a message to send, something to know, or how long to wait.
    package mutating func poll(into output: inout OutputRawSpan) -> Output {
        if !news.isEmpty { return news.removeFirst() }
        for index in attempts.indices {
            if attempts[index].isNew {
                attempts[index].isNew = false
                return .open(attempts[index].server, attempts[index].id)
            }
            if attempts[index].client.poll(into: &output) { return .transmit(attempts[index].id) }
            if attempts[index].client.isFinished { return .close(attempts.remove(at: index).id) }
        }
        return .wait(until: deadline)
    }

    private var deadline: MonotonicTime? {
        ([nextStart] + attempts.map(\.client.deadline)).compactMap { $0 }.min()
    }

    // MARK: Attempts

    private func index(of attempt: AttemptID) -> Int? { attempts.firstIndex { $0.id == attempt } }

    private mutating func start() {
        guard nextServer < servers.count else {
            nextStart = nil
            return
        }
        let server = servers[nextServer]
        nextServer += 1
        nextStart = nextServer < servers.count ? now + timing.stagger : nil
        let client = TURNClient(
            server.credentials,
            isReliable: server.transport != .udp,
            timing: timing,
            at: now,
            using: &generator
        )
        attempts.append(Attempt(id: nextID, server: server, client: client))
        nextID += 1
    }

    /// Draws the consequences of what has become of the attempts.
    private mutating func settle() {
        guard !isClosing else { return }
        for index in attempts.indices {
            switch attempts[index].client.state {
            case .allocating: break
            case .allocated(let address): take(index, address)
            case .ended(let failure): drop(index, failure)
            }
        }
        attempts.removeAll { $0.isSurplus && $0.isNew }
        let isSeeking = attempts.contains { !$0.isSurplus && $0.client.state == .allocating }
        if current == nil, !isSeeking, nextStart == nil, !servers.isEmpty { pause() }
    }

    private mutating func take(_ index: Int, _ address: TransportAddress) {
        guard current != attempts[index].id else { return }
        guard current == nil, !attempts[index].isSurplus else { return attempts[index].client.close(at: now) }
        current = attempts[index].id
        (nextStart, nextServer, allocatedAt) = (nil, 0, now)
        refusals.removeAll()
        for other in attempts.indices where other != index { attempts[other].isSurplus = true }
        news.append(.allocated(address, by: attempts[index].server))
    }

    /// An attempt has come to its end.
    private mutating func drop(_ index: Int, _ failure: TURNFailure) {
        guard !attempts[index].isSurplus else { return }
        attempts[index].isSurplus = true
        if current == attempts[index].id {
            current = nil
            news.append(.lost(failure, at: attempts[index].server))
            // A server that gives allocations and takes them back at once is not asked without end.
            if now >= allocatedAt + timing.longestPause { pauses = 0 }
            (nextStart, nextServer) = (pauses == 0 ? now : now + pauseLength, 0)
            pauses += 1
            return
        }
        refusals.append(TURNRefusal(server: attempts[index].server, failure: failure))
        if current == nil, nextServer < servers.count { nextStart = now }
    }

    /// Lets some time pass before all are asked again.
    private mutating func pause() {
        news.append(.exhausted(refusals))
        refusals.removeAll()
        nextServer = 0
        nextStart = now + pauseLength * Double.random(in: 0.75...1, using: &generator)
        pauses += 1
    }

    private var pauseLength: Duration { min(timing.firstPause * (1 << min(pauses, 10)), timing.longestPause) }
}

/// What a server said when it had no allocation to give.
package struct TURNRefusal: Hashable, Sendable {
    /// The server.
    package var server: TURNServer
    /// What it said.
    package var failure: TURNFailure
}
