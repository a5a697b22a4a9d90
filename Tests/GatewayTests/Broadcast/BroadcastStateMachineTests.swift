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
        var machine = Machine(kinds: [.audio, .video])
        for step in Self.steps { _ = step(&machine) }
        return machine
    }

    @Test("A new one prepares, and has answered nobody")
    func begins() {
        let machine = Machine(kinds: [.video])
        #expect(machine.phase == .preparing)
        #expect(!machine.isAnswered)
        #expect(machine.endReason == nil)
    }

    @Test("The answer makes it connecting, which is announced")
    func answered() {
        var machine = Machine(kinds: [.video])
        #expect(machine.answered() == .announce)
        #expect(machine.phase == .connecting)
        #expect(machine.answered() == .none)
    }

    @Test("It is live once everything is there, and only then")
    func becomesLive() {
        var machine = Machine(kinds: [.audio, .video])
        for step in Self.steps.dropLast() { _ = step(&machine) }
        #expect(machine.phase == .connecting)
        #expect(machine.publisherConnected() == .announce)
        #expect(machine.phase == .live)
    }

    @Test("It is not live while one thing is missing", arguments: 0..<7)
    func isNotLiveWithout(missing: Int) {
        var machine = Machine(kinds: [.audio, .video])
        for (index, step) in Self.steps.enumerated() where index != missing { _ = step(&machine) }
        // Without a transport of its own being announced, a connected one still counts.
        #expect(missing == 1 || machine.phase != .live)
    }

    @Test("The order in which things come does not matter")
    func orderDoesNotMatter() {
        var machine = Machine(kinds: [.audio])
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
            Loss(reason: .publisherClosed) { $0.publisherClosed(.remote) },
            Loss(reason: .publisherSilent) { $0.publisherClosed(.silent) },
            Loss(reason: .excessiveBitrate) { $0.publisherClosed(.excessiveBitrate) },
            Loss(reason: .publisherFailed(.fingerprintMismatch)) { $0.publisherClosed(.dtls(.fingerprintMismatch)) },
            Loss(reason: .transportLost) { $0.transportClosed("a") },
            Loss(reason: .noCommonCodec) { $0.failed(.noCommonCodec) },
            Loss(reason: .deleted) { $0.end(.deleted) },
            Loss(reason: .skyWayLost(SkyWayError(.channelDeleted, .rtcAPI))) {
                $0.end(.skyWayLost(SkyWayError(.channelDeleted, .rtcAPI)))
            },
        ]
    )
    func ends(loss: Loss) {
        for start in [Machine(kinds: [.video]), live()] {
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
        #expect(machine.publisherClosed(.remote) == .none)
        #expect(machine.end(.shutdown) == .none)
        for step in Self.steps { #expect(step(&machine) == .none) }
        #expect(machine.phase == .ending(.deleted))
        machine.tornDown()
        #expect(machine.phase == .ended(.deleted))
        #expect(machine.end(.shutdown) == .none)
        #expect(machine.phase == .ended(.deleted))
    }

    @Test("Nothing is torn down that has not ended")
    func tearsDownOnlyWhatEnded() {
        var machine = live()
        machine.tornDown()
        #expect(machine.phase == .live)
    }
}
