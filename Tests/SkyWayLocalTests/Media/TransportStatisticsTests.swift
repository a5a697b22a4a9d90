// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import RTC
import RTCDriver
import Testing

@testable import SkyWayLocal

/// What the engine tells of its transports.
@Suite(.timeLimit(.minutes(1))) struct TransportStatisticsTests {
    @Test("A transport tells what its producer sent and what its consumer got")
    func counters() async throws {
        let certificate = try #require(MediaClient.certificate)
        let worker = try await MediaWorker.start(MediaWorkerConfiguration(address: .loopbackIPv4, port: 0))
        let engine = WorkerMediaEngine(worker: worker, certificate: certificate)
        try await MediaClient.run { client in
            let path = try await EnginePath.open(on: engine, client: client, encodings: 1)
            try await path.record.received(100)

            let broadcaster = try #require(await engine.statistics(ofTransport: "broadcaster"))
            #expect(broadcaster.isConnected && broadcaster.remoteAddress?.hasPrefix("127.0.0.1:") == true)
            #expect(broadcaster.packetsReceived >= 100 && broadcaster.bytesReceived > broadcaster.packetsReceived * 30)
            let producer = try #require(broadcaster.producers.first)
            #expect(broadcaster.producers.count == 1 && producer.id == "producer" && broadcaster.consumers.isEmpty)
            let layer = try #require(producer.layers.first)
            #expect(layer.encoding == 0 && layer.packets >= 100 && layer.octets == layer.packets * 7)

            let viewer = try #require(await engine.statistics(ofTransport: "viewer"))
            let consumer = try #require(viewer.consumers.first)
            #expect(viewer.packetsSent >= 100 && viewer.bytesSent > viewer.packetsSent * 30)
            #expect(viewer.producers.isEmpty && consumer.id == "consumer" && consumer.packets >= 100)
            #expect(consumer.currentLayer == 0 && consumer.targetLayer == 0 && consumer.lost == 0)
            #expect(await engine.statistics(ofTransport: "nobody") == nil)
        }
        await engine.shutdown()
    }
}
