// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
package import Logging

/// One member of ours in one room, with what it publishes through the SFU.
///
/// `run()` owns every task of the link and has to run while the steps are used. The steps come in this order, `open`
/// being all of them up to the answer of the SFU:
///
///     connect → join → publish → startForwardings → connectTransport → produce … stop
///
/// What is lost later is told by ``events`` and made again by `restore`.
package actor SkyWayLink {
    /// Work that `run()` does in a task of its own.
    enum Job: Sendable {
        /// A step that must not be cut off, because it leaves something behind in the room.
        case step(@Sendable () async -> Void)
        case lookAtGap(ChannelEventBuffer<ChannelEvent>.Gap)
        case confirm(SkyWayLinkStateMachine.Confirmation)
        case resume
        case leave(limit: Duration)
    }

    /// What happens after the link was made; bounded, the oldest are lost first.
    package nonisolated let events: AsyncStream<SkyWayLinkEvent>
    let eventContinuation: AsyncStream<SkyWayLinkEvent>.Continuation
    let jobs: AsyncStream<Job>
    let jobContinuation: AsyncStream<Job>.Continuation
    let configuration: SkyWayConfiguration
    let request: SkyWayLinkRequest
    let api: RTCAPIClient
    let sfu: SFUClient
    let logger: Logger
    let changes = StateChanges()
    var machine: SkyWayLinkStateMachine
    /// The members of this process, and which of them is noted there as ours.
    private let members: LivingMembers
    private var notedMember: String?
    let clock: SkyWayClock
    let http: HTTPClient
    let bots: SharedBots
    var supply: TokenSupply
    var tokens: TokenRenewalStateMachine
    let tokenChanges = StateChanges()
    /// What has come up that may hasten the renewal of the token.
    let renewalPrompts = StateChanges()
    /// Why the link ends by itself, where it does.
    var endReason: SkyWayError?
    /// How far ahead the member's time is set.
    var memberTTL: Duration
    /// Whether events of the room come without being asked for.
    var hasEvents = false
    /// Steps under way that leave something behind in the room.
    var unfinishedSteps = 0
    var transports: [String: SFUTransportOptions] = [:]
    var connectedTransports: Set<String> = []
    /// Transports that have ended, and that the SFU may still name.
    var endedTransports: Set<String> = []
    /// Whether everything was there once: whoever asked for the link waits no more, and recovery has waits of its own.
    var isOpened = false
    /// How often the connection came back, so that what an earlier return began is known as such.
    var returns = 0
    /// Whether the server has told its time since the connection last came back.
    var isClockRead = true
    var capabilities: RTPCapabilities?
    private var isRunning = false
    private var stopping: [CheckedContinuation<Void, Never>] = []

    private init(
        _ request: SkyWayLinkRequest,
        token: AuthToken,
        supply: TokenSupply,
        configuration: SkyWayConfiguration,
        clients: Clients,
        logger: Logger
    ) {
        self.request = request
        self.supply = supply
        machine = SkyWayLinkStateMachine(memberName: request.memberName)
        members = clients.members
        clock = clients.clock
        http = clients.http
        bots = clients.bots
        tokens = TokenRenewalStateMachine(
            token,
            isRenewable: supply.isRenewable,
            at: clock.now(),
            jitter: .random(in: 0..<1)
        )
        self.configuration = configuration
        self.logger = logger
        self.memberTTL = configuration.memberTTL
        api = RTCAPIClient(
            host: configuration.rtcAPI,
            token: token,
            socket: clients.socket,
            pace: clients.pace,
            logger: logger,
            requestTimeout: configuration.callTimeout
        )
        sfu = SFUClient(host: configuration.sfu, client: clients.http, timeout: configuration.requestTimeout)
        (events, eventContinuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(256))
        (jobs, jobContinuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1024))
    }

    /// Makes a link with a token that allows just what it needs, once SkyWay's clock is known.
    package static func make(
        _ request: SkyWayLinkRequest,
        configuration: SkyWayConfiguration,
        clients: Clients,
        logger: Logger
    ) async throws(SkyWayError) -> SkyWayLink {
        var purpose = TokenMinter.Purpose(
            channel: request.channel,
            memberName: request.memberName,
            mayCreateChannel: request.mayCreateChannel,
            maximumSubscribers: configuration.maximumSubscribers,
            updates: request.updates
        )
        purpose.usesTURN = configuration.turn.policy != .disable
        let supply = TokenSupply(purpose, configuration: configuration, clients: clients)
        if !clients.clock.isKnown { await clients.clock.ask(configuration.sfu, clients.http) }
        let token = try await supply.first()
        return SkyWayLink(
            request,
            token: token,
            supply: supply,
            configuration: configuration,
            clients: clients,
            logger: logger
        )
    }

    // MARK: Life

    /// Keeps the link until `stop`, an error that no repetition mends, or cancellation (which leaves the room to the
    /// member's time).
    package func run() async {
        isRunning = true
        await withDiscardingTaskGroup { group in
            group.addTask { await self.runConnection() }
            group.addTask { for await event in self.api.events { await self.receive(event) } }
            group.addTask { await self.renewMember() }
            group.addTask { await self.keepToken() }
            for await job in jobs {
                group.addTask { await self.perform(job) }
            }
            group.cancelAll()
        }
        isRunning = false
        machine.ended()
        members.replace(notedMember, with: nil)
        changes.wake()
        for continuation in stopping { continuation.resume() }
        stopping = []
    }

    /// Takes everything of ours out of the room, then ends `run()`.
    ///
    /// Works in a cancelled task too. What cannot be taken back within `limit` goes when the member's time is over.
    package func stop(limit: Duration = .seconds(3)) async {
        guard isRunning else {
            machine.ended()
            jobContinuation.finish()
            await api.close()
            return
        }
        if machine.leave() { jobContinuation.yield(.leave(limit: limit)) }
        changes.wake()
        await withCheckedContinuation { stopping.append($0) }
    }

    /// Takes everything of ours out of the room and ends `run()`, for a reason of our own.
    func end(_ reason: SkyWayError) {
        endReason = endReason ?? reason
        if machine.leave() { jobContinuation.yield(.leave(limit: .seconds(3))) }
        changes.wake()
    }

    /// Members of other links of this process.
    var otherMembers: Set<String> { members.ids.subtracting([notedMember].compactMap(\.self)) }

    /// Tells the other links of this process which member is ours.
    func noteMember() {
        guard machine.memberID != notedMember else { return }
        members.replace(notedMember, with: machine.memberID)
        notedMember = machine.memberID
    }

    private func runConnection() async {
        let reason = await api.run()
        machine.ended()
        changes.wake()
        eventContinuation.yield(.ended(endReason ?? reason))
        eventContinuation.finish()
        jobContinuation.finish()
    }

    private func perform(_ job: Job) async {
        switch job {
        case .step(let step): await step()
        case .lookAtGap(let gap): await lookAt(gap)
        case .confirm(let confirmation): await confirm(confirmation)
        case .resume: await resume()
        case .leave(let limit): await leave(limit: limit)
        }
    }

    private func leave(limit: Duration) async {
        let late = SkyWayError(.timeout, .gateway)
        try? await withTimeout(limit, error: late) { await self.removeRemains() }
        await api.close()
        // Ends waits too, such as the one before the next attempt to connect.
        jobContinuation.finish()
    }

    private func removeRemains() async {
        // What is being made has to be known before it can be removed.
        while unfinishedSteps > 0 {
            guard (try? await changes.next()) != nil else { return }
        }
        guard let channelID = machine.channel?.id else { return }
        let remains = machine.remains
        for id in remains.publicationIDs {
            try? await api.unpublishStream(channelID: channelID, publicationID: id)
        }
        guard let memberID = remains.memberID else { return }
        do {
            try await api.removeMember(channelID: channelID, memberID: memberID)
        } catch {
            logger.debug("Member left to its time", metadata: ["error": "\(error)"])
        }
    }
}
