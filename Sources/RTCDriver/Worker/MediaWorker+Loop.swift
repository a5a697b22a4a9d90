// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import RTC

extension MediaWorker {
    /// The longest wait; a bound for clocks that jump, not a tick.
    private static let longestWait: Duration = .seconds(60)
    /// The shortest time before a session that is never content is called again.
    private static let shortestWait: Duration = .milliseconds(1)
    /// Sessions are called at multiples of this: what several have due leaves in one wake and one call.
    private static let grid: Duration = .milliseconds(5)
    /// How many batches are taken from one socket before the others get their turn.
    private static let batchesPerTurn = 4
    /// How many packets a source makes in one turn.
    private static let packetsPerTurn = 256

    /// Runs until the worker is told to stop, then ends all sessions and waits until their peers have heard of it.
    func run() {
        while !isStopping { turn() }
        for job in mailbox.close() { job(nil) }
        for slot in peers.indices { peers[slot]?.session.close(at: now) }
        for case let peer? in peers { touch(peer) }
        finishTurn()
        // Each says its farewell a few times, and no more come.
        while peers.contains(where: { $0 != nil }) { turn() }
    }

    /// Waits for something to do, and does it.
    private func turn() {
        var ready = self.ready
        self.ready = []
        poller.wait(milliseconds: waitMilliseconds(), ready: &ready)
        now = Clock.now
        statistics.wakes += 1
        for token in ready { take(token) }
        self.ready = ready
        finishTurn()
    }

    /// Lets due peers act, drains those that changed and sends everything.
    func finishTurn() {
        expireStreams()
        continueHandshakes()
        while let slot = deadlines.popDue(at: now) {
            guard let peer = peers[slot] else { continue }
            if let deadline = peer.deadline, deadline > now {
                deadlines.schedule(slot, at: deadline)
            } else {
                peer.session.advance(to: now)
                if let path = peer.impaired { release(path, of: peer) }
                if let pacing = peer.pacing { release(pacing, of: peer) }
                advanceRelay(of: peer)
                pullSources(of: peer)
                reviewCongestionIfDue(of: peer)
                reviewLayersIfDue(of: peer)
                touch(peer)
            }
        }
        repeat {
            var next = 0
            while next < dirty.count {
                if let peer = peers[dirty[next]] { drain(peer) }
                next += 1
            }
            dirty.removeAll(keepingCapacity: true)
            // A connection that turns out to be broken, or a port to be closed, gives its session something to do.
            flush()
            noteRefusals()
        } while !dirty.isEmpty
    }

    /// How long to wait for the earliest deadline, in whole milliseconds, rounded up.
    private func waitMilliseconds() -> Int32 {
        guard let earliest = earliestDeadline else { return Int32(Self.longestWait.inNanoseconds / 1_000_000) }
        let moment = Clock.now
        guard earliest > moment else { return 0 }
        let wait = min(earliest.nanoseconds - moment.nanoseconds, UInt64(Self.longestWait.inNanoseconds))
        return Int32((wait + 999_999) / 1_000_000)
    }

    /// When something has to be done without anything coming in.
    var earliestDeadline: MonotonicTime? {
        var earliest = deadlines.earliest
        for other in [nextStreamDeadline, handshakes.deadline] {
            guard let other else { continue }
            earliest = earliest.map { min($0, other) } ?? other
        }
        return earliest
    }

    private func take(_ token: Int) {
        switch token {
        case ..<0:
            serveStream(Token.stream(token))
        case Token.listenerIPv4:
            accept(from: listeners.ipv4)
        case Token.listenerIPv6:
            accept(from: listeners.ipv6)
        case Token.firstRelay...:
            serveRelay(token - Token.firstRelay)
        case Token.mailbox:
            mailbox.wakeUp.clear()
            for job in mailbox.take() { job(self) }
        case Token.sharedIPv4:
            if let sharedIPv4 { receive(from: sharedIPv4, owner: nil) }
        case Token.sharedIPv6:
            if let sharedIPv6 { receive(from: sharedIPv6, owner: nil) }
        default:
            let slot = token - Token.firstPeer
            // The peer may have ended earlier in this turn.
            guard slot < peers.count, let peer = peers[slot], let socket = peer.socket else { return }
            receive(from: socket, owner: peer)
        }
    }

    private func receive(from socket: DatagramSocket, owner: Peer?) {
        for _ in 0..<Self.batchesPerTurn {
            let count = batch.receive(from: socket)
            for index in 0..<count {
                guard let message = unsafe batch.message(at: index) else { continue }
                unsafe take(message, owner: owner)
            }
            guard count == batch.configuration.receiveSlots else { return }
        }
    }

    /// Calls a peer's session until it has nothing more to do.
    func drain(_ peer: Peer) {
        peer.isDirty = false
        while true {
            let room = unsafe batch.reserve()
            var output = unsafe OutputRawSpan(buffer: room, initializedCount: 0)
            let answer = peer.session.poll(into: &output)
            let length = unsafe output.finalize(for: room)
            switch answer {
            case .transmit(let remote):
                if peer.tap != nil { recordPolled(to: remote, by: peer) }
                commit(length, from: peer, to: remote)
            case .event(let event):
                handle(event, of: peer)
            case .wait(let moment):
                peer.sessionDeadline = moment?.roundedUp(toMultipleOf: Self.grid)
                if peer.session.isClosed { retire(peer) }
                if peer.session.isFinished {
                    remove(peer)
                } else {
                    reconnectIfSettled(peer)
                    deadlines.schedule(peer.id.slot, at: peer.deadline.map { max($0, now + Self.shortestWait) })
                }
                return
            }
        }
    }

    /// Sends what the sources of a peer have due.
    func pullSources(of peer: Peer) {
        guard peer.session.isConnected else { return }
        for index in peer.sources.indices {
            if !peer.sources[index].hasStarted {
                peer.sources[index].hasStarted = true
                peer.sources[index].source.start(at: now)
            }
            var budget = Self.packetsPerTurn
            while budget > 0, let due = peer.sources[index].source.deadline, due <= now {
                guard pull(index, of: peer) else { break }
                budget -= 1
            }
        }
    }

    private func pull(_ index: Int, of peer: Peer) -> Bool {
        let room = unsafe scratch.bytes
        var payload = unsafe OutputRawSpan(buffer: room, initializedCount: 0)
        guard let packet = peer.sources[index].source.poll(at: now, into: &payload) else { return false }
        let length = unsafe payload.finalize(for: room)
        let bytes = unsafe UnsafeRawBufferPointer(rebasing: room[..<length])
        let span = unsafe bytes.bytes
        send(packet, payload: span, on: peer.sources[index].stream, of: peer)
        return true
    }
}
