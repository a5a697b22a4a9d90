// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCDriver
import Testing

@Suite("Media that has nowhere to go", .timeLimit(.minutes(1)))
struct NowhereTests {
    /// Publishes over a path that is cut behind the gateway, and waits until packets are counted as lost for that.
    private func counts(cut: (ForwardingPath) async -> Void) async throws {
        let ends = try await MediaWorker.start(.loopback)
        let gateway = try await MediaWorker.start(.loopback)
        let path = try await ForwardingPath(ends: ends, gateway: gateway)
        try await path.ingest.connected()
        try await path.egress.connected()
        #expect(try await gateway.statistics().packetsUnconnected == 0)
        await cut(path)
        try await path.publish(10)
        while try await gateway.statistics().packetsUnconnected == 0 { try await Task.sleep(for: .milliseconds(5)) }
        #expect(try await gateway.statistics().packetsForwarded == 0)
        await ends.shutdown()
        await gateway.shutdown()
    }

    @Test("is counted when the session that it goes to has ended")
    func sessionEnded() async throws {
        try await counts { path in await path.egress.controlling.close() }
    }

    @Test("is counted when nobody takes it any more")
    func stopped() async throws {
        try await counts { path in await path.forwarding.stop() }
    }
}
