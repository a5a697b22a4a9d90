// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import SkyWay
import Testing

@testable import Gateway

/// The table of docs/recovery.md, row by row.
@Suite("The state machine of a recovery")
struct RecoveryStateMachineTests {
    typealias Machine = RecoveryStateMachine
    private static let now = ContinuousClock.now

    /// Where a row begins.
    enum Given: CaseIterable {
        /// Nothing is missing.
        case whole
        /// New ICE credentials of the transport `a` are being asked for.
        case asking
        /// A path is looked for with them.
        case searching
        /// A forwarding is gone, and news of the loss is waited for.
        case settling
        /// What is missing is being made.
        case restoring

        var machine: Machine {
            var machine = Machine()
            switch self {
            case .whole: break
            case .asking, .searching:
                machine.transportSilent("a", at: now)
                _ = machine.next(at: now, jitter: 0)
                if self == .searching { machine.restarted("a", at: now) }
            case .settling, .restoring:
                machine.lost(.forwardingRemoved, at: now, jitter: 0)
                if self == .restoring { _ = machine.next(at: now + .milliseconds(50), jitter: 0) }
            }
            return machine
        }
    }

    /// What happens.
    enum Event {
        case lost(RecoveryReason)
        case closed
        case silent
        case answers
        case restarted
        case notRestarted(SkyWayError.Code, Int? = nil)
        case restored
        case notRestored(SkyWayError.Code, Int? = nil)
        /// So many milliseconds pass.
        case time(Int)

        func happen(to machine: inout Machine, at now: ContinuousClock.Instant) {
            switch self {
            case .lost(let reason): machine.lost(reason, at: now, jitter: 0)
            case .closed: machine.lost(.transportClosed, transports: ["a"], at: now, jitter: 0)
            case .silent: machine.transportSilent("a", at: now)
            case .answers: machine.transportAnswers("a", at: now)
            case .restarted: machine.restarted("a", at: now)
            case .notRestarted(let code, let status):
                machine.notRestarted("a", SkyWayError(code, .sfu, status: status), at: now, jitter: 0)
            case .restored: machine.restored(at: now)
            case .notRestored(let code, let status):
                machine.notRestored(SkyWayError(code, .sfu, status: status), at: now, jitter: 0)
            case .time: break
            }
        }
    }

    /// What is done next, and where the machine stands then.
    enum Then: Equatable {
        case rest
        case wait(Int)
        case restart
        case restore(RecoveryDepth, dead: Bool = false)
        case end(SkyWayError.Code)
    }

    struct Row: CustomTestStringConvertible {
        var given: Given
        var event: Event
        var then: Then
        var reason: RecoveryReason?

        init(_ given: Given, _ event: Event, _ then: Then, _ reason: RecoveryReason? = nil) {
            (self.given, self.event, self.then, self.reason) = (given, event, then, reason)
        }

        var testDescription: String { "\(given), \(event): \(then)" }
    }

