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
    private var sessions: [BroadcastKey: SessionID] = [:]
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
    }

    private func forget(_ id: SessionID) {
        broadcasts[id] = nil
        for (key, session) in sessions where session == id { sessions[key] = nil }
        for continuation in waiting.removeValue(forKey: id) ?? [] { continuation.resume() }
    }

    private func endAll() async {
        isShuttingDown = true
        launching.finish()
        for broadcast in broadcasts.values { await broadcast.end(.shutdown) }
    }

    // MARK: Publishing

    /// Begins a broadcast and waits for what its publisher is answered.
    ///
    /// - Parameter request: a request that has passed all checks that need no channel.
    /// - Returns: the answer; within the environment's patience.
    /// - Throws: `Refusal`; nothing is left of the broadcast then, or soon will be.
    package func publish(_ request: PublishRequest) async throws(Refusal) -> PublishAnswer {
        guard !isShuttingDown else { throw .shuttingDown }
        guard broadcasts.count < environment.publisherLimit else { throw .tooManyPublishers }
        let broadcast = Broadcast(request, environment: environment, live: live) { broadcast, channel in
            await self.claim(channel, for: broadcast, before: .now + Self.endPatience)
        }
        let deadline = ContinuousClock.now + environment.patience
        broadcasts[broadcast.sessionID] = broadcast
        if let channel = request.channel { await claim(channel, for: broadcast, before: deadline) }
        if case .terminated = launching.yield(broadcast) {
            forget(broadcast.sessionID)
            throw .shuttingDown
        }
        let answer = await firstAnswer(of: broadcast, before: deadline)
        switch answer {
        case .success(let answer): return answer
        case .failure(let refusal): throw refusal
        case nil:
            await broadcast.end(.refused(.skyWayTooSlow))
            throw .skyWayTooSlow
        }
    }

    /// Makes a broadcast the one of its publisher in a channel, and ends the one that was.
    private func claim(
        _ channel: ChannelReference,
        for broadcast: Broadcast,
        before deadline: ContinuousClock.Instant
    ) async {
        let key = BroadcastKey(channel: channel, publisher: broadcast.publisher)
        let former = sessions.updateValue(broadcast.sessionID, forKey: key)
        guard let former = former.flatMap({ broadcasts[$0] }) else { return }
        await former.end(.replaced)
        await whenGone(former.sessionID, before: deadline)
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
        guard let broadcast = broadcasts[session] else { return false }
        await broadcast.end(reason)
        await whenGone(session, before: .now + Self.endPatience)
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
