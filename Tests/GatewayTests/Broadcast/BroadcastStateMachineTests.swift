// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCCrypto
import SkyWay
import Testing

@testable import Gateway

@Suite("The state machine of a broadcast")
struct BroadcastStateMachineTests {
    typealias Machine = BroadcastStateMachine
    typealias Step = @Sendable (inout Machine) -> Machine.Action

    /// All that has to happen before a broadcast is live, in one of its possible orders.
    private static let steps: [Step] = [
        { $0.answered() },
        { machine in
            machine.transportsOpened(["a"])
            return .none
        },
        { $0.forwarded() },
        { $0.relayPublished(.audio) },
        { $0.relayPublished(.video) },
        { $0.transportConnected("a") },
        { $0.publisherConnected() },
    ]

    private func live() -> Machine {
        var machine = Machine(kinds: [.audio, .video], mayWait: true)
        for step in Self.steps { _ = step(&machine) }
        return machine
    }

    @Test("A new one prepares, and has answered nobody")
    func begins() {
        let machine = Machine(kinds: [.video], mayWait: true)
        #expect(machine.phase == .preparing)
        #expect(!machine.hasAnswered)
        #expect(machine.endReason == nil)
    }

    @Test("The answer makes it connecting, which is announced")
    func answered() {
        var machine = Machine(kinds: [.video], mayWait: true)
        #expect(machine.answered() == .announce)
        #expect(machine.phase == .connecting)
        #expect(machine.answered() == .none)
    }

    @Test("It is live once everything is there, and only then")
    func becomesLive() {
        var machine = Machine(kinds: [.audio, .video], mayWait: true)
        for step in Self.steps.dropLast() { _ = step(&machine) }
        #expect(machine.phase == .connecting)
        #expect(machine.publisherConnected() == .announce)
        #expect(machine.phase == .live)
    }

    @Test("It is not live while one thing is missing", arguments: 0..<7)
    func isNotLiveWithout(missing: Int) {
        var machine = Machine(kinds: [.audio, .video], mayWait: true)
        for (index, step) in Self.steps.enumerated() where index != missing { _ = step(&machine) }
        // Without a transport of its own being announced, a connected one still counts.
        #expect(missing == 1 || machine.phase != .live)
    }

    @Test("The order in which things come does not matter")
    func orderDoesNotMatter() {
        var machine = Machine(kinds: [.audio], mayWait: true)
        machine.transportsOpened(["a", "b"])
        #expect(machine.relayPublished(.audio) == .none)
        #expect(machine.publisherConnected() == .none)
        #expect(machine.transportConnected("b") == .none)
        #expect(machine.transportConnected("a") == .none)
        #expect(machine.forwarded() == .none)
        #expect(machine.answered() == .announce)
        #expect(machine.phase == .live)
    }

    @Test(
        "Each loss ends it with its own reason",
        arguments: [
            Loss(reason: .publisherClosed) { $0.publisherLost(.publisherClosed, wasFlowing: true) },
            Loss(reason: .publisherSilent) { $0.publisherLost(.publisherSilent, wasFlowing: false) },
            Loss(reason: .publisherFailed(.fingerprintMismatch)) {
                $0.publisherLost(.publisherFailed(.fingerprintMismatch), wasFlowing: false)
            },
            Loss(reason: .excessiveBitrate) { $0.publisherLost(.excessiveBitrate, wasFlowing: true) },
            Loss(reason: .noCommonCodec) { $0.failed(.noCommonCodec) },
            Loss(reason: .deleted) { $0.end(.deleted) },
            Loss(reason: .skyWayLost(SkyWayError(.channelDeleted, .rtcAPI))) {
                $0.end(.skyWayLost(SkyWayError(.channelDeleted, .rtcAPI)))
            },
        ]
    )
    func ends(loss: Loss) {
        for start in [Machine(kinds: [.video], mayWait: true), live()] {
            var machine = start
            #expect(loss.step(&machine) == .end)
            #expect(machine.phase == .ending(loss.reason))
            #expect(machine.endReason == loss.reason)
        }
    }

    struct Loss: Sendable, CustomTestStringConvertible {
        var reason: EndReason
        var step: Step
        var testDescription: String { reason.description }
    }