    static let rows: [Row] = [
        // Nothing is missing.
        Row(.whole, .time(1000), .rest),
        Row(.whole, .lost(.forwardingRemoved), .wait(50), .forwardingRemoved),
        Row(.whole, .lost(.publicationRemoved), .wait(50), .publicationRemoved),
        Row(.whole, .lost(.botRemoved), .wait(50), .botRemoved),
        Row(.whole, .lost(.memberRemoved), .wait(50), .memberRemoved),
        Row(.whole, .lost(.channelDeleted), .wait(50), .channelDeleted),
        Row(.whole, .closed, .wait(50), .transportClosed),
        Row(.whole, .silent, .restart, .pathLost),
        Row(.whole, .answers, .rest),
        // New ICE credentials are being asked for.
        Row(.asking, .restarted, .wait(5000), .pathLost),
        Row(.asking, .notRestarted(.sfuFailure, 404), .restore(.missing, dead: true), .pathLost),
        Row(.asking, .notRestarted(.scopeMissing, 403), .restore(.missing, dead: true), .pathLost),
        Row(.asking, .notRestarted(.sfuFailure, 503), .wait(100), .pathLost),
        Row(.asking, .notRestarted(.unreachable), .wait(100), .pathLost),
        Row(.asking, .notRestarted(.timeout), .wait(100), .pathLost),
        Row(.asking, .notRestarted(.tokenRefused, 401), .wait(100), .pathLost),
        Row(.asking, .notRestarted(.rateLimited, 429), .wait(1000), .pathLost),
        Row(.asking, .answers, .rest, .pathLost),
        Row(.asking, .closed, .wait(50), .transportClosed),
        Row(.asking, .lost(.memberRemoved), .wait(50), .memberRemoved),
        // A path is looked for.
        Row(.searching, .answers, .rest, .pathLost),
        Row(.searching, .time(5000), .wait(100), .pathLost),
        Row(.searching, .silent, .wait(100), .pathLost),
        Row(.searching, .closed, .wait(50), .transportClosed),
        Row(.searching, .lost(.botRemoved), .wait(50), .botRemoved),
        // News of the loss is waited for.
        Row(.settling, .time(50), .restore(.missing), .forwardingRemoved),
        Row(.settling, .lost(.memberRemoved), .wait(50), .memberRemoved),
        Row(.settling, .silent, .wait(50), .forwardingRemoved),
        // What is missing is being made.
        Row(.restoring, .restored, .rest, .forwardingRemoved),
        Row(.restoring, .lost(.botRemoved), .rest, .botRemoved),
        Row(.restoring, .silent, .rest, .forwardingRemoved),
        Row(.restoring, .notRestored(.unreachable), .wait(100), .forwardingRemoved),
        Row(.restoring, .notRestored(.timeout), .wait(100), .forwardingRemoved),
        Row(.restoring, .notRestored(.tokenRefused, 401), .wait(100), .forwardingRemoved),
        Row(.restoring, .notRestored(.stopped), .wait(100), .forwardingRemoved),
        Row(.restoring, .notRestored(.serviceFailure), .wait(100), .forwardingRemoved),
        Row(.restoring, .notRestored(.badResponse), .wait(100), .forwardingRemoved),
        Row(.restoring, .notRestored(.sfuFailure, 500), .wait(100), .forwardingRemoved),
        Row(.restoring, .notRestored(.sfuFailure, 404), .wait(100), .forwardingRemoved),
        Row(.restoring, .notRestored(.invalidRequest, 400), .wait(100), .forwardingRemoved),
        Row(.restoring, .notRestored(.memberNotFound), .wait(100), .forwardingRemoved),
        Row(.restoring, .notRestored(.publicationNotFound), .wait(100), .forwardingRemoved),
        Row(.restoring, .notRestored(.channelDeleted), .wait(100), .forwardingRemoved),
        Row(.restoring, .notRestored(.channelNameTaken), .wait(100), .forwardingRemoved),
        Row(.restoring, .notRestored(.memberNameTaken), .wait(100), .forwardingRemoved),
        Row(.restoring, .notRestored(.transportEnded), .wait(100), .forwardingRemoved),
        Row(.restoring, .notRestored(.rateLimited, 429), .wait(1000), .forwardingRemoved),
        Row(.restoring, .notRestored(.scopeMissing, 403), .end(.scopeMissing), .forwardingRemoved),
        Row(.restoring, .notRestored(.limitReached), .end(.limitReached), .forwardingRemoved),
        Row(.restoring, .notRestored(.usageLimitReached), .end(.usageLimitReached), .forwardingRemoved),
        Row(.restoring, .notRestored(.channelNotFound), .end(.channelNotFound), .forwardingRemoved),
    ]

    @Test("Given a state and an event, one action follows", arguments: rows)
    func table(row: Row) {
        var machine = row.given.machine
        var moment = Self.now
        if case .time(let milliseconds) = row.event { moment += .milliseconds(milliseconds) }
        row.event.happen(to: &machine, at: moment)
        var step = machine.next(at: moment, jitter: 0)
        // A search that is over is counted first.
        if step == .wait(until: moment) { step = machine.next(at: moment, jitter: 0) }
        #expect(Self.reading(step, at: moment) == row.then)
        #expect(machine.recovery?.reason == row.reason)
    }

    private static func reading(_ step: Machine.Step, at moment: ContinuousClock.Instant) -> Then {
        switch step {
        case .rest: .rest
        case .wait(let until): .wait(Int(((until - moment) / .milliseconds(1)).rounded()))
        case .restartICE: .restart
        case .restore(let depth, let transports): .restore(depth, dead: transports == ["a"])
        case .end(let error): .end(error.code)
        }
    }

    @Test("Every failure has a verdict, and only what a person has to mend ends it", arguments: SkyWayError.Code.allCases)
    func verdicts(code: SkyWayError.Code) {
        let isFinal = [.scopeMissing, .limitReached, .usageLimitReached, .channelNotFound].contains(code)
        #expect((Machine.Verdict(SkyWayError(code, .rtcAPI)) == .end) == isFinal)
    }

    // MARK: More is given up

    /// Goes through failed attempts, and gives what each gave up first.
    private func depths(after errors: [SkyWayError]) -> [RecoveryDepth] {
        var machine = Machine()
        var moment = Self.now
        machine.lost(.botRemoved, at: moment, jitter: 0)
        var depths: [RecoveryDepth] = []
        for error in errors {
            moment += .seconds(100)
            guard case .restore(let depth, _) = machine.next(at: moment, jitter: 0) else { break }
            depths.append(depth)
            machine.notRestored(error, at: moment, jitter: 0)
        }
        return depths
    }

