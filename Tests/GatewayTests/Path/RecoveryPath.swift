// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import RTC
import RTCDriver
import Testing

@testable import Gateway
@testable import SkyWay

/// What a room holds of a broadcast, by which one sees what stayed over a loss.
struct Holdings: Equatable {
    var channel: String
    var member: String?
    var bot: String?
    /// Ids of what the publisher publishes, by kind.
    var origins: [String: String]
    /// Ids of what viewers subscribe to, by kind.
    var relays: [String: String]

    init(_ snapshot: ChannelSnapshot) {
        channel = snapshot.id
        let relayed = snapshot.publications.filter { $0.origin != nil }
        let published = snapshot.publications.filter { $0.origin == nil }
        member = published.last?.publisherID ?? snapshot.members.last { $0.type == "person" }?.id
        bot = relayed.last?.publisherID ?? snapshot.members.last(where: \.isSFUBot)?.id
        origins = Dictionary(published.map { ($0.contentType, $0.id) }) { $1 }
        relays = Dictionary(relayed.map { ($0.contentType, $0.id) }) { $1 }
    }

    /// Whether both streams are there for viewers.
    var isWhole: Bool { origins.count == 2 && relays.count == 2 }
}

/// A broadcast from a stepped publisher through the gateway and the local SkyWay to a viewer.
struct RecoveryPath: Sendable {
    let path: WholePath
    let publisher: SteppedPublisher
    let viewer: MediaSession
    let record: NumberedSink.Record
    static let room = "studio"

    /// Runs a test on a broadcast whose picture has arrived.
    static func run(
        configure: (inout GatewayConfiguration) -> Void = { _ in },
        _ test: @escaping @Sendable (RecoveryPath) async throws -> Void
    ) async throws {
        try await WholePath.run(configure: configure) { path in
            let publisher = try await SteppedPublisher.start(in: room, on: path)
            let (viewer, records) = try await path.watch(room)
            let record = try #require(records[.video])
            await record.receives(20)
            try await test(RecoveryPath(path: path, publisher: publisher, viewer: viewer, record: record))
            // The publisher's session went on throughout.
            #expect(try await publisher.session.statistics().isConnected)
            #expect(try await publisher.delete() == 200)
        }
    }

    /// What the room holds.
    func holdings() async throws -> Holdings { Holdings(try await path.snapshot(Self.room)) }

    /// What the gateway says of the broadcast.
    var state: String {
        get async throws {
            let response = try await path.request("GET", "http://127.0.0.1:\(path.gatewayPort)/api/v1/live")
            let onAir = try JSONDecoder().decode(OnAir.self, from: Data(response.body.utf8))
            return onAir.broadcasts.first?.state ?? ""
        }
    }

    private struct OnAir: Decodable {
        struct Entry: Decodable {
            var state: String
        }

        var broadcasts: [Entry]
    }

    /// Waits until the room holds all again, unlike before, and the gateway says that the broadcast is live.
    ///
    /// - Parameters:
    ///   - former: what it held.
    ///   - began: when the loss was told.
    /// - Returns: what it holds, and how long that took.
    func recovers(from former: Holdings, since began: ContinuousClock.Instant) async throws -> (Holdings, Duration) {
        while true {
            if let now = try? await holdings(), now.isWhole, now.relays != former.relays, try await state == "live" {
                return (now, ContinuousClock.now - began)
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Lets something go wrong, and waits until all is there again and a viewer that comes now sees the picture.
    ///
    /// - Parameter faults: what goes wrong, in the words of docs/faults.md.
    /// - Returns: what the room held before and holds now, and how long it took until the broadcast was live.
    func lose(_ faults: String...) async throws -> (before: Holdings, after: Holdings, elapsed: Duration) {
        let before = try await holdings()
        let began = ContinuousClock.now
        for fault in faults { try await path.fault(fault) }
        let (after, elapsed) = try await recovers(from: before, since: began)
        try await arrives()
        return (before, after, elapsed)
    }

    /// Waits until a viewer that comes now sees the picture, and hears.
    func arrives() async throws {
        let (session, records) = try await path.watch(Self.room)
        for kind in MediaKind.allCases { await records[kind]?.receives(20) }
        let numbers = records[.video]?.numbers ?? []
        #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $1 == $0 + 1 })
        await session.close()
    }
}
