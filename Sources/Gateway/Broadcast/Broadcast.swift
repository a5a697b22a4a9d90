// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import Logging
import RTC
import RTCDriver
import SkyWay

/// One publisher's audio and video in one channel: a WHIP session on one side, a member of SkyWay on the other.
///
/// `run()` owns all its tasks. What happens is told to `BroadcastStateMachine`, which decides; the rest of this type
/// does it.
actor Broadcast {
    /// Names the publisher's session.
    nonisolated let sessionID: SessionID
    nonisolated let environment: BroadcastEnvironment
    nonisolated let request: PublishRequest
    nonisolated let worker: MediaWorker.Handle
    nonisolated let live: LiveBoard
    /// Tells that the channel is known that was asked for.
    nonisolated let claim: @Sendable (Broadcast, ChannelReference) async throws(Refusal) -> Void
    nonisolated let logger: Logger
    /// What the publisher is answered, once that is known.
    nonisolated let answers: AsyncStream<Result<PublishAnswer, Refusal>>
    private let answering: AsyncStream<Result<PublishAnswer, Refusal>>.Continuation

    var machine: BroadcastStateMachine
    var channel: ChannelReference?
    var ingest: IngestSession?
    /// The publisher's ICE session; there is one once the publisher has its answer.
    var ice: ICEResource?
    var link: (any SkyWayPublishing)?
    var transports: [String: EgressTransport] = [:]
    /// What the SFU's router takes, once it is known.
    var capabilities: RTPCapabilities?
    /// What the log has said of the publisher's streams: of several layers the same is said once.
    var advised: Set<String> = []
    private var began = ContinuousClock.now

    /// Work that `run()` does in a task of its own.
    private let jobs: AsyncStream<@Sendable () async -> Void>
    private let jobContinuation: AsyncStream<@Sendable () async -> Void>.Continuation
    /// Ends when the machine says that the broadcast ends; has no elements.
    private let ending: AsyncStream<Never>
    private let endingContinuation: AsyncStream<Never>.Continuation

    /// Makes a broadcast that `run()` brings to life.
    init(
        _ request: PublishRequest,
        environment: BroadcastEnvironment,
        live: LiveBoard,
        claim: @escaping @Sendable (Broadcast, ChannelReference) async throws(Refusal) -> Void
    ) {
        sessionID = SessionID.make()
        self.claim = claim
        self.request = request
        self.environment = environment
        self.live = live
        channel = request.channel
        worker = environment.workers.leastLoaded
        machine = BroadcastStateMachine(kinds: Set(request.offer.description.tracks.map(\.kind)))
        var logger = environment.logger
        logger[metadataKey: "session.id"] = "\(sessionID.logText)"
        logger[metadataKey: "request.id"] = "\(request.requestID)"
        if let publisher = request.grant.publisher?.logText { logger[metadataKey: "publisher.id"] = "\(publisher)" }
        self.logger = logger
        (answers, answering) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1))
        (jobs, jobContinuation) = AsyncStream.makeStream(bufferingPolicy: .unbounded)
        (ending, endingContinuation) = AsyncStream.makeStream()
    }

    /// Who publishes: whoever the grant is for, else nobody but this session.
    nonisolated var publisher: PublisherIdentity { request.grant.publisher ?? .anonymous(sessionID) }

    // MARK: Life

    /// Lives the whole life of the broadcast; nothing of it is left afterwards.
    func run() async {
        began = .now
        await withDiscardingTaskGroup { group in
            group.addTask { await self.conduct() }
            for await job in jobs { group.addTask { await job() } }
            group.cancelAll()
        }
    }

    /// Runs something beside the broadcast, until that is over.
    func spawn(_ job: @escaping @Sendable () async -> Void) {
        jobContinuation.yield(job)
    }

    private func conduct() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.begin() }
            for await _ in ending {}
            group.cancelAll()
        }
        // Reached without a reason only when the process gives up waiting for a graceful end.
        _ = machine.end(.shutdown)
        await tearDown()
        jobContinuation.finish()
    }

    private func begin() async {
        do {
            try await establish()
        } catch MediaWorkerError.sessionEnded {
            // The session says why itself, as its last event.
        } catch let error as SkyWayError where machine.isAnswered {
            apply(machine.failed(.skyWayLost(error)))
        } catch {
            apply(machine.failed(EndReason(failure: error)))
        }
    }

    /// Ends the broadcast; it is over when `run()` returns.
    func end(_ reason: EndReason) {
        apply(machine.end(reason))
    }

    /// Answers the publisher.
    func answer(_ ingest: IngestSession) {
        let ice = ICEResource(peer: ingest.answer.remote.credentials.usernameFragment)
        self.ice = ice
        let answer = PublishAnswer(session: sessionID, sdp: ingest.answer.text, entityTag: ice.tag)
        apply(machine.answered())
        answering.yield(.success(answer))
        answering.finish()
    }

    /// Does what the machine says.
    func apply(_ action: BroadcastStateMachine.Action) {
        switch action {
        case .none: break
        case .announce: announce()
        case .end: endingContinuation.finish()
        }
    }

    /// Tells the board where the broadcast stands.
    func announce() {
        guard let channel, machine.endReason == nil, machine.isAnswered else { return }
        live.update(sessionID, channel: channel, state: machine.phase == .live ? .live : .connecting)
        if machine.phase == .live { logger.info("Live", metadata: ["skyway.channel": "\(channel.text)"]) }
    }

    // MARK: The end

    /// What the hook is told of it once it is over.
    var ended: PublishEnded {
        var end = PublishEnded(request, reason: machine.endReason ?? .shutdown)
        end.channel = channel?.text
        end.seconds = (ContinuousClock.now - began).components.seconds
        return end
    }

    private func tearDown() async {
        live.remove(sessionID)
        let ingest = ingest
        async let publisher = ingest?.media.close()
        await link?.stop(limit: .seconds(3))
        for transport in transports.values { await transport.media.close() }
        let statistics = await publisher
        machine.tornDown()
        let reason = machine.endReason ?? .shutdown
        report(reason, statistics: statistics)
        answering.yield(.failure(reason.refusal))
        answering.finish()
    }

    /// The one line that a session leaves in the log.
    private func report(_ reason: EndReason, statistics: MediaSessionStatistics?) {
        let duration = ContinuousClock.now - began
        var metadata: Logger.Metadata = [
            "reason": "\(reason)",
            "seconds": "\(duration.components.seconds)",
        ]
        if let channel { metadata["skyway.channel"] = "\(channel.text)" }
        if let userAgent = request.userAgent { metadata["publisher"] = "\(userAgent.prefix(120))" }
        if let statistics { metadata["packets"] = "\(statistics.session.packetsReceived)" }
        logger.info("Session ended", metadata: metadata)
    }
}

extension EndReason {
    /// Why a broadcast could not be established.
    ///
    /// - Parameter error: what was thrown on the way.
    fileprivate init(failure error: any Error) {
        self =
            switch error {
            case let early as EndedEarly: early.reason
            case let refusal as Refusal: .refused(refusal)
            case let error as SkyWayError: .refused(.skyWay(error))
            case let error as SDPError:
                .refused(error.isMalformed ? .malformedOffer(error) : .unacceptableOffer(error))
            case is CancellationError: .shutdown
            default: .refused(.mediaUnavailable)
            }
    }
}
