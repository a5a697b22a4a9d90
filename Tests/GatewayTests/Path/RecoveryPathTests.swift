// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import RTC
import RTCDriver
import Testing

@testable import Gateway
@testable import SkyWay

/// What SkyWay's side loses while a broadcast is live, one thing at a time: the publisher's session stays, a viewer sees
/// the picture again, and what can stay in the room stays (protocol page §8.2).
@Suite("Recovery on the whole path", .serialized, .timeLimit(.minutes(2)))
struct RecoveryPathTests {
    /// To be live again after a loss that was told; doubled, since these tests share their machine with others.
    private static let told = Duration.seconds(6)

    @Test("A forwarding that is removed is made again: member, publications and the other relay stay")
    func forwardingRemoved() async throws {
        try await RecoveryPath.run { path in
            let relay = try #require(try await path.holdings().relays["video"])
            let (before, after, elapsed) = try await path.lose(
                #"{"fault":"remove-forwarding","forwarding":"\#(relay)"}"#
            )
            #expect(after.member == before.member && after.origins == before.origins && after.bot == before.bot)
            #expect(after.relays["audio"] == before.relays["audio"])
            #expect(elapsed < Self.told)
        }
    }

    @Test("A bot that is removed is replaced, and forwards the same publications")
    func botRemoved() async throws {
        try await RecoveryPath.run { path in
            let (before, after, elapsed) = try await path.lose(#"{"fault":"remove-bot","channel":"studio"}"#)
            #expect(after.bot != before.bot)
            #expect(after.member == before.member && after.origins == before.origins)
            #expect(elapsed < Self.told)
        }
    }

    @Test("A publication that somebody removes is published again, and the other one stays as it is")
    func publicationRemoved() async throws {
        try await RecoveryPath.run { path in
            let origin = try #require(try await path.holdings().origins["video"])
            let (before, after, elapsed) = try await path.lose(
                #"{"fault":"remove-publication","publication":"\#(origin)"}"#
            )
            #expect(after.member == before.member && after.bot == before.bot)
            #expect(after.origins["audio"] == before.origins["audio"])
            #expect(after.relays["audio"] == before.relays["audio"])
            #expect(elapsed < Self.told)
        }
    }

    @Test("A member that is removed joins again, with publications and a transport of its own")
    func memberRemoved() async throws {
        try await RecoveryPath.run { path in
            let member = try #require(try await path.holdings().member)
            let (before, after, elapsed) = try await path.lose(#"{"fault":"remove-member","member":"\#(member)"}"#)
            #expect(after.member != before.member && after.bot == before.bot)
            #expect(elapsed < Self.told * 2)
        }
    }

    @Test("A transport that the SFU closes is replaced, for the same publications")
    func dtlsClosed() async throws {
        try await RecoveryPath.run { path in
            let (before, after, elapsed) = try await path.lose(#"{"fault":"close-dtls","direction":"sending"}"#)
            #expect(after.member == before.member && after.origins == before.origins && after.bot == before.bot)
            #expect(elapsed < Self.told)
        }
    }

    @Test("A transport that the SFU forgets is found out by its silence, and replaced for the same publications")
    func transportDropped() async throws {
        try await RecoveryPath.run { path in
            let (before, after, elapsed) = try await path.lose(#"{"fault":"drop-transport","direction":"sending"}"#)
            #expect(after.member == before.member && after.origins == before.origins && after.bot == before.bot)
            #expect(elapsed < Self.told * 2)
        }
    }

    @Test("A path that is silent for a while loses nobody: an ICE restart, and the same viewer goes on")
    func pathSilent() async throws {
        try await RecoveryPath.run { path in
            let before = try await path.holdings()
            try await path.path.fault(#"{"fault":"ignore-stun","direction":"sending","seconds":6}"#)
            try await path.path.fault(#"{"fault":"lose-media","direction":"sending","incoming":100,"outgoing":100,"seconds":6}"#)
            while try await path.state == "live" { try await Task.sleep(for: .milliseconds(20)) }
            while try await path.state != "live" { try await Task.sleep(for: .milliseconds(20)) }
            await path.record.receives(50)
            #expect(try await path.holdings() == before)
        }
    }

    @Test("All at once: everybody is removed, bots too, and the sockets drop")
    func everythingLost() async throws {
        try await RecoveryPath.run { path in
            let member = try #require(try await path.holdings().member)
            let (before, after, elapsed) = try await path.lose(
                #"{"fault":"drop-sockets"}"#,
                #"{"fault":"remove-member","member":"\#(member)"}"#,
                #"{"fault":"remove-bot","channel":"studio"}"#
            )
            #expect(after.member != before.member && after.bot != before.bot)
            #expect(elapsed < Self.told * 2)
        }
    }

    @Test("The RTC API's sockets are lost for ten seconds: nothing is missing, and a viewer meanwhile is let in afterwards")
    func socketsLost() async throws {
        try await RecoveryPath.run { path in
            let before = try await path.holdings()
            try await path.path.fault(#"{"fault":"refuse-sockets","seconds":10,"abrupt":true}"#)
            try await path.path.fault(#"{"fault":"drop-sockets"}"#)
            await path.record.receives(300)
            #expect(try await path.state == "live")
            await path.record.receives(900)
            let numbers = path.record.numbers
            #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $1 == $0 + 1 })
            try await path.arrives()
            #expect(try await path.holdings() == before)
        }
    }

    @Test(
        "Answers that are lost do nothing twice: what was done is found in the room",
        arguments: ["addMember", "publishStream", "startForwarding", "createProducer"]
    )
    func answersLost(method: String) async throws {
        try await RecoveryPath.run {
            $0.skyWay.callTimeout = .seconds(2)
            $0.skyWay.requestTimeout = .seconds(2)
        } _: { path in
            let member = try #require(try await path.holdings().member)
            let (_, after, _) = try await path.lose(
                #"{"fault":"lose-calls","method":"\#(method)","count":1}"#,
                #"{"fault":"remove-member","member":"\#(member)"}"#
            )
            let snapshot = try await path.path.snapshot(RecoveryPath.room)
            #expect(snapshot.publications.count == 4)
            #expect(snapshot.members.count { $0.name == snapshot.members.first { $0.id == after.member }?.name } == 1)
        }
    }

    @Test(
        "What fails for a while is tried again until it works",
        arguments: [
            #""method":"startForwarding","status":500,"count":3"#, #""method":"createBot","status":503,"count":3"#,
            #""method":"addMember","code":-32603,"count":3"#, #""method":"startForwarding","status":429,"count":1"#,
            #""method":"publishStream","code":429,"count":1"#, #""method":"startForwarding","status":404,"count":4"#,
        ]
    )
    func failsForAWhile(fields: String) async throws {
        try await RecoveryPath.run { path in
            let member = try #require(try await path.holdings().member)
            _ = try await path.lose(
                #"{"fault":"fail-calls",\#(fields)}"#,
                #"{"fault":"remove-bot","channel":"studio"}"#,
                #"{"fault":"remove-member","member":"\#(member)"}"#
            )
        }
    }

    @Test("A SkyWay that begins anew with nothing, after a while in which nobody was there, gets all of it again")
    func restarted() async throws {
        try await RecoveryPath.run { path in
            let before = try await path.holdings()
            await path.path.skyWay.replace(after: .seconds(3))
            let (after, elapsed) = try await path.recovers(from: before, since: .now)
            #expect(after.channel != before.channel && after.member != before.member)
            #expect(elapsed < Self.told * 2)
            try await path.arrives()
        }
    }

    @Test("A room that is not there any more and may not be made ends the broadcast")
    func roomGone() async throws {
        try await WholePath.run {
            $0.mayCreateRooms = false
        } _: { path in
            _ = try await path.call("studio") { try await $0.findOrCreateChannel(name: "studio") }
            let publisher = try await SteppedPublisher.start(in: "studio", on: path)
            await path.skyWay.replace(after: .zero)
            var reason: SessionCloseReason?
            for await event in publisher.session.events {
                if case .closed(let closed) = event { reason = closed }
            }
            #expect(reason == .remote)
        }
    }
}
