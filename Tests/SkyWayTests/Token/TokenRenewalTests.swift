// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import SkyWay

@Suite("When tokens are renewed")
struct TokenRenewalTests {
    /// The server's time at which everything begins.
    private static let start = 1_790_000_000.0

    /// A token that ends so many seconds after the beginning.
    private static func token(_ end: Double, _ number: Int = 0) throws -> AuthToken {
        let times = #""iat":\#(Int(start)),"exp":\#(Int(start + end))"#
        return try UnsignedToken.decode(scope: #"{"appId":"A","rooms":[]}"#, times: times, number: number)
    }

    private static func machine(_ life: Double = 90, isRenewable: Bool = true) throws -> TokenRenewalStateMachine {
        TokenRenewalStateMachine(try token(life), isRenewable: isRenewable, at: start, jitter: 0)
    }

    @Test(
        "at 60 % of the life or 60 s before its end, whichever is earlier, but not before 30 %",
        arguments: [(45, 13.5), (60, 18), (90, 30), (120, 60), (150, 90), (300, 180), (3_600, 2_160), (86_400, 51_840)]
    )
    func moment(life: Double, expected: Double) {
        let latest = TokenLife.renewal(of: .seconds(life), jitter: 0) / .seconds(1)
        #expect(abs(latest - expected) < 0.001)
        let earliest = TokenLife.renewal(of: .seconds(life), jitter: 0.999) / .seconds(1)
        #expect(earliest >= life * 0.3 && earliest <= latest && latest - earliest <= life * 0.05)
    }

    @Test("waits, gets, has it taken, and waits for the next one")
    func cycle() throws {
        var machine = try Self.machine()
        #expect(machine.next(at: Self.start) == .wait(.seconds(30)))
        #expect(machine.next(at: Self.start + 29) == .wait(.seconds(1)))
        #expect(machine.next(at: Self.start + 30) == .get)
        let next = try Self.token(120, 1)
        machine.got(next, at: Self.start + 30, jitter: 0)
        // Requests carry it from now on, whatever the RTC API says to it.
        #expect(machine.token == next)
        #expect(machine.next(at: Self.start + 30) == .update(next))
        machine.updated()
        #expect(machine.next(at: Self.start + 31) == .wait(.seconds(29)))
    }

    @Test("a long wait is looked at again each minute, so that another clock counts")
    func longWait() throws {
        var machine = try Self.machine(86_400)
        #expect(machine.next(at: Self.start) == .wait(.seconds(60)))
        // The server's clock turns out to be half a day ahead.
        #expect(machine.next(at: Self.start + 52_000) == .get)
    }

    /// One life of a link with tokens of 90 s, second by second.
    private struct Run {
        var renewals = 0
        var attempts = 0
        var secondsWithout = 0.0
        var news = 0
        var backAfter: Double?
    }

    private static func run(
        life: Double,
        seconds: Double,
        isDown: (Double) -> Bool = { _ in false },
        isDeaf: (Double) -> Bool = { _ in false },
        jitter: Double = 0.5
    ) throws -> Run {
        var machine = TokenRenewalStateMachine(try token(life), isRenewable: true, at: start, jitter: jitter)
        var (now, run) = (start, Run())
        while now < start + seconds {
            let elapsed = now - start
            switch machine.next(at: now) {
            case .wait(let wait):
                let until = now + wait / .seconds(1)
                run.secondsWithout += max(0, until - max(now, Double(machine.token.expiresAt)))
                now = until
            case .get:
                run.attempts += 1
                if isDown(elapsed) {
                    if machine.gotNone(at: now, jitter: jitter) { run.news += 1 }
                } else {
                    if run.news > 0, run.backAfter == nil { run.backAfter = elapsed }
                    machine.got(try token(elapsed + life, run.attempts), at: now, jitter: jitter)
                }
            case .update:
                run.attempts += 1
                if isDeaf(elapsed) {
                    _ = machine.notUpdated(SkyWayError(.timeout, .rtcAPI), at: now, jitter: jitter)
                } else {
                    machine.updated()
                    run.renewals += 1
                }
            case .end(let error):
                throw error
            }
        }
        return run
    }

    @Test("tokens of 90 s are renewed every 30 s over 10 minutes, with no moment without one")
    func tenMinutes() throws {
        let run = try Self.run(life: 90, seconds: 600)
        #expect((19...22).contains(run.renewals))
        #expect(run.secondsWithout == 0 && run.news == 0)
    }

    @Test("a token server that is down for 60 s is asked on and on, told of once, not missed", arguments: [180, 300])
    func serverDown(life: Double) throws {
        let due = TokenLife.renewal(of: .seconds(life), jitter: 0.5) / .seconds(1)
        let run = try Self.run(life: life, seconds: 600, isDown: { (due - 1...due + 59).contains($0) })
        #expect(run.news == 1)
        #expect(run.attempts < 40)
        #expect(run.secondsWithout == 0)
        #expect(try #require(run.backAfter) <= due + 59 + 5)
    }

    @Test("with tokens of 90 s the same outage costs 5 s without one at most")
    func serverDownWithShortTokens() throws {
        let run = try Self.run(life: 90, seconds: 600, isDown: { (27...87).contains($0) })
        #expect(run.secondsWithout <= 5 && run.news == 1)
        #expect(try #require(run.backAfter) <= 92)
    }

    @Test("a token that the RTC API does not take in all its time is replaced by another one")
    func deaf() throws {
        let run = try Self.run(life: 90, seconds: 300, isDeaf: { (25...200).contains($0) })
        #expect(run.secondsWithout == 0)
        #expect(run.attempts < 100 && run.renewals >= 2)
    }

    @Test("pauses grow with the square of the attempt, at random up to double, and never over 5 s")
    func pauses() throws {
        var machine = try Self.machine()
        var now = Self.start + 30
        var pauses: [Duration] = []
        #expect(machine.next(at: now) == .get)
        for attempt in 0..<9 {
            #expect(machine.gotNone(at: now, jitter: 0) == (attempt == 0))
            guard case .wait(let pause) = machine.next(at: now) else { break }
            pauses.append(.milliseconds(Int64((pause / .milliseconds(1)).rounded())))
            now += pause / .seconds(1) + 0.001
            #expect(machine.next(at: now) == .get)
        }
        #expect(pauses == [100, 400, 900, 1600, 2500, 3600, 4900, 5000, 5000].map { .milliseconds($0) })
    }

    @Test(
        "what follows when the RTC API does not take it",
        arguments: [
            (SkyWayError.Code.tokenRefused, TokenRenewalStateMachine.Refusal.reconnect),
            (.usageLimitReached, .end(SkyWayError(.usageLimitReached, .rtcAPI))),
            (.stopped, .end(SkyWayError(.stopped, .rtcAPI))), (.timeout, .again), (.rateLimited, .again),
            (.unreachable, .again), (.serviceFailure, .again),
        ]
    )
    func notTaken(code: SkyWayError.Code, expected: TokenRenewalStateMachine.Refusal) throws {
        var machine = try Self.machine()
        #expect(machine.next(at: Self.start + 30) == .get)
        machine.got(try Self.token(120, 1), at: Self.start + 30, jitter: 0)
        #expect(machine.notUpdated(SkyWayError(code, .rtcAPI), at: Self.start + 30, jitter: 0) == expected)
    }

    @Test("a refused token is replaced at once, but not one that has only just come")
    func refused() throws {
        var machine = try Self.machine()
        let first = machine.token
        #expect(machine.refused(first, at: Self.start + 5) == true)
        #expect(machine.next(at: Self.start + 5) == .get)
        machine.got(try Self.token(120, 1), at: Self.start + 5, jitter: 0)
        // The old one is refused here and there for a while; that is no news.
        #expect(machine.refused(first, at: Self.start + 5) == true)
        #expect(machine.next(at: Self.start + 5) == .update(machine.token))
        machine.updated()
        #expect(machine.refused(machine.token, at: Self.start + 6) == false)
        #expect(machine.next(at: Self.start + 6) == .wait(.seconds(1)))
        #expect(machine.next(at: Self.start + 7) == .get)
    }

    @Test("one that is refused while it is being told is replaced all the same")
    func refusedMeanwhile() throws {
        var machine = try Self.machine()
        #expect(machine.next(at: Self.start + 30) == .get)
        machine.got(try Self.token(120, 1), at: Self.start + 30, jitter: 0)
        _ = machine.refused(machine.token, at: Self.start + 33)
        machine.updated()
        #expect(machine.next(at: Self.start + 33) == .get)
    }

    @Test("a token that can't be renewed ends the link in time to leave, or when it is refused", arguments: [85, 10])
    func fixed(seconds: Double) throws {
        var machine = try Self.machine(isRenewable: false)
        #expect(machine.next(at: Self.start + 84) == .wait(.seconds(1)))
        if seconds < 85 { #expect(machine.refused(machine.token, at: Self.start + seconds) == false) }
        guard case .end(let error) = machine.next(at: Self.start + seconds) else {
            Issue.record("goes on")
            return
        }
        #expect(error.code == .tokenRefused && error.advice.contains("SKYWAY_AUTH_TOKEN"))
    }
}

@Suite("SkyWay's clock")
struct SkyWayClockTests {
    @Test("goes on from what the server said, not from what this machine says")
    func goesOn() {
        let clock = SkyWayClock()
        #expect(!clock.isKnown)
        #expect(abs(clock.now() - Date().timeIntervalSince1970) < 5)
        clock.set(1_000)
        #expect(clock.isKnown)
        let now = ContinuousClock.now
        let passed = clock.now(at: now + .seconds(600)) - clock.now(at: now)
        #expect(abs(passed - 600) < 0.001)
        #expect((1_000..<1_030).contains(clock.now()))
    }

    @Test(
        "reads the date of an answer",
        arguments: [
            ("Thu, 01 Jan 1970 00:01:00 GMT", 60.0), ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777), ("yesterday", nil),
            ("", nil),
        ]
    )
    func date(text: String, seconds: Double?) {
        #expect(SkyWayClock.seconds(ofDate: text) == seconds)
    }
}
