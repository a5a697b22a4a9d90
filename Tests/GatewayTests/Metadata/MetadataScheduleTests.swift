// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import SkyWay
import Testing

@testable import Gateway

/// In virtual time: moments are durations from a beginning.
@Suite("When metadata are changed")
struct MetadataScheduleTests {
    private static let start = ContinuousClock.now

    private static func at(_ seconds: Double) -> ContinuousClock.Instant { start + .seconds(seconds) }

    private func joined(_ subject: MetadataSubject = .video, with text: String = "a") -> MetadataSchedule {
        var schedule = MetadataSchedule()
        schedule.joined(subject, with: text)
        return schedule
    }

    @Test("what something came in with is not sent again")
    func joining() {
        var schedule = joined()
        #expect(schedule.next(at: Self.at(100)) == .idle)
        schedule.want("a", of: .video, at: Self.at(100))
        #expect(schedule.next(at: Self.at(200)) == .idle)
    }

    @Test("what changes within half a second goes together, the latest text")
    func settling() {
        var schedule = joined()
        schedule.want("b", of: .video, at: Self.at(1))
        #expect(schedule.next(at: Self.at(1)) == .wait(until: Self.at(1.5)))
        schedule.want("c", of: .video, at: Self.at(1.4))
        #expect(schedule.next(at: Self.at(1.4)) == .wait(until: Self.at(1.5)))
        #expect(schedule.next(at: Self.at(1.5)) == .send(.video, "c"))
    }

    @Test("what goes back before it is sent is not sent")
    func back() {
        var schedule = joined()
        schedule.want("b", of: .video, at: Self.at(1))
        schedule.want("a", of: .video, at: Self.at(1.2))
        #expect(schedule.next(at: Self.at(10)) == .idle)
    }

    @Test("of one thing at most one change in 5 s is sent, and then the latest text")
    func interval() {
        var schedule = joined()
        schedule.want("b", of: .video, at: Self.at(0))
        #expect(schedule.next(at: Self.at(1)) == .send(.video, "b"))
        schedule.sent(.video, at: Self.at(1))
        for text in ["c", "d", "e"] { schedule.want(text, of: .video, at: Self.at(2)) }
        #expect(schedule.next(at: Self.at(5.9)) == .wait(until: Self.at(6)))
        #expect(schedule.next(at: Self.at(6)) == .send(.video, "e"))
    }

    @Test("each thing has a time of its own")
    func apart() {
        var schedule = joined()
        schedule.joined(.member, with: "a")
        schedule.want("b", of: .video, at: Self.at(0))
        #expect(schedule.next(at: Self.at(1)) == .send(.video, "b"))
        schedule.sent(.video, at: Self.at(1))
        schedule.want("b", of: .member, at: Self.at(1))
        schedule.want("c", of: .video, at: Self.at(1))
        #expect(schedule.next(at: Self.at(2)) == .send(.member, "b"))
    }

    @Test("what changes while a change is under way follows 5 s after it")
    func underway() {
        var schedule = joined()
        schedule.want("b", of: .video, at: Self.at(0))
        #expect(schedule.next(at: Self.at(1)) == .send(.video, "b"))
        schedule.want("c", of: .video, at: Self.at(2))
        #expect(schedule.next(at: Self.at(20)) == .idle)
        schedule.sent(.video, at: Self.at(21))
        #expect(schedule.next(at: Self.at(21)) == .wait(until: Self.at(26)))
        #expect(schedule.next(at: Self.at(26)) == .send(.video, "c"))
    }

    @Test("a failure is tried again after 5 s, 10 s, 20 s, 40 s and then each 60 s, with the latest text")
    func failures() {
        var schedule = joined()
        schedule.want("b", of: .video, at: Self.at(0))
        var now = 0.5
        for pause in [5.0, 10, 20, 40, 60, 60] {
            #expect(schedule.next(at: Self.at(now)) == .send(.video, "b"))
            schedule.failed(.video, isFinal: false, at: Self.at(now))
            #expect(schedule.next(at: Self.at(now)) == .wait(until: Self.at(now + pause)))
            now += pause
        }
        schedule.want("c", of: .video, at: Self.at(now))
        #expect(schedule.next(at: Self.at(now)) == .send(.video, "c"))
        schedule.sent(.video, at: Self.at(now))
        schedule.want("d", of: .video, at: Self.at(now))
        #expect(schedule.next(at: Self.at(now)) == .wait(until: Self.at(now + 5)))
    }

    @Test("a text that will never be taken is not tried again, another one is")
    func final() {
        var schedule = joined()
        schedule.want("b", of: .video, at: Self.at(0))
        #expect(schedule.next(at: Self.at(1)) == .send(.video, "b"))
        schedule.failed(.video, isFinal: true, at: Self.at(1))
        #expect(schedule.next(at: Self.at(100)) == .idle)
        schedule.want("c", of: .video, at: Self.at(100))
        #expect(schedule.next(at: Self.at(101)) == .send(.video, "c"))
    }

    @Test("what comes into the room again has its text with it, and no change is left over")
    func again() {
        var schedule = joined()
        schedule.want("b", of: .video, at: Self.at(0))
        #expect(schedule.next(at: Self.at(1)) == .send(.video, "b"))
        schedule.joined(.video, with: "b")
        schedule.failed(.video, isFinal: false, at: Self.at(2))
        #expect(schedule.next(at: Self.at(100)) == .idle)
    }

    @Test("a room that was there gets its text where it has another")
    func found() {
        var schedule = MetadataSchedule()
        schedule.found(.channel, with: "others'", wanting: "ours", at: Self.at(0))
        #expect(schedule.next(at: Self.at(0.5)) == .send(.channel, "ours"))
        schedule.found(.channel, with: "ours", wanting: "ours", at: Self.at(1))
        #expect(schedule.next(at: Self.at(10)) == .idle)
        schedule.found(.channel, with: nil, wanting: "", at: Self.at(1))
        #expect(schedule.next(at: Self.at(10)) == .idle)
    }

    @Test("what is not in the room is not changed")
    func absent() {
        var schedule = MetadataSchedule()
        schedule.want("a", of: .video, at: Self.at(0))
        #expect(schedule.next(at: Self.at(10)) == .idle)
    }
}
