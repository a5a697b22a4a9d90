// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@testable import RTCDriver

/// What a gateway does where the way ahead carries less than a publisher sends.
@Suite("Congestion on the way ahead", .serialized, .timeLimit(.minutes(2)))
struct CongestionTests {
    /// Opens a path over which all flows.
    private func run(isTold: Bool, _ body: (CongestedPath) async throws -> Void) async throws {
        let ends = try await MediaWorker.start(.loopback)
        let gateway = try await MediaWorker.start(.loopback)
        let path = try await CongestedPath(ends: ends, gateway: gateway, isTold: isTold)
        try await path.publish()
        try await until { path.pictures.numbers.count > 400 }
        #expect(try await path.egress.statistics().availableBitrate == nil)
        try await body(path)
        await ends.shutdown()
        await gateway.shutdown()
    }

    /// Returns once something holds; the suite's time limit ends it otherwise.
    private func until(_ holds: () async throws -> Bool) async throws {
        while try await !holds() { try await Task.sleep(for: .milliseconds(20)) }
    }

    @Test("A publisher that takes estimates is told what fits at once, and nothing is left out when it heeds that")
    func told() async throws {
        try await run(isTold: true) { path in
            try await path.cap(700_000)
            try await until { try await path.publisher.statistics().availableBitrate.map { $0 < 650_000 } == true }
            // 400 kbit/s and the key frames.
            path.control.packetsPerPicture = 2
            let before = path.pictures.numbers.count
            try await until { path.pictures.numbers.count > before + 400 }
            let congestion = try #require(try await path.egress.statistics().congestion)
            #expect(congestion.limits == 1)
            #expect(congestion.holds == 0 && congestion.packetsLeftOut == 0)

            try await path.cap(nil)
            try await until { try await path.publisher.statistics().availableBitrate.map { $0 > 1_200_000 } == true }
        }
    }

    @Test("What was held back goes on once nothing limits it any more, also where nobody feeds it just then")
    func released() async throws {
        let ends = try await MediaWorker.start(.loopback)
        let gateway = try await MediaWorker.start(.loopback)
        let pair = try await SessionPair(lite: ends, controlling: gateway, watchesCongestion: true)
        let (_, parameters) = SessionPair.track(payloadType: 101, ssrc: 4_242)
        let stream = try await pair.controlling.addSendStream(parameters)
        let held = try await gateway.perform(on: pair.controlling.id) { worker, peer in
            worker.hold(stream, of: peer)
            peer.congestion?.limit = 500_000
            worker.noteCongestion(of: peer)
            return peer.held
        }
        #expect(held.isEmpty)
        #expect(try await pair.controlling.statistics().congestion?.layersHeld == 0)
        await ends.shutdown()
        await gateway.shutdown()
    }

    @Test("Where a publisher takes no estimates, whole pictures are left out: sound stays whole, and so do the others")
    func untold() async throws {
        try await run(isTold: false) { path in
            try await path.cap(600_000)
            try await until { try await path.egress.statistics().congestion?.isHolding == true }
            let (sound, left) = (path.sound.numbers.count, path.pictures.gaps)
            try await until { path.sound.numbers.count >= sound + 500 }
            let statistics = try await path.egress.statistics()
            let congestion = try #require(statistics.congestion)
            #expect(congestion.packetsLeftOut > 500)
            #expect(statistics.pacing.map { $0.packets > 100 && $0.overflows == 0 } == true)
            // What is left out leaves no gap.
            #expect(path.pictures.gaps - left <= 60, "\(path.pictures.gaps) \(left)")
            let heard = path.sound.numbers
            let newest = try #require(heard.max())
            // 15 may be under way.
            let missing = (newest - 500..<newest - 15).count { !heard.contains($0) }
            #expect(missing <= 5, "\(missing)")

            try await path.cap(nil)
            try await until { try await path.egress.statistics().congestion?.isHolding == false }
        }
    }
}
