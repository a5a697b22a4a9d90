// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC

@testable import Gateway
@testable import SkyWay

/// The three state machines of a broadcast against a modelled SkyWay, in virtual time.
///
/// It does what `Broadcast` and `SkyWayLink` do for the machines, call by call, with no waiting and no network.
struct ModelledBroadcast {
    /// What goes wrong.
    enum Fault: CaseIterable {
        case forwardingRemoved, publicationRemoved, botRemoved, memberRemoved, channelDeleted, restarted
        case transportClosed, transportForgotten, transportMute, pathLost, outage, socketsLost, failing, losing, limited
        case eventsLate
    }

    var skyWay = ModelledSkyWay()
    var machine = BroadcastStateMachine(kinds: [.audio, .video], mayWait: true)
    var link = SkyWayLinkStateMachine(memberName: "gateway")
    private(set) var now = ContinuousClock.now
    private(set) var steps = 0
    private(set) var calls = 0
    /// Egress sessions, and those that are known to be of no use.
    private(set) var sessions: Set<String> = []
    private var ended: Set<String> = []
    private var known: Set<String> = []
    /// What each stream is declared on.
    private(set) var declared: [MediaKind: String] = [:]
    private var random: SplitMix64
    private var pending: [(due: ContinuousClock.Instant, what: Pending)] = []
    private var until: [Fault: ContinuousClock.Instant] = [:]

    /// What calls are refused with, and from which one on.
    private var refusal: (code: SkyWayError.Code, call: Int)?

    private enum Pending {
        case fault(Fault)
        case event(ChannelEvent)
        case connected(String)
        case silent(String)
        case resumed
    }

    /// Begins one that is live, with faults to come within a minute.
    init(seed: UInt64, faults: Int) throws {
        random = SplitMix64(seed: seed)
        skyWay.findOrCreate()
        if let snapshot = skyWay.snapshot { _ = link.received(snapshot) }
        _ = machine.answered()
        _ = machine.publisherConnected()
        machine.mediaFlowed()
        try restore(.missing, [])
        _ = machine.forwarded()
        while machine.phase != .live, let next = pending.map(\.due).min() { pass(to: next) }
        for _ in 0..<faults {
            guard let fault = Fault.allCases.randomElement(using: &random) else { continue }
            pending.append((now + .milliseconds(Int.random(in: 0..<60_000, using: &random)), .fault(fault)))
        }
    }

    /// Whether all is as it should be: one member with two streams that arrive, and nothing left of what was before.
    var isSound: Bool {
        guard machine.phase == .live, machine.recovery == nil, skyWay.members.count == 1 else { return false }
        let origins = skyWay.publications.filter { $0.value.origin == nil }
        guard origins.count == 2, skyWay.forwardings.count == 2, Set(declared.values) == Set(skyWay.forwardings.keys)
        else { return false }
        let used = Set(skyWay.forwardings.values.map(\.transport))
        return sessions == used && used.allSatisfy { skyWay.transports[$0]?.works == true }
            && skyWay.forwardings.values.allSatisfy(\.hasProducer)
    }

    /// Has all calls refused, after so many more.
    mutating func refuse(with code: SkyWayError.Code, after count: Int) { refusal = (code, calls + count) }

    /// Where everything stands, for whoever looks into a failure.
    var summary: String {
        let transports = skyWay.transports.map { "\($0.key)\($0.value.works ? "" : " broken")" }.sorted()
        return """
            \(machine.phase), \(steps) steps, \(calls) calls; next in the room: \
            \(link.nextStep(towards: [.audio, .video])); room: \(skyWay.channel ?? "none") \(skyWay.members.sorted()) \
            \(skyWay.publications.keys.sorted()) \(transports); sessions \(sessions.sorted()), declared \(declared); \
            machine: \(machine)
            """
    }

    // MARK: Time

    /// Lives until nothing is to be done and nothing is to come, at most for so long.
    mutating func live(atMost limit: Duration) {
        let end = now + limit
        while now < end, machine.endReason == nil {
            steps += 1
            let step = machine.nextStep(at: now, jitter: jitter)
            switch step {
            case .rest:
                guard let next = pending.map(\.due).min() else { return }
                pass(to: next)
            case .wait(let moment): pass(to: min(moment, pending.map(\.due).min() ?? moment))
            case .restartICE(let id): restartICE(id)
            case .restore(let depth, let lost):
                do {
                    try restore(depth, lost)
                    _ = machine.restored(at: now)
                } catch {
                    _ = machine.notRestored(error, at: now, jitter: jitter)
                }
            case .end(let error): _ = machine.end(.skyWayLost(error))
            }
        }
    }

