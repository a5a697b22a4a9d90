// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import SkyWay

/// How publishers get a broadcast: one of their own, or one that they go on with.
extension BroadcastRegistry {
    /// A session's place in a broadcast.
    private struct Seat {
        var broadcast: Broadcast
        /// The session whose place it is; `nil` in a new broadcast.
        var former: SessionID?
    }

    /// How long a publisher waits for a broadcast that another one is about to have.
    private static let claimPause = Duration.milliseconds(100)

    /// Begins a session and waits for what its publisher is answered.
    ///
    /// - Parameter request: a request that has passed all checks that need no channel.
    /// - Returns: the answer; within the environment's patience.
    /// - Throws: `Refusal`; nothing is left of the session then, or soon will be.
    package func publish(_ request: PublishRequest) async throws(Refusal) -> PublishAnswer {
        let deadline = request.received + environment.patience
        try checkOpen()
        // Whoever comes back needs no room.
        if !entries.values.contains(where: { $0.channel == request.channel }) { try checkRoom() }
        let request = try await environment.hook?.asked(about: request) ?? request
        let session = PublisherSession(request, logger: environment.logger)
        let seat: Seat
        do throws(Refusal) {
            seat = try await self.seat(session, before: deadline)
        } catch {
            await environment.hook?.ended(PublishEnded(request, reason: .refused(error)))
            throw error
        }
        let answer = await session.reply.received(before: deadline)
        if answer == nil { _ = await seat.broadcast.end(session: session.id, .refused(.skyWayTooSlow)) }
        let outcome = answer ?? .failure(.skyWayTooSlow)
        settle(session.id, in: seat, outcome)
        switch outcome {
        case .success(let answer): return answer
        case .failure(let refusal):
            // A new broadcast tells its end by itself.
            if seat.former != nil { await environment.hook?.ended(PublishEnded(request, reason: .refused(refusal))) }
            throw refusal
        }
    }

    /// Makes sure that publishers are taken at all.
    ///
    /// - Throws: `Refusal.shuttingDown` or `.draining`.
    func checkOpen() throws(Refusal) {
        guard !isShuttingDown else { throw .shuttingDown }
        guard drain.course == nil else { throw .draining }
    }

    /// Makes sure that there is room for one more broadcast.
    ///
    /// - Throws: `Refusal.tooManyPublishers`.
    func checkRoom() throws(Refusal) {
        guard entries.count < environment.publisherLimit else { throw .tooManyPublishers }
    }

    // MARK: The place

    /// Finds a session's place, and waits for one where that is worthwhile.
    private func seat(
        _ session: PublisherSession,
        before deadline: ContinuousClock.Instant
    ) async throws(Refusal) -> Seat {
        let request = session.request
        let began = ContinuousClock.now
        let limit = request.publisher.isAnonymous ? nil : request.grant.maximumPublishers
        let takeover = Takeover(rules: environment.takeover, limit: limit)
        while true {
            // Reading the offer, asking the hook and waiting took time, in which keys were revoked.
            try checkOpen()
            guard environment.isInForce(request.grant) else { throw .unauthorized(hadToken: true) }
            guard let places = await places(of: request) else { continue }
            if limit == 1, let place = places.first(where: { $0.standing == .over }) {
                // A room has no two members of one name.
                guard .now < deadline else { throw .skyWayTooSlow }
                await whenGone(place.id, before: deadline)
                continue
            }
            switch takeover.decide(places, waited: ContinuousClock.now - began) {
            case .begin: return try begin(session)
            case .take(let id) where entries[id]?.isClaimed == true: try await wait(Self.claimPause, before: deadline)
            case .take(let id): if let seat = await take(id, session) { return seat }
            case .wait(let pause): try await wait(pause, before: deadline)
            case .refuse: throw .keyInUse
            }
        }
    }

    private func wait(_ pause: Duration, before deadline: ContinuousClock.Instant) async throws(Refusal) {
        guard .now + pause < deadline, (try? await Task.sleep(for: pause)) != nil else { throw .keyInUse }
    }

    /// How the broadcasts of a publisher stand; `nil` where that has changed while they were asked.
    private func places(of request: PublishRequest) async -> [Takeover.Place]? {
        let before = rivals(of: request.publisher, in: request.channel)
        var places: [Takeover.Place] = []
        for id in before {
            guard let entry = entries[id] else { return nil }
            // Somebody else is about to have it.
            let claimed = Takeover.Standing.held(silence: .zero, hasFlowed: false)
            let standing = entry.isClaimed ? claimed : await entry.broadcast.standing()
            guard entries[id]?.session == entry.session else { return nil }
            places.append(Takeover.Place(id: id, standing: standing))
        }
        return rivals(of: request.publisher, in: request.channel) == before ? places : nil
    }

    /// The broadcasts of a publisher in a channel, the oldest first; `nil` for the one that was asked for.
    private func rivals(of publisher: PublisherIdentity, in channel: ChannelReference?) -> [BroadcastID] {
        entries.filter { _, entry in
            entry.broadcast.publisher == publisher && (channel == nil ? entry.isAsked : entry.channel == channel)
        }.keys.sorted()
    }

    private func begin(_ session: PublisherSession) throws(Refusal) -> Seat {
        try checkRoom()
        let publisher = session.request.publisher
        if let limit = environment.keyLimit, !publisher.isAnonymous {
            guard entries.values.count(where: { $0.broadcast.publisher == publisher }) < limit else { throw .keyInUse }
        }
        let broadcast = try begin(session) { broadcast, channel throws(Refusal) in
            try await self.claim(channel, for: broadcast)
        }
        return Seat(broadcast: broadcast)
    }

    /// Lets a session go on with a broadcast; `nil` where that could not be, and is over.
    private func take(_ id: BroadcastID, _ session: PublisherSession) async -> Seat? {
        guard let entry = entries[id] else { return nil }
        entries[id]?.session = session.id
        entries[id]?.isClaimed = true
        broadcasts[session.id] = id
        let seat = Seat(broadcast: entry.broadcast, former: entry.session)
        if await entry.broadcast.resume(session) { return seat }
        settle(session.id, in: seat, .failure(.sessionNotFound))
        await entry.broadcast.end(.replaced)
        return nil
    }

    /// The publisher has its answer: the former session can't be named any more, or is the present one still.
    private func settle(_ session: SessionID, in seat: Seat, _ outcome: Result<PublishAnswer, Refusal>) {
        let id = seat.broadcast.id
        entries[id]?.isClaimed = false
        guard let former = seat.former else { return }
        switch outcome {
        case .success: broadcasts[former] = nil
        case .failure:
            broadcasts[session] = nil
            if entries[id]?.session == session { entries[id]?.session = former }
        }
    }

    // MARK: The channel that was asked for

    /// Makes a broadcast one of its publisher's in a channel, and ends the one that was where there may be one alone.
    private func claim(_ channel: ChannelReference, for broadcast: Broadcast) async throws(Refusal) {
        let former = rivals(of: broadcast.publisher, in: channel).filter { $0 != broadcast.id }
        let limit = broadcast.origin.grant.maximumPublishers
        if !broadcast.publisher.isAnonymous, former.count >= limit {
            guard limit == 1, environment.takeover.policy != .refuse else { throw .keyInUse }
            let deadline = ContinuousClock.now + Self.endPatience
            for id in former {
                await entries[id]?.broadcast.end(.replaced)
                await whenGone(id, before: deadline)
            }
        }
        entries[broadcast.id]?.channel = channel
    }
}
