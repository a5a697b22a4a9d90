// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTCDriver

@testable import SkyWayLocal

/// An engine that moves nothing and remembers what it was told.
actor SimulatedEngine: MediaEngine {
    nonisolated let closedTransports: AsyncStream<String>
    nonisolated let closings: AsyncStream<String>.Continuation
    nonisolated let transportChanges: AsyncStream<TransportChange>
    private let changes: AsyncStream<TransportChange>.Continuation
    /// What goes wrong on each transport's way.
    private(set) var impairments: [String: Impairment] = [:]
    private(set) var log: [String] = []
    private(set) var producers: [ProducerStart] = []
    private(set) var consumers: [ConsumerStart] = []

    init() {
        (closedTransports, closings) = AsyncStream.makeStream()
        (transportChanges, changes) = AsyncStream.makeStream()
    }

    func openTransport(_ id: String, options: TransportOpening) async throws -> TransportOptions {
        log.append("open")
        return TransportOptions(
            id: id,
            iceParameters: ICEParameters(usernameFragment: "fragment", password: "password", iceLite: true),
            iceCandidates: [],
            dtlsParameters: DTLSParameters(role: .auto, fingerprints: [])
        )
    }

    func connectTransport(_ id: String, remote: DTLSParameters) async throws { log.append("connect") }

    func restartICE(ofTransport id: String) async throws -> ICEParameters {
        log.append("restart")
        return ICEParameters(usernameFragment: "new", password: "new", iceLite: true)
    }

    func closeTransport(_ id: String) async { log.append("close") }

    func startProducer(_ producer: ProducerStart) async throws {
        producers.append(producer)
        log.append("produce \(producer.kind)")
    }

    func stopProducer(_ id: String) async { log.append("stop producer") }

    func startConsumer(_ consumer: ConsumerStart) async throws {
        consumers.append(consumer)
        log.append("consume \(consumer.kind) encoding \(consumer.encoding)")
    }

    func selectEncoding(_ index: Int, ofConsumer id: String) async throws { log.append("encoding \(index)") }

    func stopConsumer(_ id: String) async { log.append("stop consumer") }

    func statistics(ofTransport id: String) async -> TransportStatistics? { nil }

    func impair(_ transportID: String, _ impairment: Impairment?) async { impairments[transportID] = impairment }

    func shutdown() async { log.append("shutdown") }
}

extension SimulatedEngine {
    /// Waits until the engine has been told something; the control plane tells it in its own time.
    func saw(_ entry: String) async throws {
        while !log.contains(entry) { try await Task.sleep(for: .milliseconds(2)) }
    }
}
