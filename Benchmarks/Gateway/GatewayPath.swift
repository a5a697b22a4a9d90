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
        let service = SkyWayLocalService(configuration: configuration, logger: TrafficPublisher.logger)
        local = Task { try await service.run() }
        server = try ServerProcess.gateway(gateway, towards: try await service.boundPort, folder: folder)
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
                while true {
                    let publisher = starting[place].publisher
                    if try await TrafficPublisher.isPublished(publisher, mayRetry: tries < Self.attempts) { break }
                    tries += 1
                    starting[place] = try start(number)
                    publishers[number] = starting[place].task
                }
            }
        }
        // Video goes on from a key frame, of which one comes in a few seconds.
        let plan = TrafficPlan(publishers: count, packetsPerSecond: max(4_000, 120 * count))
        try await control.play(plan, until: 2 * count, in: log, attempts: Self.attempts)
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

    private func start(_ number: Int) throws -> (publisher: WHIPPublisher, task: Task<WHIPPublisherEnd, Never>) {
        let publisher = try publisher(number)
        return (publisher, Task { await publisher.run() })
    }

    private func publisher(_ number: Int) throws -> WHIPPublisher {
        try TrafficPublisher(worker: worker, certificate: certificate, control: control, profiles: profiles)
            .make(number, at: "\(whip)/bench-\(number / Self.broadcastsPerRoom)")
    }
}