    private var jitter: Double {
        mutating get { .random(in: 0..<1, using: &random) }
    }

    private func isUnder(_ fault: Fault) -> Bool { until[fault].map { now < $0 } ?? false }

    private mutating func pass(to moment: ContinuousClock.Instant) {
        while let index = pending.indices.min(by: { pending[$0].due < pending[$1].due }), pending[index].due <= moment {
            let (due, what) = pending.remove(at: index)
            now = max(now, due)
            happen(what)
            tellEvents()
        }
        now = max(now, moment)
    }

    private mutating func happen(_ what: Pending) {
        switch what {
        case .fault(let fault): happen(fault)
        case .event(let event) where isUnder(.socketsLost) || isUnder(.outage):
            pending.append((max(until[.socketsLost] ?? now, until[.outage] ?? now) + .milliseconds(1), .event(event)))
        case .event(let event): follow(link.received(event))
        case .connected(let id): connect(id)
        case .silent(let id):
            let works = skyWay.transports[id]?.works == true && !isUnder(.pathLost) && !isUnder(.outage)
            guard sessions.contains(id) else { return }
            // It goes on trying meanwhile.
            if works { connect(id) } else { _ = machine.transportSilent(id, at: now) }
        case .resumed where isUnder(.socketsLost) || isUnder(.outage): break
        case .resumed:
            guard let channel = link.channel, !channel.isDeleted else { return }
            if channel.id != skyWay.channel {
                follow(link.channelLost())
            } else if let snapshot = skyWay.snapshot {
                follow(link.received(snapshot))
            }
        }
    }

    private mutating func connect(_ id: String) {
        guard sessions.contains(id) else { return }
        if skyWay.transports[id]?.works == true, !isUnder(.pathLost), !isUnder(.outage) {
            _ = machine.transportConnected(id, at: now)
        } else {
            pending.append((now + .seconds(5), .silent(id)))
        }
    }

    /// Events come after up to 300 ms, in any order.
    private mutating func tellEvents() {
        let latest = isUnder(.eventsLate) ? 3000 : 300
        for event in skyWay.events {
            pending.append((now + .milliseconds(Int.random(in: 0..<latest, using: &random)), .event(event)))
        }
        skyWay.events = []
    }

    private mutating func follow(_ effects: SkyWayLinkStateMachine.Effects) {
        for event in effects.events {
            switch event {
            case .memberRemoved: lose(.memberRemoved, [.audio, .video])
            case .botRemoved: lose(.botRemoved, [.audio, .video])
            case .channelDeleted: lose(.channelDeleted, [.audio, .video])
            case .publicationRemoved(let kind): lose(.publicationRemoved, [kind])
            case .relayRemoved(let kind): lose(.forwardingRemoved, [kind])
            case .relayPublished(let kind): _ = machine.relayPublished(kind)
            default: break
            }
        }
    }

    private mutating func lose(_ reason: RecoveryReason, _ kinds: Set<MediaKind>) {
        _ = machine.lost(reason, kinds: kinds, at: now, jitter: jitter)
    }

    // MARK: Faults

    private mutating func happen(_ fault: Fault) {
        let length = Duration.milliseconds(Int.random(in: 1000..<45_000, using: &random))
        switch fault {
        case .forwardingRemoved: if let id = skyWay.forwardings.keys.sorted().first { skyWay.removeForwarding(id) }
        case .publicationRemoved:
            let origins = skyWay.publications.filter { $0.value.origin == nil }
            if let id = origins.keys.sorted().first { skyWay.unpublish(id) }
        case .botRemoved: if let id = skyWay.bots.sorted().first { skyWay.removeMember(id) }
        case .memberRemoved: if let id = skyWay.members.sorted().first { skyWay.removeMember(id) }
        case .channelDeleted: skyWay.deleteChannel()
        case .restarted:
            skyWay.restart()
            pending.append((now + .milliseconds(200), .resumed))
        case .transportClosed:
            let closed = sessions
            skyWay.breakTransports(forgetting: true)
            for id in closed {
                sessions.remove(id)
                let kinds = MediaKind.allCases.filter { kind in declared[kind] != nil }
                _ = machine.transportClosed(id, kinds: Set(kinds), at: now, jitter: jitter)
            }
        case .transportForgotten, .transportMute:
            skyWay.breakTransports(forgetting: fault == .transportForgotten)
            for id in sessions { pending.append((now + .seconds(3), .silent(id))) }
        case .pathLost, .outage:
            until[fault] = now + length
            for id in sessions { pending.append((now + .seconds(3), .silent(id))) }
            for id in sessions { pending.append((now + length + .milliseconds(1), .connected(id))) }
            if fault == .outage { pending.append((now + length + .milliseconds(300), .resumed)) }
        case .socketsLost:
            until[fault] = now + length
            pending.append((now + length + .milliseconds(300), .resumed))
        case .failing, .losing, .limited, .eventsLate: until[fault] = now + length
        }
        tellEvents()
    }

