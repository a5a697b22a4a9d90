// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCDriver
import Testing

@testable import SkyWayLocal

/// Viewers get the layer that their path carries.
@Suite(.serialized, .timeLimit(.minutes(2))) struct BandwidthTests {
    /// With all headers about 350, 790 and 1,870 kbit/s.
    private static let sizes = [20, 130, 400]

    @Test("A viewer begins low, climbs to what its path carries and no further, and falls when that gets less")
    func layers() async throws {
        let certificate = try #require(MediaClient.certificate)
        let worker = try await MediaWorker.start(MediaWorkerConfiguration(address: .loopbackIPv4, port: 0))
        let engine = WorkerMediaEngine(worker: worker, certificate: certificate)
        let narrow = try await NarrowPath(bitrate: 1_300_000, to: worker.port)
        try await MediaClient.run { client in
            let path = try await EnginePath.open(
                on: engine,
                client: client,
                encodings: 3,
                sizes: Self.sizes,
                by: narrow.port
            )
            try await path.record.receivedNext(ofLayer: 1)
            #expect(path.record.frames.first?.layer == 0)
            try await path.record.received(path.record.frames.count + 2_500)
            #expect(!path.record.frames.contains { $0.layer == 2 })

            narrow.bitrate = 6_000_000
            try await path.record.receivedNext(ofLayer: 2)
            let statistics = try #require(await engine.statistics(ofTransport: "viewer"))
            #expect(try #require(statistics.availableBitrate) > 1_500_000)
            try await path.record.received(path.record.frames.count + 1_000)
            let frames = path.record.frames
            #expect(zip(frames, frames.dropFirst()).allSatisfy { $0.layer == $1.layer || $1.isKeyFrame })
            #expect(narrow.dropped == 0)

            narrow.bitrate = 450_000
            try await path.record.receivedNext(ofLayer: 0)
        }
        try await narrow.close()
        await engine.shutdown()
    }
}