    @Test("The first reason counts, and nothing else has an effect any more")
    func firstReasonCounts() {
        var machine = live()
        _ = machine.end(.deleted)
        #expect(machine.publisherLost(.publisherClosed, wasFlowing: true) == .none)
        #expect(machine.end(.shutdown) == .none)
        for step in Self.steps { #expect(step(&machine) == .none) }
        #expect(machine.phase == .ending(.deleted))
        machine.tornDown()
        #expect(machine.phase == .ended(.deleted))
        #expect(machine.end(.shutdown) == .none)
        #expect(machine.phase == .ended(.deleted))
    }

    /// A broadcast that was live, with media that flowed.
    private func flowing(mayWait: Bool = true) -> Machine {
        var machine = Machine(kinds: [.audio, .video], mayWait: mayWait)
        for step in Self.steps { _ = step(&machine) }
        machine.mediaFlowed()
        return machine
    }

    /// What becomes of a broadcast whose publisher is lost.
    struct Farewell: Sendable, CustomTestStringConvertible {
        var reason: EndReason
        var wasFlowing: Bool
        var waits: Bool
        var testDescription: String { "\(reason), \(wasFlowing ? "flowing" : "silent")" }
    }

    @Test(
        "Whoever stops what is flowing ends it, and whoever was lost before may come back",
        arguments: [
            Farewell(reason: .deleted, wasFlowing: true, waits: false),
            Farewell(reason: .deleted, wasFlowing: false, waits: true),
            Farewell(reason: .publisherClosed, wasFlowing: true, waits: false),
            Farewell(reason: .publisherClosed, wasFlowing: false, waits: true),
            Farewell(reason: .publisherSilent, wasFlowing: false, waits: true),
            Farewell(reason: .publisherFailed(.fingerprintMismatch), wasFlowing: false, waits: true),
            Farewell(reason: .refused(.skyWayTooSlow), wasFlowing: false, waits: true),
            Farewell(reason: .shutdown, wasFlowing: false, waits: false),
            Farewell(reason: .keyRevoked, wasFlowing: false, waits: false),
            Farewell(reason: .transportLost, wasFlowing: false, waits: false),
            Farewell(reason: .replaced, wasFlowing: false, waits: false),
        ]
    )
    func farewells(farewell: Farewell) {
        var machine = flowing()
        let action = machine.publisherLost(farewell.reason, wasFlowing: farewell.wasFlowing)
        #expect(action == (farewell.waits ? .wait : .end))
        #expect(machine.phase == (farewell.waits ? .waiting : .ending(farewell.reason)))
        // Nobody is waited for where that is not wanted, and where nothing ever flowed.
        for start in [flowing(mayWait: false), live(), Machine(kinds: [.video], mayWait: true)] {
            var machine = start
            #expect(machine.publisherLost(farewell.reason, wasFlowing: farewell.wasFlowing) == .end)
        }
    }

    @Test("One that waits is live again once the publisher is back, and not by what the former one still says")
    func comesBack() {
        var machine = flowing()
        _ = machine.publisherLost(.publisherSilent, wasFlowing: false)
        #expect(machine.publisherConnected() == .none && machine.forwarded() == .none)
        #expect(machine.phase == .waiting)
        machine.publisherReturned()
        #expect(machine.phase == .preparing)
        #expect(machine.answered() == .announce)
        #expect(machine.phase == .connecting)
        _ = machine.publisherConnected()
        #expect(machine.phase == .connecting)
        #expect(machine.forwarded() == .announce)
        #expect(machine.phase == .live)
    }

    @Test("A stream that is published anew has to be found by viewers again before it is live")
    func publishedAnew() {
        var machine = flowing()
        machine.publisherReturned()
        machine.withdrawn(.video)
        machine.publishing(.video)
        _ = machine.answered()
        _ = machine.publisherConnected()
        #expect(machine.forwarded() == .none)
        #expect(machine.phase == .connecting)
        #expect(machine.relayPublished(.video) == .announce)
        #expect(machine.phase == .live)
    }

    @Test("The end of the window ends what waits, and nothing else")
    func windowOver() {
        var machine = flowing()
        #expect(machine.windowOver() == .none && machine.phase == .live)
        _ = machine.publisherLost(.publisherSilent, wasFlowing: false)
        #expect(machine.windowOver() == .end)
        #expect(machine.phase == .ending(.notResumed))
        machine.publisherReturned()
        #expect(machine.phase == .ending(.notResumed))
    }

    @Test("A way to the SFU that breaks ends it while a publisher waits for its answer, and is made again afterwards")
    func transportClosed() {
        var new = Machine(kinds: [.video], mayWait: true)
        #expect(new.transportClosed("a") == .end)
        #expect(new.phase == .ending(.transportLost))
        var machine = live()
        let now = ContinuousClock.now
        #expect(machine.transportClosed("a", kinds: [.audio, .video], at: now) == .recover)
        #expect(machine.phase == .recovering(Recovery(.transportClosed, since: now)))
    }

    /// What SkyWay's side can lose while a broadcast is live.
    private static let losses: [@Sendable (inout Machine, Machine.Moment) -> Machine.Action] = [
        { $0.lost(.memberRemoved, kinds: [.audio, .video], at: $1) },
        { $0.lost(.botRemoved, kinds: [.audio, .video], at: $1) },
        { $0.lost(.forwardingRemoved, kinds: [.video], at: $1) },
        { $0.lost(.publicationRemoved, kinds: [.video], at: $1) },
        { $0.lost(.channelDeleted, kinds: [.audio, .video], at: $1) },
        { $0.transportClosed("a", kinds: [.audio, .video], at: $1) },
    ]

    @Test("What SkyWay takes away is made again, and the publisher stays", arguments: 0..<6)
    func losses(index: Int) {
        var machine = live()
        let now = ContinuousClock.now
        #expect(Self.losses[index](&machine, now) == .recover)
        guard case .recovering(let recovery) = machine.phase else {
            Issue.record("\(machine.phase)")
            return
        }
        #expect(recovery.since == now && recovery.attempt == 1)
        let later = now + .seconds(1)
        guard case .restore = machine.nextStep(at: later) else {
            Issue.record("nothing is restored")
            return
        }
        machine.transportsOpened(["b"])
        #expect(machine.restored(at: later) == .none)
        #expect(machine.relayPublished(.audio) == .none && machine.relayPublished(.video) == .none)
        #expect(machine.phase == .recovering(recovery))
        #expect(machine.transportConnected("b", at: later) == .announce)
        #expect(machine.phase == .live && machine.recovery == nil)
    }

    @Test("What is lost while the publisher is away is made again too, and is no end of waiting")
    func lossWhileWaiting() {
        var machine = flowing()
        let now = ContinuousClock.now
        _ = machine.publisherLost(.publisherSilent, wasFlowing: false)
        #expect(machine.transportClosed("a", kinds: [.audio, .video], at: now) == .recover)
        #expect(machine.phase == .waiting && machine.recovery?.reason == .transportClosed)
        _ = machine.nextStep(at: now + .seconds(1))
        machine.transportsOpened(["b"])
        _ = machine.restored(at: now + .seconds(1))
        _ = machine.relayPublished(.audio)
        _ = machine.relayPublished(.video)
        _ = machine.transportConnected("b", at: now + .seconds(2))
        #expect(machine.phase == .waiting && machine.recovery == nil)
    }

    @Test("A path that falls silent and answers again by itself asks for nothing more")
    func silence() {
        var machine = live()
        let now = ContinuousClock.now
        #expect(machine.transportSilent("a", at: now) == .recover)
        #expect(machine.phase == .recovering(Recovery(.pathLost, since: now)))
        #expect(machine.nextStep(at: now) == .restartICE("a"))
        #expect(machine.transportAnswers("a", at: now) == .announce)
        #expect(machine.phase == .live)
        #expect(machine.nextStep(at: now) == .rest)
    }

    @Test("A path alone makes no connection")
    func pathWithoutKeys() {
        var machine = Machine(kinds: [.video], mayWait: true)
        for step in Self.steps where machine.phase != .live { _ = step(&machine) }
        machine.transportsOpened(["b"])
        #expect(machine.transportAnswers("b") == .none)
        #expect(machine.transportConnected("b") == .none)
    }

    @Test("A path that falls silent before there are keys is sought until it answers, and no longer")
    func silenceBeforeKeys() {
        var machine = live()
        let now = ContinuousClock.now
        machine.transportsOpened(["b"])
        #expect(machine.transportSilent("b", at: now) == .recover)
        #expect(machine.nextStep(at: now) == .restartICE("b"))
        #expect(machine.transportAnswers("b", at: now) == .none)
        #expect(machine.nextStep(at: now) == .rest)
        #expect(machine.phase != .live)
        #expect(machine.transportConnected("b", at: now) == .announce)
        #expect(machine.phase == .live && machine.recovery == nil)
    }

    @Test("Nothing is torn down that has not ended")
    func tearsDownOnlyWhatEnded() {
        var machine = live()
        machine.tornDown()
        #expect(machine.phase == .live)
    }
}
