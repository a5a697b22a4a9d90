// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Logging
import RTC
import RTCDriver
import SkyWay

/// One publisher's audio and video in one channel: a member of SkyWay with what it publishes, fed by a WHIP session.
///
/// The session may end and another one take its place while all that is SkyWay's goes on. `run()` owns all its tasks.
/// What happens is told to `BroadcastStateMachine`, which decides; the rest of this type does it.
actor Broadcast {
    /// Names the broadcast.
    nonisolated let id: BroadcastID
    nonisolated let environment: BroadcastEnvironment
    /// The request that it began with.
    nonisolated let origin: PublishRequest
    nonisolated let worker: MediaWorker.Handle
    nonisolated let board: StatusBoard
    /// What is measured of its media.
    nonisolated let statistics: BroadcastStatistics
    /// Tells that the channel is known that was asked for.
    nonisolated let claim: @Sendable (Broadcast, ChannelReference) async throws(Refusal) -> Void
    nonisolated let logger: Logger

    var machine: BroadcastStateMachine
    var channel: ChannelReference?
    /// The publisher's session; `nil` while the publisher is waited for.
    var session: PublisherSession?
    /// By whose key or token the last session was granted.
    var credential: PublisherIdentity?
    var link: (any SkyWayPublishing)?
    var transports: [String: EgressTransport] = [:]
    var publications: [MediaKind: Publication] = [:]
    /// The TURN servers that ways to the SFU may use.
    var relayServers: [TURNServer] = []
    /// Whether SkyWay is asked for them.
    var keepsRelays = false
    /// Why none can be used, as was last told.
    var relayTrouble: String?
    /// The publisher's media session that feeds each of them.
    var feeders: [MediaKind: PeerID] = [:]
    /// The canonical name of all streams.
    let canonicalName: String
    /// How many streams there were so far, since each has a MID of its own.
    var streamCount = 0
    /// What was found of the layers of the present session.
    var layersFound: LayerReport?
    /// Whether the SFU has refused a stream with several layers.
    var refusesLayers = false
    /// What the SFU's router takes, once it is known.
    var capabilities: RTPCapabilities?
    /// Whether a publisher is being let in.
    var isAdmitting = false
    /// Wakes whoever sees to what is missing.
    let recoveryChanges = StateChanges()
    /// The recovery that was told last.
    var toldRecovery: Recovery?
    /// What operators are told of it.
    var report: BroadcastReport
    /// The viewers' subscriptions that were confirmed and are there.
    var viewers: [String: MediaKind] = [:]
    /// What records its packets, or did last.
    var capture: PacketCapture?
    /// Whether the RTC API is out of reach.
    var isInterrupted = false
    /// How often the publisher was waited for, so that the end of an earlier wait is known as such.
    var waits = 0
    /// What the room is told of the broadcast.
    var metadata: BroadcastMetadata
    /// How far what is told is behind.
    var metadataUpkeep = MetadataUpkeep()
    private var began = ContinuousClock.now

    /// Work that `run()` does in a task of its own.
    private let jobs: AsyncStream<@Sendable () async -> Void>
    private let jobContinuation: AsyncStream<@Sendable () async -> Void>.Continuation
    /// Ends when the machine says that the broadcast ends; has no elements.
    private let ending: AsyncStream<Never>
    private let endingContinuation: AsyncStream<Never>.Continuation

    /// Makes a broadcast that `run()` brings to life.
    init(
        _ id: BroadcastID,
        session: PublisherSession,
        environment: BroadcastEnvironment,
        board: StatusBoard,
        claim: @escaping @Sendable (Broadcast, ChannelReference) async throws(Refusal) -> Void
    ) {
        self.id = id
        self.session = session
        self.environment = environment
        self.board = board
        statistics = BroadcastStatistics(addingTo: environment.totals)
        self.claim = claim
        origin = session.request
        credential = session.request.grant.credential
        channel = session.request.channel
        let publisher = BroadcastReport.Publisher(session.request, session: session.id)
        report = BroadcastReport(id, publisher: publisher, room: session.request.channel)
        canonicalName = SessionID.make().text
        metadata = BroadcastMetadata(beginningWith: session.request, settings: environment.metadata)
        worker = environment.workers.leastLoaded
        machine = BroadcastStateMachine(
            kinds: Set(session.request.offer.description.tracks.map(\.kind)),
            mayWait: environment.resumeWindow > .zero
        )
        var logger = environment.logger
        logger[metadataKey: "broadcast.id"] = "\(id)"
        self.logger = logger
        (jobs, jobContinuation) = AsyncStream.makeStream(bufferingPolicy: .unbounded)
        (ending, endingContinuation) = AsyncStream.makeStream()
    }

    /// Who publishes.
    nonisolated var publisher: PublisherIdentity { origin.publisher }

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
        } catch let error as SkyWayError where canRecover {
            apply(machine.notEstablished(error))
        } catch {
            failed(error)
        }
        await recover()
    }

    /// A step has failed that the broadcast can't do without.
    func failed(_ error: any Error) {
        switch error {
        case MediaWorkerError.sessionEnded:
            // The session says why itself, as its last event.
            break
        case let error as SkyWayError where machine.hasAnswered:
            apply(machine.failed(.skyWayLost(error)))
        default:
            apply(machine.failed(EndReason(failure: error)))
        }
    }

    /// Ends the broadcast; it is over when `run()` returns.
    func end(_ reason: EndReason) {
        apply(machine.end(reason))
    }

    /// Does what the machine says.
    func apply(_ action: BroadcastStateMachine.Action) {
        switch action {
        case .none: break
        case .announce: announce()
        case .recover:
            if machine.phase != .waiting { announce() }
            promptRecovery()
        case .wait:
            announce()
            beginWaiting()
        case .end: endingContinuation.finish()
        }
        noteRecovery()
    }

    // MARK: The end

    /// Whether it is ending or has ended.
    var isOver: Bool { machine.endReason != nil }

    /// What the hook is told of it once it is over.
    var ended: PublishEnded {
        var end = PublishEnded(origin, reason: machine.endReason ?? .shutdown)
        end.channel = channel?.text
        end.seconds = (ContinuousClock.now - began).components.seconds
        return end
    }

    private func tearDown() async {
        let reason = machine.endReason ?? .shutdown
        await tellEnd(reason)
        let (session, channel) = (session, channel?.text)
        async let publisher: Void? = session?.close(reason, in: channel)
        await link?.stop(limit: .seconds(3))
        for transport in transports.values { await transport.media.close() }
        await publisher
        await capture?.stop()
        machine.tornDown()
        if let recovery = toldRecovery { environment.recoveries.note(.failed, recovery.reason) }
        if isInterrupted { environment.recoveries.note(.failed, .connectionLost) }
        guard session == nil else { return }
        let seconds = (ContinuousClock.now - began).components.seconds
        logger.info(
            "Broadcast ended",
            metadata: ["reason": "\(reason)", "seconds": "\(seconds)", "skyway.channel": "\(channel ?? "")"]
        )
    }
}

extension EndReason {
    /// Why something could not be established.
    ///
    /// - Parameter error: what was thrown on the way.
    init(failure error: any Error) {
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

/// A broadcast that ends before it stands, and after its publisher was answered.
struct EndedEarly: Error {
    /// Why.
    var reason: EndReason
}
