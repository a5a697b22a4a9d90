// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// A gateway that is killed and started again, and a publisher that comes back at once: its member of before still is in
/// the room, by the same name.
struct CrashRun {
    let settings: [String: String] = ["SKYWAY_MEMBER_NAME": "studio"]

    struct Outcome {
        /// From the publisher's POST until it was live.
        let live: Double
        /// From then on until the viewer saw the new picture.
        let shown: Double
        let before: RoomIDs
        let after: RoomIDs
    }

    func outcome() async throws -> Outcome {
        let outcome = try await Stage.run("recovery-crash") { stage in
            let on = try await RecoveryStage(on: stage, seconds: 60, settings: settings)
            try await on.recovers(since: 0, within: .seconds(20))
            let before = try on.room()
            on.gateway.process.send(SIGKILL)
            _ = try await on.gateway.process.end(within: .seconds(5))
            let gateway = try await stage.startGateway(
                settings: ["SKYWAY_HOST": "\(RecoveryStage.host):8081"].merging(settings) { $1 },
                as: "gateway-2"
            )
            let live = stage.peer("watch_live.py", [Stage.gatewayURL], in: .gateway, as: "watch_live-2")
            try await live.event("watching", within: .seconds(10))
            let publisher = RecoveryStage.libwebrtc(from: 9_000)
                .start(on: stage, channel: RecoveryStage.channel, seconds: 30)
            let posted = try await publisher.event("posting", within: .seconds(20)).at
            let isLive = try await live.event("live", within: .seconds(20)).at
            try await eventuallyShown(on, since: isLive)
            let after = try await eventually("the room has one publisher", within: .seconds(10)) {
                let room = try on.room()
                return room.publishers.count == 1 && room != before ? room : nil
            }
            #expect(!gateway.process.hasEnded)
            let shown = on.gaps(since: posted).map(\.until).max() ?? isLive
            return Outcome(live: isLive - posted, shown: max(0, shown - isLive), before: before, after: after)
        }
        let (live, shown) = (String(format: "%.1f", outcome.live), String(format: "%.1f", outcome.shown))
        print("RECOVERY The gateway is killed and started again: live \(live) s after the POST, shown \(shown) s later")
        return outcome
    }

    private func eventuallyShown(_ on: RecoveryStage, since moment: Double) async throws {
        _ = try await eventually("the viewer sees the new picture", within: .seconds(20)) {
            on.gaps(since: moment - 3).isEmpty ? nil : true
        }
    }
}

extension CrashRun.Outcome {
    /// Checks that the member of before was replaced, and that it was live soon.
    func expectReplaced() {
        #expect(live <= 3)
        #expect(Set(before.publishers).isDisjoint(with: after.publishers))
        #expect(after.publishers.count == 1 && after.origins.count == 2)
    }
}