    // MARK: What the link does

    /// One call: it takes its time, in which other things happen, and fails as the faults of the moment have it.
    private mutating func call<Result>(
        _ service: SkyWayError.Service,
        _ body: (inout ModelledSkyWay) throws(SkyWayError) -> Result
    ) throws(SkyWayError) -> Result {
        calls += 1
        pass(to: now + .milliseconds(20))
        if isUnder(.outage) || service == .rtcAPI && isUnder(.socketsLost) {
            pass(to: now + .seconds(service == .rtcAPI ? 20 : 10))
            throw SkyWayError(.timeout, service)
        }
        if let refusal, calls > refusal.call { throw SkyWayError(refusal.code, service, status: 403) }
        if isUnder(.limited) { throw SkyWayError(.rateLimited, service, status: 429) }
        if isUnder(.failing), Bool.random(using: &random) {
            throw SkyWayError(service == .sfu ? .sfuFailure : .serviceFailure, service, status: 500)
        }
        let result = try body(&skyWay)
        tellEvents()
        if isUnder(.losing), Bool.random(using: &random) {
            pass(to: now + .seconds(10))
            throw SkyWayError(.timeout, service)
        }
        return result
    }

    private mutating func restore(_ depth: RecoveryDepth, _ lost: Set<String>) throws(SkyWayError) {
        giveUp(depth, lost)
        var wasFound = false
        var step = link.nextStep(towards: [.audio, .video])
        while step != .nothing {
            do {
                try perform(step)
            } catch {
                guard error.code == .channelNotFound, step != .findChannel, !wasFound else {
                    link.doubt()
                    throw error
                }
                wasFound = true
                follow(link.channelLost())
            }
            step = link.nextStep(towards: [.audio, .video])
        }
        try declare()
    }

    private mutating func giveUp(_ depth: RecoveryDepth, _ lost: Set<String>) {
        if depth > .missing || !lost.isEmpty { for kind in MediaKind.allCases { machine.publishing(kind) } }
        machine.forgetTransports(lost)
        sessions.subtract(lost)
        known.subtract(lost)
        ended.formUnion(lost)
        let given = link.giveUp(depth, transports: lost)
        for id in given.forwardingIDs { _ = try? call(.sfu) { $0.removeForwarding(id) } }
        for id in given.publicationIDs { _ = try? call(.rtcAPI) { $0.unpublish(id) } }
        if let id = given.memberID { _ = try? call(.rtcAPI) { $0.removeMember(id) } }
    }

    private mutating func perform(_ step: SkyWayLinkStateMachine.Step) throws(SkyWayError) {
        switch step {
        case .findChannel:
            link.forgetChannel()
            try read { $0.findOrCreate() }
        case .readChannel:
            let id = link.channel?.id
            try read { (skyWay) throws(SkyWayError) in
                if skyWay.channel != id { throw SkyWayError(.channelNotFound, .rtcAPI) }
            }
        case .chooseBot:
            if let bot = link.channel?.sfuBot { return link.botChosen(bot.id) }
            let id = try call(.sfu) { (skyWay) throws(SkyWayError) in try skyWay.makeBot() }
            pass(to: now + .seconds(5))
            guard link.channel?.member(id) != nil else { throw SkyWayError(.timeout, .sfu) }
            link.botChosen(id)
        case .join: try join()
        case .withdraw(let ids):
            for id in ids {
                try call(.rtcAPI) { $0.unpublish(id) }
                link.orphans.remove(id)
            }
        case .publish(let kinds): for kind in kinds { try publish(kind) }
        case .forward(let kind): try forward(kind)
        case .nothing: break
        }
    }

