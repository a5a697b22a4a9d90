// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import RTC
import RTCDriver
import Testing
import WHIPClient

@testable import Gateway
@testable import SkyWay

/// A room on the whole path in which publishers come and go.
struct ComingBack {
    /// The room.
    static let name = "studio"

    /// The rules of the gateway, in short.
    static let rules: TakeoverRules = {
        var rules = TakeoverRules()
        rules.silence = .milliseconds(300)
        rules.pause = .milliseconds(100)
        rules.patience = .milliseconds(450)
        return rules
    }()

    let path: WholePath

    /// Who and what is in the room: what has to stay.
    struct Room: Equatable {
        var members: Set<String>
        /// The ids of what our members publish, by kind.
        var publications: [String: String]
        var subscriptions: Set<String>
    }

    /// Publishes in the room.
    func publish(
        codecs: [RTPCodec] = SteppedPublisher.codecs,
        others: [RTPCodec] = [],
        bearer: String? = "a",
        first: UInt32 = 0
    ) async throws -> SteppedPublisher {
        try await SteppedPublisher.start(
            in: Self.name,
            codecs: codecs,
            others: others,
            bearer: bearer,
            first: first,
            on: path
        )
    }

    /// Watches the room until media has come.
    func watch(_ publisher: SteppedPublisher) async throws -> StayingViewer {
        let (session, records) = try await path.watch(Self.name)
        let viewer = StayingViewer(session: session, records: records)
        for kind in MediaKind.allCases { try await viewer.receives(20, from: 0, kind: kind) }
        return viewer
    }

    /// Waits until the broadcast is live and media of a publisher has come to the gateway.
    func flows(_ publisher: SteppedPublisher) async throws {
        try await reaches("live")
        while try await publisher.session.statistics().session.packetsSent < 20 {
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Cuts the network of a publisher, for longer than a session is taken for flowing.
    func lose(_ publisher: SteppedPublisher) async throws {
        try await publisher.cut()
        try await Task.sleep(for: Self.rules.silence + .milliseconds(50))
    }

    /// What the gateway says of the room; `nil` where it is not on the air.
    func state() async throws -> String? {
        let live = try await path.request("GET", "http://127.0.0.1:\(path.gatewayPort)/api/v1/live").body
        return live.firstMatch(of: /"state":"([a-z]+)"/).map { String($0.1) }
    }

    /// Waits until the gateway says so.
    func reaches(_ wanted: String) async throws {
        while try await state() != wanted { try await Task.sleep(for: .milliseconds(20)) }
    }

    /// The members that publish in the room.
    func members() async throws -> Set<String> {
        Set(try await path.snapshot(Self.name).publications.filter { $0.origin == nil }.map(\.publisherID))
    }

    /// Who and what is in the room.
    func room() async throws -> Room {
        let snapshot = try await path.snapshot(Self.name)
        let own = snapshot.publications.filter { $0.origin == nil }.map { ($0.contentType, $0.id) }
        return Room(
            members: Set(snapshot.members.map(\.id)),
            publications: Dictionary(own) { first, _ in first },
            subscriptions: Set(snapshot.subscriptions.map(\.id))
        )
    }
}

/// A viewer that stays while publishers come and go.
struct StayingViewer {
    let session: MediaSession
    let records: [MediaKind: NumberedSink.Record]

    private func packets(_ kind: MediaKind, from first: UInt32) -> [NumberedPacket] {
        (records[kind]?.packets ?? []).filter { $0.number >= first }
    }

    /// Waits for so many more packets with numbers from there on.
    func receives(_ count: Int, from first: UInt32, kind: MediaKind = .video) async throws {
        let wanted = packets(kind, from: first).count + count
        while packets(kind, from: first).count < wanted { try await Task.sleep(for: .milliseconds(10)) }
    }

    /// Checks that the streams went on where a publisher came back: the same stream, no number left out, and time as it
    /// passed, in sound and picture alike.
    func expectContinuity(at first: UInt32, kinds: [MediaKind] = MediaKind.allCases) throws {
        var offsets: [Double] = []
        for kind in kinds {
            let before = try #require(records[kind]?.packets.last { $0.number < first })
            let after = try #require(packets(kind, from: first).first)
            #expect(after.header.ssrc == before.header.ssrc)
            #expect(after.header.sequenceNumber &- before.header.sequenceNumber == 1)
            let rate = kind == .audio ? 48_000.0 : 90_000.0
            let told = Double(after.header.timestamp &- before.header.timestamp) / rate
            let passed = (after.at - before.at) / .seconds(1)
            #expect(abs(told - passed) < 0.1, "\(kind): \(told) s told, \(passed) s passed")
            offsets.append(told - passed)
        }
        #expect((offsets.max() ?? 0) - (offsets.min() ?? 0) < 0.1)
    }
}

/// An event of the hook as a service reads it.
struct HookEventRead: Decodable {
    struct Content: Decodable {
        var id: String
        var resumedBy: String?
        var reason: String?
    }

    var type: String
    var data: Content

    init(_ received: StubService.Received) throws {
        self = try JSONDecoder().decode(HookEventRead.self, from: Data(received.body.utf8))
    }
}
