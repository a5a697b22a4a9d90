// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Logging
import ServiceLifecycle
import SkyWay

/// All broadcasts of a process, by the session of their publisher and by what they are.
///
/// `run()` owns the tasks of all of them; a graceful shutdown ends them, and with them `run()`.
package actor BroadcastRegistry: Service {
    /// What is on the air.
    package nonisolated let live: LiveBoard
    private let environment: BroadcastEnvironment
    private var broadcasts: [SessionID: Broadcast] = [:]
    /// The sessions of each, the oldest first.
    private var sessions: [BroadcastKey: [SessionID]] = [:]
    private var isShuttingDown = false
    private var waiting: [SessionID: [CheckedContinuation<Void, Never>]] = [:]

    private let launches: AsyncStream<Broadcast>
    private let launching: AsyncStream<Broadcast>.Continuation
    /// Ends when the process is to shut down; has no elements.
    private let shutdown: AsyncStream<Never>
    private let shutdownContinuation: AsyncStream<Never>.Continuation

    /// How long somebody who ended a session waits until nothing is left of it.
    private static let endPatience = Duration.seconds(3)

    /// Makes a registry without broadcasts.
    package init(_ environment: BroadcastEnvironment, live: LiveBoard = LiveBoard()) {
        self.environment = environment
        self.live = live
        (launches, launching) = AsyncStream.makeStream(bufferingPolicy: .unbounded)
        (shutdown, shutdownContinuation) = AsyncStream.makeStream()
    }

    /// Whether publishers are taken at the moment, as the operator wants it.
    package nonisolated var drain: Drain { environment.drain }

    /// Why nobody can publish at the moment; `nil` where somebody can.
    package var obstacle: Refusal? {
        do throws(Refusal) {
            try checkRoom()
            return nil
        } catch {
            return error
        }
    }

    /// How many sessions there are.
    package var count: Int { broadcasts.count }

    /// Whether there is a session with this id.
    package func contains(_ session: SessionID) -> Bool { broadcasts[session] != nil }

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
        forget(broadcast.sessionID)
        await environment.hook?.ended(await broadcast.ended, isShuttingDown: isShuttingDown)
    }

    private func forget(_ id: SessionID) {
        guard let broadcast = broadcasts.removeValue(forKey: id) else { return }
        for key in sessions.keys where key.publisher == broadcast.publisher {
            sessions[key]?.removeAll { $0 == id }
            if sessions[key]?.isEmpty == true { sessions[key] = nil }
        }
        for continuation in waiting.removeValue(forKey: id) ?? [] { continuation.resume() }
    }

    private func endAll() async {
        isShuttingDown = true
        launching.finish()
        await endAll(.shutdown)
    }

    /// Ends all sessions, without waiting.
    ///
    /// - Parameter reason: why.
    package func endAll(_ reason: EndReason) async {
        for broadcast in broadcasts.values { await broadcast.end(reason) }
    }

    // MARK: Publishing

    /// Begins a broadcast and waits for what its publisher is answered.
    ///
    /// - Parameter request: a request that has passed all checks that need no channel.
    /// - Returns: the answer; within the environment's patience.
    /// - Throws: `Refusal`; nothing is left of the broadcast then, or soon will be.
    package func publish(_ request: PublishRequest) async throws(Refusal) -> PublishAnswer {
        let deadline = request.received + environment.patience
        try checkRoom()
        let request = try await environment.hook?.asked(about: request) ?? request
        let broadcast: Broadcast
        do throws(Refusal) {
            broadcast = try await launch(request, before: deadline)
        } catch {
            await environment.hook?.ended(PublishEnded(request, reason: .refused(error)))
            throw error
        }
        switch await firstAnswer(of: broadcast, before: deadline) {
        case .success(let answer): return answer
        case .failure(let refusal): throw refusal
        case nil:
            await broadcast.end(.refused(.skyWayTooSlow))
            throw .skyWayTooSlow
        }
    }

    private func checkRoom() throws(Refusal) {
        guard !isShuttingDown else { throw .shuttingDown }
        guard drain.course == nil else { throw .draining }
        guard broadcasts.count < environment.publisherLimit else { throw .tooManyPublishers }
    }

    /// Begins a broadcast, which tells its end by itself from then on.
    private func launch(
        _ request: PublishRequest,
        before deadline: ContinuousClock.Instant
    ) async throws(Refusal) -> Broadcast {
        // Reading the offer and asking the hook took time, in which others came and keys were revoked.
        try checkRoom()
        guard environment.isInForce(request.grant) else { throw .unauthorized(hadToken: true) }
        let broadcast = Broadcast(request, environment: environment, live: live) { broadcast, channel throws(Refusal) in
            try await self.claim(channel, for: broadcast, before: .now + Self.endPatience)
        }
        broadcasts[broadcast.sessionID] = broadcast
        do throws(Refusal) {
            if let channel = request.channel { try await claim(channel, for: broadcast, before: deadline) }
            if case .terminated = launching.yield(broadcast) { throw .shuttingDown }
        } catch {
            forget(broadcast.sessionID)
            throw error
        }
        return broadcast
    }

    /// Makes a broadcast one of its publisher's in a channel, and ends the one that was where there may be one alone.
    private func claim(
        _ channel: ChannelReference,
        for broadcast: Broadcast,
        before deadline: ContinuousClock.Instant
    ) async throws(Refusal) {
        let key = BroadcastKey(channel: channel, publisher: broadcast.publisher)
        let limit = broadcast.request.grant.maximumPublishers
        let former = sessions[key] ?? []
        guard limit == 1 || former.count < limit else { throw .keyInUse }
        if let keyLimit = environment.keyLimit {
            let ofAll = sessions.reduce(0) { $1.key.publisher == key.publisher ? $0 + $1.value.count : $0 }
            guard ofAll - (limit == 1 ? former.count : 0) < keyLimit else { throw .keyInUse }
        }
        sessions[key] = limit == 1 ? [broadcast.sessionID] : former + [broadcast.sessionID]
        guard limit == 1 else { return }
        for session in former { _ = await end(session, .replaced, before: deadline) }
    }

    private func firstAnswer(
        of broadcast: Broadcast,
        before deadline: ContinuousClock.Instant
    ) async -> Result<PublishAnswer, Refusal>? {
        await withTaskGroup(of: Result<PublishAnswer, Refusal>?.self) { group in
            group.addTask {
                for await answer in broadcast.answers { return answer }
                return nil
            }
            group.addTask {
                try? await Task.sleep(until: deadline)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
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
        guard let broadcast = broadcasts[session] else { throw .sessionNotFound }
        return try await broadcast.take(patch)
    }

    // MARK: Ending

    /// Ends a session and waits until nothing is left of it, but not for long.
    ///
    /// - Parameters:
    ///   - session: the session.
    ///   - reason: why.
    /// - Returns: whether there was such a session.
    package func end(_ session: SessionID, _ reason: EndReason) async -> Bool {
        await end(session, reason, before: .now + Self.endPatience)
    }

    /// Ends the sessions of publishers, without waiting.
    ///
    /// - Parameters:
    ///   - publishers: by whose keys they were granted.
    ///   - reason: why.
    package func end(_ publishers: Set<PublisherIdentity>, _ reason: EndReason) async {
        for broadcast in broadcasts.values {
            if let credential = broadcast.request.grant.credential, publishers.contains(credential) {
                await broadcast.end(reason)
            }
        }
    }

    private func end(
        _ session: SessionID,
        _ reason: EndReason,
        before deadline: ContinuousClock.Instant
    ) async -> Bool {
        guard let broadcast = broadcasts[session] else { return false }
        await broadcast.end(reason)
        await whenGone(session, before: deadline)
        return true
    }

    private func whenGone(_ session: SessionID, before deadline: ContinuousClock.Instant) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.whenGone(session) }
            group.addTask {
                try? await Task.sleep(until: deadline)
                await self.stopWaiting(for: session)
            }
            await group.next()
            group.cancelAll()
        }
    }

    private func whenGone(_ session: SessionID) async {
        guard broadcasts[session] != nil else { return }
        await withCheckedContinuation { waiting[session, default: []].append($0) }
    }

    private func stopWaiting(for session: SessionID) {
        guard Task.isCancelled == false else { return }
        for continuation in waiting.removeValue(forKey: session) ?? [] { continuation.resume() }
    }
}
