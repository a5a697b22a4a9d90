// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCTesting
import Testing

@testable import RTCDriver

/// Publishers of layers one after the other, a gateway that forwards what they send, and a receiver, in virtual time.
final class LayeredPath: VirtualScene {
    /// What is made of the layers.
    enum Way {
        /// The best one goes to one stream.
        case best
        /// Each goes to a stream for its rank, of which there are so many.
        case ranks(Int)
    }

    var now = SimulatedChain.start
    /// The gateway's end towards the receiver, and its streams.
    let egress: VirtualSession
    let streams: [SendStreamIndex]
    /// The receiver, and what comes of each stream.
    let receiver: VirtualSession
    let records: [LayerSink.Record]
    private let way: Way
    private let ends: VirtualWorker
    private let gateway: VirtualWorker
    private let outgoingCodec: RTPCodec
    private var legs: [ChainLeg]

    private static let delay: Duration = .milliseconds(5)

    /// Connects the gateway with the receiver.
    ///
    /// - Parameter way: what is made of the layers.
    /// - Throws: what the sessions throw.
    init(_ way: Way) throws {
        self.way = way
        ends = try VirtualWorker(at: now)
        gateway = try VirtualWorker(at: now)
        let sessions = try ChainEnds(seed: 1)
        egress = try gateway.open(sessions.egress, at: ChainEnds.egressAddress)
        receiver = try ends.open(sessions.producer, at: ChainEnds.sfuAddress)
        legs = [ChainLeg(egress, receiver, delay: Self.delay, seed: 1)]
        let count = if case .ranks(let count) = way { count } else { 1 }
        let tracks = (0..<count).map { SessionPair.track(payloadType: 101, ssrc: 4_242 + UInt32($0)) }
        outgoingCodec = tracks[0].1.codec
        records = tracks.map { _ in LayerSink.Record() }
        var streams: [SendStreamIndex] = []
        for ((receive, send), record) in zip(tracks, records) {
            streams.append(try egress.peer.session.addSendStream(send))
            let track = try receiver.peer.session.addReceiveTrack(receive)
            receiver.peer.sinks.append(SinkSlot(track: track, sink: LayerSink(record: record)))
        }
        self.streams = streams
        try #require(run(for: .seconds(5)) { egress.peer.session.isConnected && receiver.peer.session.isConnected })
    }

    /// Lets a publisher come, in place of the one before; it is connected and has begun to send when this returns.
    ///
    /// - Parameters:
    ///   - layers: in the order of its offer.
    ///   - silent: the places of those that it does not send yet.
    /// - Returns: the publisher.
    /// - Throws: what the sessions throw.
    func publish(_ layers: [LayerSource.Layer], silent: Set<Int> = []) throws -> LayerPublisher {
        let number = UInt16(legs.count)
        let sessions = try ChainEnds(seed: UInt64(number) + 1)
        let address = TransportAddress(ChainEnds.publisherAddress.ip, port: ChainEnds.publisherAddress.port + number)
        let publisher = try ends.open(sessions.publisher, at: address)
        let ingest = try gateway.open(sessions.ingest, at: ChainEnds.gatewayAddress)
        legs.append(ChainLeg(publisher, ingest, delay: Self.delay, seed: UInt64(number)))
        var (receive, send) = SessionPair.track(payloadType: 96, ssrc: 0)
        receive.encodings = layers.map { RTPEncoding(ssrc: 70 + UInt32($0.place), rid: "r\($0.place)") }
        try forward(try ingest.peer.session.addReceiveTrack(receive), send.codec, of: ingest, seed: UInt64(number))
        try #require(run(for: .seconds(5)) { publisher.peer.session.isConnected && ingest.peer.session.isConnected })
        let controls = layers.indices.map { LayerSource.Control(isOn: !silent.contains($0)) }
        for (layer, control) in zip(layers, controls) {
            send.ssrc = 70 + UInt32(layer.place)
            let stream = try publisher.peer.session.addSendStream(send)
            publisher.setSource(for: stream, LayerSource(layer, control))
        }
        return LayerPublisher(ingest: ingest, controls: controls)
    }

    private func forward(_ track: TrackIndex, _ codec: RTPCodec, of ingest: VirtualSession, seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let configuration = ForwardingConfiguration(
            from: codec,
            to: outgoingCodec,
            waitsForKeyFrame: true,
            using: &generator
        )
        for (rank, stream) in streams.enumerated() {
            let policy: LayerPolicy = if case .best = way { .best } else { .rank(rank) }
            try ingest.forward(track, policy, to: egress, stream: stream, configuration)
        }
    }

    /// The layers that are being forwarded, by stream.
    var forwarded: [EncodingIndex?] { egress.worker.statistics(of: egress.peer).layers.map(\.current) }

    /// Pictures of one moment, whose number is the same, have the same timestamp in all streams, to some ticks.
    func expectOneTimebase(sourceLocation: SourceLocation = #_sourceLocation) {
        let moments = records.map { record in
            Dictionary(record.packets.map { ($0.number, $0.timestamp) }) { first, _ in first }
        }
        for other in moments.dropFirst() {
            let differences = other.compactMap { number, timestamp in
                moments[0][number].map { Int32(bitPattern: timestamp &- $0).magnitude }
            }
            #expect(differences.count >= 20, sourceLocation: sourceLocation)
            #expect(differences.allSatisfy { $0 <= 90 }, sourceLocation: sourceLocation)
        }
    }

    var nextEvent: MonotonicTime? {
        ([ends.deadline, gateway.deadline] + legs.map(\.nextArrival)).compactMap(\.self).min()
    }

    func settle() {
        for leg in legs { leg.deliver(at: now) }
        ends.turn(at: now)
        gateway.turn(at: now)
        for leg in legs { leg.collect(at: now) }
    }
}

/// A publisher on a path of layers.
struct LayerPublisher {
    /// The gateway's end.
    let ingest: VirtualSession
    /// What decides about each layer, in the order of the offer.
    let controls: [LayerSource.Control]
}
