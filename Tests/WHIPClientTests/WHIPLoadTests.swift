// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import RTC
import RTCDriver
import Testing
import WHIPClient

@Suite("A load of publishers", .timeLimit(.minutes(1)))
struct WHIPLoadTests {
    private func load(
        _ configuration: WHIPLoad.Configuration,
        to address: String,
        _ workers: MediaWorkers
    ) throws -> WHIPLoad {
        let endpoint = WHIPEndpoint(try #require(WHIPAddress(address + "/whip")))
        return WHIPLoad(
            configuration,
            clip: try SampleClip.short(),
            workers: workers,
            certificate: try #require(ReceivingEndpoint.certificate),
            logger: .silent
        ) { _ in endpoint }
    }

    @Test("publishes as many times as it is asked to, over all workers, and leaves nothing behind")
    func publishes() async throws {
        let receiving = try await MediaWorker.start(.init(address: .loopbackIPv4, port: 0))
        let workers = try await MediaWorkers.start(2, .init(address: .loopbackIPv4, port: 0))
        let endpoint = ReceivingEndpoint(worker: receiving)
        let router = Router()
        endpoint.addRoutes(to: router)
        try await withLoopbackServer(router) { address in
            let load = try load(.init(publishers: 6, rate: 100, duration: .seconds(30)), to: address, workers)
            let run = Task { await load.run() }
            // All six play the same 20 packets in each second.
            var packets = 6 * 5
            try await endpoint.arrivals.received(packets, .video)
            // One may be late to the others' start.
            while await load.statistics().connected < 6 {
                packets += 1
                try await endpoint.arrivals.received(packets, .video)
            }
            let during = await load.statistics()
            #expect(during.started == 6)
            #expect(workers.workers.map(\.load) == [3, 3])
            run.cancel()
            let statistics = await run.value
            #expect(statistics.connected == 6)
            #expect(statistics.publishing == 0)
            #expect(statistics.ended == [.stopped: 6])
            #expect(statistics.failed == 0)
            #expect(statistics.packetsSent >= 30)
            #expect(statistics.connecting.longest <= statistics.connecting.total)
            #expect(endpoint.seen.count(where: { $0.method == .delete }) == 6)
            #expect(workers.workers.map(\.load) == [0, 0])
        }
        await workers.shutdown()
        await receiving.shutdown()
    }

    @Test("tells of publishers that were refused, and ends by itself")
    func refused() async throws {
        let workers = try await MediaWorkers.start(1, .init(address: .loopbackIPv4, port: 0))
        try await withLoopbackServer(Router()) { address in
            let load = try load(.init(publishers: 3, rate: 1_000, duration: .seconds(60)), to: address, workers)
            let statistics = await load.run()
            #expect(statistics.started == 3)
            #expect(statistics.connected == 0)
            #expect(statistics.ended == [.refused(WHIPError(.refused(status: 404), "")): 3])
            #expect(statistics.failed == 3)
        }
        await workers.shutdown()
    }
}
