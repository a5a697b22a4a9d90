// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import BenchmarkTraffic
import Foundation
import Logging
import RTC
import RTCCrypto
import RTCDriver
import SkyWayLocal
import WHIPClient

/// The way through the gateway: real WHIP sessions into the release binary, and from there to the SFU of a SkyWayLocal
/// in this process, where every packet is checked.
final class GatewayPath {
    let control = TrafficControl()
    let log = DeliveryLog()
    let server: ServerProcess

    private let profiles: [SRTPProfile]?
    private let whip: String
    private let worker: MediaWorker.Handle
    private let certificate: Certificate
    private let local: Task<Void, any Error>
    private var publishers: [Task<WHIPPublisherEnd, Never>] = []

    /// A room takes no more, as SkyWay's limits of members would have it.
    private static let broadcastsPerRoom = 30
    /// How many seconds of traffic may pass until all streams come through, and how often one publisher may try.
    private static let attempts = 20
    /// How many sessions begin at once.
    private static let sessionsAtOnce = 4

    /// Starts SkyWayLocal and the gateway.
    ///
    /// - Parameters:
    ///   - gateway: the program.
    ///   - profile: how media is protected on both sides; `nil` for what the two sides agree on.
    ///   - folder: where the gateway's log goes.
    /// - Throws: what keeps them from starting.
    init(gateway: String, profile: SRTPProfile?, folder: URL) async throws {
        profiles = profile.map { [$0] }
        var configuration = SkyWayLocalConfiguration()
        configuration.port = 0
        configuration.media = MediaWorkerConfiguration(address: .loopbackIPv4, port: 0)
        if let profiles { configuration.profiles = profiles }
        configuration.sink = { [log] in DeliverySink(log) }
        let service = SkyWayLocalService(configuration: configuration, logger: Self.logger)
        local = Task { try await service.run() }
        let application = LocalApplication.development
        // Settings of one's own, such as an account, stay out of this.
        let settings = folder.appendingPathComponent("bench.env")
        try Data().write(to: settings)
        server = try ServerProcess(
            gateway,
            [
                "serve", "--port", "0", "--media-port", "0", "--announce", "127.0.0.1", "--create-rooms", "--insecure",
                "--skyway-host", "127.0.0.1:\(try await service.boundPort)", "--env-file", settings.path,
                "--posts-per-address", "0",
            ],
            environment: ["SKYWAY_APP_ID": application.id, "SKYWAY_SECRET_KEY": application.secret],
            log: folder.appendingPathComponent("bench-gateway.log")
        )
        whip = try await server.value(after: "whip=")
        worker = try await MediaWorker.start(MediaWorkerConfiguration(address: .loopbackIPv4, port: 0))
        certificate = try Certificate.makeSelfSigned()
    }

    /// Lets more publishers come, until there are so many, and waits until media of all of them arrives.
    func grow(to count: Int) async throws {
        while publishers.count < count {
            let more = min(Self.sessionsAtOnce, count - publishers.count)
            let numbers = publishers.count..<publishers.count + more
            var starting = try numbers.map { try start($0) }
            publishers += starting.map(\.task)
            for (place, number) in numbers.enumerated() {
                // A gateway that starts so many at once on a busy machine may be too late for one of them.
                var tries = 1
                while try await !Self.isPublished(starting[place].publisher, mayRetry: tries < Self.attempts) {
                    tries += 1
                    starting[place] = try start(number)
                    publishers[number] = starting[place].task
                }
            }
        }
        // Video goes on from a key frame, of which one comes in a few seconds.
        let plan = TrafficPlan(publishers: count, packetsPerSecond: max(4_000, 120 * count))
        for _ in 1...Self.attempts where log.streams < 2 * count {
            let begin = Clock.now + TrafficControl.notice * 3
            control.play(plan, from: begin, to: begin + .seconds(1))
            try await Task.sleep(for: .milliseconds(1_500))
        }
        guard log.streams == 2 * count else {
            throw BenchmarkError("Media of only \(log.streams) of \(2 * count) streams comes to the SFU.")
        }
    }

    /// Ends everything.
    func close() async {
        for publisher in publishers { publisher.cancel() }
        for publisher in publishers { _ = await publisher.value }
        await server.terminate()
        local.cancel()
        _ = try? await local.value
        await worker.shutdown()
    }

    private static let logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }

    private func start(_ number: Int) throws -> (publisher: WHIPPublisher, task: Task<WHIPPublisherEnd, Never>) {
        let publisher = try publisher(number)
        return (publisher, Task { await publisher.run() })
    }

    private func publisher(_ number: Int) throws -> WHIPPublisher {
        guard let address = WHIPAddress("\(whip)/bench-\(number / Self.broadcastsPerRoom)") else {
            throw BenchmarkError("The gateway told no usable address: \(whip)")
        }
        let control = control
        return WHIPPublisher(
            WHIPEndpoint(address),
            media: PublishedMedia(
                tracks: [RTPCodec.publishedOpus, .publishedH264].map { published in
                    var codec = published
                    // Every packet is reported on, as browsers have it.
                    codec.feedback.append(.transportWide)
                    return PublishedMedia.Track(codec: codec) { [kind = codec.kind] stream in
                        TrafficSource(
                            publisher: number,
                            kind: kind,
                            payloadType: stream.codec.payloadType,
                            control: control
                        )
                    }
                }
            ),
            worker: worker,
            certificate: certificate,
            profiles: profiles,
            logger: Self.logger
        )
    }

    /// Waits until a publisher is connected; false when it ended and should be tried again.
    private static func isPublished(_ publisher: WHIPPublisher, mayRetry: Bool) async throws -> Bool {
        for await state in publisher.states {
            switch state {
            case .connecting: continue
            case .publishing: return true
            case .ended(let end):
                guard mayRetry, end.isRetryable else { throw BenchmarkError("A publisher ended: \(end)") }
                return false
            }
        }
        return false
    }
}