    private mutating func read(_ body: (inout ModelledSkyWay) throws(SkyWayError) -> Void) throws(SkyWayError) {
        let snapshot = try call(.rtcAPI) { (skyWay) throws(SkyWayError) in
            try body(&skyWay)
            return skyWay.snapshot
        }
        if let snapshot { follow(link.received(snapshot)) }
    }

    private mutating func join() throws(SkyWayError) {
        do {
            link.joined(memberID: try call(.rtcAPI) { (skyWay) throws(SkyWayError) in try skyWay.join() })
        } catch {
            if error.isUnsure { link.isJoinUnsure = true }
            guard error.code == .memberNameTaken else { throw error }
            try read { _ in }
            if link.memberID != nil { return }
            guard let stale = link.staleMember(isNamed: true, besides: []) else { throw error }
            try call(.rtcAPI) { $0.removeMember(stale) }
            link.joined(memberID: try call(.rtcAPI) { (skyWay) throws(SkyWayError) in try skyWay.join() })
        }
    }

    private mutating func publish(_ kind: MediaKind) throws(SkyWayError) {
        guard let member = link.memberID else { throw SkyWayError(.memberNotFound, .gateway) }
        do {
            let id = try call(.rtcAPI) { (skyWay) throws(SkyWayError) in try skyWay.publish(kind, by: member) }
            link.published(kind, id: id)
        } catch {
            if error.isUnsure { link.unsurePublications.insert(kind) }
            throw error
        }
    }

    private mutating func forward(_ kind: MediaKind) throws(SkyWayError) {
        do {
            try startForwarding(kind)
        } catch {
            guard error.status == 400, let relay = link.relayID(kind) else { throw error }
            try call(.sfu) { $0.removeForwarding(relay) }
            try startForwarding(kind)
        }
    }

    private mutating func startForwarding(_ kind: MediaKind) throws(SkyWayError) {
        guard let bot = link.botID, let origin = link.publicationID(kind) else {
            throw SkyWayError(.publicationNotFound, .gateway)
        }
        let (id, made, isNew) = try call(.sfu) { (skyWay) throws(SkyWayError) in try skyWay.forward(origin, by: bot) }
        if isNew {
            known.insert(made.transport)
            ended.remove(made.transport)
        }
        guard known.contains(made.transport) else {
            throw SkyWayError(ended.contains(made.transport) ? .transportEnded : .badResponse, .sfu)
        }
        guard link.publicationID(kind) == origin else { return }
        let forwarding = SFUForwarding(
            forwardingId: id,
            broadcasterTransportId: made.transport,
            identifierKey: "K",
            rtpCapabilities: nil,
            broadcasterTransportOptions: nil
        )
        follow(link.forwarded(kind, forwarding))
    }

    // MARK: What the broadcast does

    private mutating func declare() throws(SkyWayError) {
        let forwardings = MediaKind.allCases.compactMap { kind in link.forwarding(kind).map { (kind, $0) } }
        let used = Set(forwardings.map(\.1.broadcasterTransportId))
        machine.retainTransports(used)
        sessions.formIntersection(used)
        for id in used.subtracting(sessions).sorted() {
            machine.transportsOpened([id])
            // The answer to connecting may be lost; the connection then shows.
            do { try call(.sfu) { _ in } } catch { if error.status != nil { throw error } }
            sessions.insert(id)
            pending.append((now + .milliseconds(200), .connected(id)))
        }
        for (kind, forwarding) in forwardings where declared[kind] != forwarding.forwardingId {
            try call(.sfu) { (skyWay) throws(SkyWayError) in try skyWay.produce(on: forwarding.forwardingId) }
            declared[kind] = forwarding.forwardingId
        }
        for kind in MediaKind.allCases where link.isRelayPublished(kind) { _ = machine.relayPublished(kind) }
    }

    private mutating func restartICE(_ id: String) {
        guard sessions.contains(id) else {
            return machine.notRestarted(id, SkyWayError(.sfuFailure, .gateway, status: 404), at: now, jitter: jitter)
        }
        do {
            try call(.sfu) { (skyWay) throws(SkyWayError) in
                if skyWay.transports[id] == nil { throw SkyWayError(.sfuFailure, .sfu, status: 404) }
            }
            machine.restarted(id, at: now)
            if skyWay.transports[id]?.works == true { pending.append((now + .milliseconds(100), .connected(id))) }
        } catch {
            machine.notRestarted(id, error, at: now, jitter: jitter)
        }
    }
}