    @Test("Refused twice, more is given up, up to the member; given up once is enough")
    func refusals() {
        let refused = SkyWayError(.sfuFailure, .sfu, status: 404)
        let depths = depths(after: Array(repeating: refused, count: 9))
        #expect(
            depths == [
                .missing, .missing, .forwardings, .missing, .publications, .missing, .member, .missing, .member,
            ]
        )
    }

    @Test("A service that fails gets eight attempts before more is given up, one that is out of reach any number")
    func faults() {
        let fault = SkyWayError(.sfuFailure, .sfu, status: 500)
        let depths = depths(after: Array(repeating: fault, count: 17))
        #expect(depths == Array(repeating: .missing, count: 8) + [.forwardings] + Array(repeating: .missing, count: 7) + [.publications])
        let unreachable = SkyWayError(.unreachable, .sfu)
        #expect(self.depths(after: Array(repeating: unreachable, count: 100)).allSatisfy { $0 == .missing })
    }

    @Test("A transport that has ended and is named again needs another member")
    func transportEnded() {
        #expect(depths(after: [SkyWayError(.transportEnded, .sfu), SkyWayError(.timeout, .sfu)]) == [.missing, .member])
    }

    @Test("A name that stays taken for longer than a member's time ends it")
    func nameTaken() {
        let taken = SkyWayError(.memberNameTaken, .rtcAPI)
        #expect(depths(after: Array(repeating: taken, count: 5)).count == 2)
    }

    // MARK: ICE restarts

    @Test("Eight restarts that come to nothing, and the forwardings are made again")
    func restarts() {
        var machine = Machine()
        var moment = Self.now
        machine.transportSilent("a", at: moment)
        var restarts: [Duration] = []
        while moment < Self.now + .seconds(300) {
            switch machine.next(at: moment, jitter: 0) {
            case .restartICE:
                restarts.append(moment - Self.now)
                machine.restarted("a", at: moment)
            case .wait(let until): moment = until
            case .restore(let depth, let transports):
                #expect(depth == .missing && transports == ["a"])
                #expect(restarts.map { ($0 / .milliseconds(100)).rounded() } == [0, 51, 105, 164, 230, 305, 391, 481])
                return
            case .rest, .end:
                Issue.record("nothing is done")
                return
            }
        }
        Issue.record("restarts without end")
    }

    @Test("While the SFU's API is out of reach restarts are tried each second and not counted")
    func unreachable() {
        var machine = Machine()
        var moment = Self.now
        machine.transportSilent("a", at: moment)
        for _ in 0..<100 {
            while case .wait(let until) = machine.next(at: moment, jitter: 0) {
                #expect(until - moment <= .seconds(1))
                moment = until
            }
            machine.notRestarted("a", SkyWayError(.unreachable, .sfu), at: moment, jitter: 0)
        }
        machine.transportAnswers("a", at: moment)
        #expect(machine.isIdle)
    }

    @Test("A second silent transport is seen to after the first, and after what is missing in the room")
    func several() {
        var machine = Machine()
        machine.transportSilent("b", at: Self.now)
        machine.transportSilent("a", at: Self.now)
        #expect(machine.next(at: Self.now, jitter: 0) == .restartICE("b"))
        machine.transportAnswers("b", at: Self.now)
        #expect(machine.next(at: Self.now, jitter: 0) == .restartICE("a"))
        machine.lost(.forwardingRemoved, at: Self.now, jitter: 0)
        let later = Self.now + .milliseconds(50)
        #expect(machine.next(at: later, jitter: 0) == .restore(.missing, transports: []))
        machine.restored(at: later)
        #expect(machine.next(at: later, jitter: 0) == .restartICE("a"))
    }

    // MARK: Waits

    @Test("What is lost again and again is made again more and more slowly")
    func flapping() {
        var machine = Machine()
        var moment = Self.now
        var waits: [Int] = []
        for _ in 0..<10 {
            machine.lost(.forwardingRemoved, at: moment, jitter: 0)
            guard case .wait(let until) = machine.next(at: moment, jitter: 0) else { break }
            waits.append(Int(((until - moment) / .milliseconds(1)).rounded()))
            moment = until
            _ = machine.next(at: moment, jitter: 0)
            machine.restored(at: moment)
            machine.complete()
        }
        #expect(waits == [50, 400, 900, 1600, 2500, 3600, 4000, 4000, 4000, 4000])
        machine.lost(.forwardingRemoved, at: moment + .seconds(60), jitter: 0)
        #expect(machine.next(at: moment + .seconds(60), jitter: 0) == .wait(until: moment + .milliseconds(60_050)))
    }

    @Test("Waits grow to 4 to 5 s, and to 30 to 60 s where the service asks for fewer requests")
    func waits() {
        let growing = (1...9).map { Backoff.growing($0, jitter: 0) }
        #expect(growing == [100, 400, 900, 1600, 2500, 3600, 4000, 4000, 4000].map { .milliseconds($0) })
        #expect((1...9).allSatisfy { Backoff.growing($0, jitter: 0.999) <= Backoff.longest })
        let limited = (1...8).map { Backoff.limited($0, jitter: 0) }
        #expect(limited == [1, 2, 4, 8, 16, 30, 30, 30].map { .seconds($0) })
        #expect((1...60).allSatisfy { Backoff.limited($0, jitter: 0.999) <= .seconds(60) })
    }
}
