// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Logging
import ServiceLifecycle
import SkyWay

/// All broadcasts of a process, and which session each has.
///
/// `run()` owns the tasks of all of them; a graceful shutdown ends them, and with them `run()`.
package actor BroadcastRegistry: Service {
    /// What is known of a broadcast.
    struct Entry {
        let broadcast: Broadcast
        /// The room; `nil` while it is being asked for.
        var channel: ChannelReference?
        /// Whether the publisher left the room to be asked for.
        let isAsked: Bool
        /// The last session that it had, or is about to have.
        var session: SessionID
        /// Whether a publisher is waiting to have it.
        var isClaimed = true
    }

    /// What is on the air, and what has happened.
    package nonisolated let board: StatusBoard
    nonisolated let environment: BroadcastEnvironment
    var entries: [BroadcastID: Entry] = [:]
    /// The broadcast of each session that a publisher may name.
    var broadcasts: [SessionID: BroadcastID] = [:]
    private(set) var isShuttingDown = false
    private var waiting: [BroadcastID: [CheckedContinuation<Void, Never>]] = [:]
    private var lastID = BroadcastID(0)

    private let launches: AsyncStream<Broadcast>
    private let launching: AsyncStream<Broadcast>.Continuation
    /// Ends when the process is to shut down; has no elements.
    private let shutdown: AsyncStream<Never>
    private let shutdownContinuation: AsyncStream<Never>.Continuation

    /// How long somebody who ended a session waits until nothing is left of it.
    static let endPatience = Duration.seconds(3)

    /// Makes a registry without broadcasts.
    package init(_ environment: BroadcastEnvironment, board: StatusBoard = StatusBoard()) {
        self.environment = environment
        self.board = board
        (launches, launching) = AsyncStream.makeStream(bufferingPolicy: .unbounded)
        (shutdown, shutdownContinuation) = AsyncStream.makeStream()
    }

    /// Whether publishers are taken at the moment, as the operator wants it.
    package nonisolated var drain: Drain { environment.drain }

    /// What everybody may know of what is on the air.
    package nonisolated var live: LiveBoard { LiveBoard(board) }

    /// Why nobody can publish at the moment; `nil` where somebody can.
    package var obstacle: Refusal? {
        do throws(Refusal) {
            try checkOpen()
            try checkRoom()
            if let error = environment.standing.refusal() { throw Refusal.skyWayRefusesAll(error) }
            return nil
        } catch {
            return error
        }
    }

    /// How many broadcasts there are, those that wait for their publisher included.
    package var count: Int { entries.count }

    /// Whether there is a session with this id.
    package func contains(_ session: SessionID) async -> Bool {
        guard let broadcast = broadcast(of: session) else { return false }
        return await broadcast.has(session)
    }

    private func broadcast(of session: SessionID) -> Broadcast? {
        broadcasts[session].flatMap { entries[$0]?.broadcast }
    }

    // MARK: Life

    /// Runs all broadcasts, until a graceful shutdown has ended them.
    package func run() async {
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                group.addTask {
                    for await _ in self.shutdown {}
                    await self.endAll()
                }
                for await broadcast in launches {
                    group.addTask { await self.run(broadcast) }
                }
            }
        } onGracefulShutdown: {
            self.shutdownContinuation.finish()
        }
    }

    private func run(_ broadcast: Broadcast) async {
        await broadcast.run()
        forget(broadcast.id)
        await environment.hook?.ended(await broadcast.ended, isShuttingDown: isShuttingDown)
    }

    /// Takes a new broadcast in and lets it run.
    ///
    /// - Parameters:
    ///   - session: the session that it begins with.
    ///   - claim: told the channel that was asked for.
    /// - Returns: the broadcast.
    /// - Throws: `Refusal`; there is no such broadcast then.
    func begin(
        _ session: PublisherSession,
        claim: @escaping @Sendable (Broadcast, ChannelReference) async throws(Refusal) -> Void
    ) throws(Refusal) -> Broadcast {
        lastID = BroadcastID(lastID.rawValue + 1)
        let broadcast = Broadcast(lastID, session: session, environment: environment, board: board, claim: claim)
        if case .terminated = launching.yield(broadcast) { throw .shuttingDown }
        let channel = session.request.channel
        entries[broadcast.id] = Entry(
            broadcast: broadcast,
            channel: channel,
            isAsked: channel == nil,
            session: session.id
        )
        broadcasts[session.id] = broadcast.id
        return broadcast
    }

    private func forget(_ id: BroadcastID) {
        entries[id] = nil
        broadcasts = broadcasts.filter { $0.value != id }
        for continuation in waiting.removeValue(forKey: id) ?? [] { continuation.resume() }
    }

    private func endAll() async {
        isShuttingDown = true
        launching.finish()
        await endAll(.shutdown)
    }

    /// Ends the broadcasts that wait for their publisher to come back.
    ///
    /// - Parameter reason: why.
    package func endWaiting(_ reason: EndReason) async {
        for entry in entries.values where await entry.broadcast.standing() == .waiting {
            await entry.broadcast.end(reason)
        }
    }

    /// Ends all broadcasts, without waiting.
    ///
    /// - Parameter reason: why.
    package func endAll(_ reason: EndReason) async {
        for entry in entries.values { await entry.broadcast.end(reason) }
    }

    /// Ends a broadcast; waits until nothing is left of it, but not for long.
    ///
    /// - Parameters:
    ///   - id: the broadcast.
    ///   - reason: why.
    /// - Returns: whether there was such a broadcast.
    package func end(_ id: BroadcastID, _ reason: EndReason) async -> Bool {
        guard let entry = entries[id] else { return false }
        await entry.broadcast.end(reason)
        await whenGone(id, before: .now + Self.endPatience)
        return true
    }

    /// Reads what the media of a broadcast, or of all, has done, for the board.
    package func measure(_ id: BroadcastID? = nil) async {
        await withDiscardingTaskGroup { group in
            for (key, entry) in entries where id == nil || key == id {
                group.addTask { await entry.broadcast.measure() }
            }
        }
    }

    // MARK: ICE

    /// Takes what a publisher has to say of ICE after its offer.
    ///
    /// - Parameters:
    ///   - session: the publisher's session.
    ///   - patch: what it says.
    /// - Returns: what it is answered.
    /// - Throws: `Refusal`; the session goes on as before then.
    package func patch(_ session: SessionID, _ patch: ICEPatch) async throws(Refusal) -> ICEPatchAnswer {
        guard let broadcast = broadcast(of: session) else { throw .sessionNotFound }
        return try await broadcast.take(patch, of: session)
    }

    // MARK: Ending

    /// Ends a session, and its broadcast unless the publisher may come back; waits until nothing is left of what ended,
    /// but not for long.
    ///
    /// - Parameters:
    ///   - session: the session.
    ///   - reason: why.
    /// - Returns: whether there was such a session.
    package func end(_ session: SessionID, _ reason: EndReason) async -> Bool {
        guard let broadcast = broadcast(of: session), await broadcast.end(session: session, reason) else {
            return false
        }
        if await broadcast.isOver { await whenGone(broadcast.id, before: .now + Self.endPatience) }
        return true
    }

    /// Ends the broadcasts of publishers, without waiting.
    ///
    /// - Parameters:
    ///   - publishers: by whose keys they were granted.
    ///   - reason: why.
    package func end(_ publishers: Set<PublisherIdentity>, _ reason: EndReason) async {
        for entry in entries.values {
            if let credential = await entry.broadcast.credential, publishers.contains(credential) {
                await entry.broadcast.end(reason)
            }
        }
    }

    /// Waits until nothing is left of a broadcast, but not for ever.
    func whenGone(_ id: BroadcastID, before deadline: ContinuousClock.Instant) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.whenGone(id) }
            group.addTask {
                try? await Task.sleep(until: deadline)
                await self.stopWaiting(for: id)
            }
            await group.next()
            group.cancelAll()
        }
    }

    private func whenGone(_ id: BroadcastID) async {
        guard entries[id] != nil else { return }
        await withCheckedContinuation { waiting[id, default: []].append($0) }
    }

    private func stopWaiting(for id: BroadcastID) {
        guard Task.isCancelled == false else { return }
        for continuation in waiting.removeValue(forKey: id) ?? [] { continuation.resume() }
    }
}
