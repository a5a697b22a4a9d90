// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SkyWay

@Suite("Connection to the RTC API (protocol page §2.8)")
struct RTCAPIConnectionTests {
    private let unreachable = SkyWayError(.unreachable, .rtcAPI)
    private let refused = SkyWayError(.tokenRefused, .rtcAPI)

    private func open() -> RTCAPIConnectionStateMachine {
        var machine = RTCAPIConnectionStateMachine()
        #expect(machine.connecting() == true)
        #expect(machine.opened() == .ready)
        return machine
    }

    @Test("the first attempt is the only one")
    func firstFails() {
        var machine = RTCAPIConnectionStateMachine()
        #expect(machine.connecting() == true)
        #expect(machine.failed(unreachable, jitter: 0) == .stop(unreachable))
        #expect(machine.connecting() == false)
        #expect(machine.stopReason == unreachable)
    }

    @Test("a lost connection is made again, and requests are resumed", arguments: [1000, 1006, 1011, 4001] as [UInt16])
    func reconnects(code: UInt16) {
        var machine = open()
        #expect(machine.lost(closeCode: code, jitter: 0) == .reconnect(after: .milliseconds(100)))
        #expect(machine.connecting() == true)
        #expect(machine.opened() == .resume)
    }

    @Test("4291 is final")
    func usageLimit() {
        var machine = open()
        #expect(machine.lost(closeCode: 4291, jitter: 0) == .stop(SkyWayError(.usageLimitReached, .rtcAPI)))
        #expect(machine.connecting() == false)
    }

    @Test("waits grow with the square of the attempt, at random up to double, and never over 5 s")
    func waits() {
        var machine = open()
        var waits: [Duration] = []
        guard case .reconnect(let first) = machine.lost(closeCode: 1006, jitter: 0) else { return }
        waits.append(first)
        for _ in 0..<9 {
            #expect(machine.connecting() == true)
            guard case .reconnect(let wait) = machine.failed(unreachable, jitter: 0) else { return }
            waits.append(wait)
        }
        #expect(waits == [100, 400, 900, 1600, 2500, 3600, 4000, 4000, 4000, 4000].map { .milliseconds($0) })
        #expect(machine.connecting() == true)
        #expect(machine.opened() == .resume)
        #expect(machine.lost(closeCode: 1006, jitter: 0.5) == .reconnect(after: .milliseconds(150)))
    }

    @Test("a connection that is closed as soon as it is open is one that could not be made")
    func brief() {
        var machine = open()
        var waits: [Duration] = []
        for _ in 0..<4 {
            guard case .reconnect(let wait) = machine.lost(closeCode: 1013, wasBrief: true, jitter: 1) else { return }
            waits.append(wait)
            #expect(machine.connecting() == true)
            #expect(machine.opened() == .resume)
        }
        #expect(waits == [800, 1800, 3200, 5000].map { .milliseconds($0) })
        #expect(machine.lost(closeCode: 1013, jitter: 0) == .reconnect(after: .milliseconds(100)))
    }

    @Test("a refused token is replaced before the next attempt; the third one in a row that is refused ends it")
    func refusedLater() {
        var machine = open()
        _ = machine.lost(closeCode: 1006, jitter: 0)
        #expect(machine.connecting() == true)
        #expect(machine.failed(refused, jitter: 0) == .renewToken(after: .milliseconds(400)))
        #expect(machine.connecting() == true)
        #expect(machine.failed(refused, refusals: 2, jitter: 0) == .renewToken(after: .milliseconds(900)))
        #expect(machine.connecting() == true)
        #expect(machine.failed(refused, refusals: 3, jitter: 0) == .stop(refused))
        #expect(machine.connecting() == false)
    }

    @Test("nothing is connected after the end, and a connection that comes too late is closed")
    func stopped() {
        var machine = RTCAPIConnectionStateMachine()
        #expect(machine.connecting() == true)
        machine.stop(SkyWayError(.stopped, .gateway))
        #expect(machine.opened() == .close)
        #expect(machine.lost(closeCode: 1000, jitter: 0) == .stop(SkyWayError(.stopped, .gateway)))
        #expect(machine.connecting() == false)
    }
}
