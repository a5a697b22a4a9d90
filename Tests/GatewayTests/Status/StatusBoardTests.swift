// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPKit
import RTC
import Testing

@testable import Gateway
@testable import SkyWay

@Suite("The board of what is on the air", .timeLimit(.minutes(1)))
struct StatusBoardTests {
    private static func names(_ board: StatusBoard) -> [String] { board.events.events.map(\.value.happening.name) }

    @Test("Each change of a status is an event, and what was recovered says how long it took")
    func events() throws {
        let board = StatusBoard()
        var report = BroadcastReport.example()
        board.update(report)
        report.status = .live
        board.update(report)
        let lost = Date.now.addingTimeInterval(-3)
        for attempt in 1...3 {
            report.status = .recovering(.botRemoved, since: lost, attempt: attempt)
            board.update(report)
        }
        report.status = .live
        board.update(report)
        report.status = .waiting
        board.update(report)
        report.status = .ended(.notResumed)
        board.update(report)
        #expect(Self.names(board) == ["begun", "live", "recovering", "recovered", "waiting", "ended"])
        guard case .recovered(.botRemoved, let duration) = board.events.events[3].value.happening else {
            Issue.record("no recovery")
            return
        }
        #expect(duration > .seconds(2.9) && duration < .seconds(5))
        #expect(board.counters.ended == ["not-resumed": 1] && board.counters.begun == 1)
    }

    @Test("What ends leaves the air and is remembered, the newest first and not more than so many")
    func ended() {
        let board = StatusBoard()
        for number in 1...UInt64(StatusBoard.endedMemory + 5) {
            var report = BroadcastReport.example(number)
            board.update(report)
            report.status = .ended(.deleted)
            board.update(report)
            // What comes late brings nothing back.
            board.update(report)
        }
        #expect(board.broadcasts.isEmpty)
        #expect(board.ended.count == StatusBoard.endedMemory)
        #expect(board.ended.first?.id == BroadcastID(105) && board.ended.last?.id == BroadcastID(6))
        #expect(board.report(of: BroadcastID(105))?.status == .ended(.deleted))
        #expect(board.report(of: BroadcastID(5)) == nil)
        #expect(board.events.events.count == 2 * (StatusBoard.endedMemory + 5))
    }

    @Test("Figures alone are no news to those who watch, and are there when somebody asks")
    func figures() async throws {
        let board = StatusBoard()
        var report = BroadcastReport.example()
        report.transports = [.init(side: .publisher)]
        board.update(report)
        let watch = try #require(board.watch())
        #expect(watch.broadcasts.map(\.id) == [BroadcastID(1)] && watch.last == 1)
        report.transports[0].figures.bytes = 1_000
        board.update(report)
        report.status = .live
        board.update(report)
        var iterator = watch.changes.events.makeAsyncIterator()
        let change = try #require(await iterator.next() ?? nil)
        #expect(change.id == 2 && change.value.status == .live)
        #expect(board.broadcasts[0].transports[0].figures.bytes == 1_000)
    }

    @Test("Who watches and does not read is let go, whatever happens")
    func slow() async throws {
        let board = StatusBoard()
        var report = BroadcastReport.example()
        board.update(report)
        let watch = try #require(board.watch())
        for number in 0...300 {
            report.publisher.address = "192.0.2.\(number)"
            board.update(report)
        }
        for await _ in watch.changes.fallen {}
        var left = 0
        for await _ in watch.changes.events { left += 1 }
        #expect(left == 256)
    }

    @Test("There are no more watchers than so many")
    func bounded() {
        let board = StatusBoard()
        let watches = (0..<40).map { _ in board.watch() }
        #expect(watches.count { $0 != nil } == 32)
    }

    @Test("An event is one line of JSON whose names stay as they are", arguments: Self.happenings)
    func documents(happening: BroadcastEvent.Happening, text: String) throws {
        let event = BroadcastEvent(happening, of: BroadcastID(3), in: "studio")
        guard case .object(var fields) = event.document(id: 7) else {
            Issue.record("no object")
            return
        }
        #expect(fields.removeValue(forKey: "id") == 7)
        #expect(fields.removeValue(forKey: "broadcast") == "3")
        #expect(fields.removeValue(forKey: "channel") == "studio")
        guard case .string(let time)? = fields.removeValue(forKey: "time") else {
            Issue.record("no time")
            return
        }
        #expect(try /20[0-9-]{8}T[0-9:]{8}\.[0-9]{3}Z/.wholeMatch(in: time) != nil)
        #expect(JSONBody.text(fields) == text)
    }

    private static let happenings: [(BroadcastEvent.Happening, String)] = [
        (.begun, #"{"event":"begun"}"#),
        (
            .publisherConnected(session: "01234567", address: "192.0.2.1:5000"),
            #"{"address":"192.0.2.1:5000","event":"publisher-connected","session":"01234567"}"#
        ),
        (
            .recovering(.botRemoved),
            #"{"detail":"the bot that forwards the streams left the room","event":"recovering","reason":"bot-removed"}"#
        ),
        (
            .recovered(.pathLost, after: .milliseconds(1_234)),
            #"{"event":"recovered","reason":"path-lost","seconds":1.234}"#
        ),
        (
            .viewerConfirmed(.video, subscription: "s"),
            #"{"event":"viewer-confirmed","kind":"video","subscriptionId":"s"}"#
        ),
        (.tokenRenewed(life: .seconds(90)), #"{"event":"token-renewed","seconds":90}"#),
        (
            .metadataChanged(.channel, "on air"),
            #"{"event":"metadata-changed","metadata":"on air","subject":"channel"}"#
        ),
        (.ended(.deleted), #"{"detail":"deleted by the publisher","event":"ended","reason":"deleted"}"#),
    ]
}

@Suite("Whether SkyWay takes what the gateway is set up with")
struct SkyWayStandingTests {
    @Test(
        "What concerns all publishers counts, and what may be one room's or pass by itself does not",
        arguments: [
            (SkyWayError(.tokenRefused, .rtcAPI), true), (SkyWayError(.usageLimitReached, .sfu), true),
            (SkyWayError(.tokenRefused, .tokenServer), false), (SkyWayError(.scopeMissing, .rtcAPI), false),
            (SkyWayError(.unreachable, .rtcAPI), false), (SkyWayError(.timeout, .sfu), false),
            (SkyWayError(.channelNotFound, .rtcAPI), false), (SkyWayError(.limitReached, .rtcAPI), false),
        ]
    )
    func causes(error: SkyWayError, counts: Bool) {
        let standing = SkyWayStanding()
        standing.refused(error)
        #expect(standing.refusal() == (counts ? error : nil))
    }

    @Test("It counts for a minute, or until a publisher is taken")
    func memory() {
        let standing = SkyWayStanding()
        let now = ContinuousClock.now
        standing.refused(SkyWayError(.tokenRefused, .rtcAPI), at: now)
        #expect(standing.refusal(at: now + .seconds(59)) != nil)
        #expect(standing.refusal(at: now + .seconds(60)) == nil)
        // An outage in between says nothing else.
        standing.refused(SkyWayError(.unreachable, .rtcAPI), at: now + .seconds(1))
        #expect(standing.refusal(at: now + .seconds(59)) != nil)
        standing.taken()
        #expect(standing.refusal(at: now) == nil)
    }
}
