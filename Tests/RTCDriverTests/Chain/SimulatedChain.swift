// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCCrypto
import RTCTesting
import Testing

@testable import RTCDriver

/// A publisher, the gateway, an SFU and its viewers in virtual time.
///
/// Gateway and SFU are media workers as they run, with sessions opened and joined as the gateway and SkyWayLocal do it;
/// publisher and viewers are sessions with a source and a log of frames.
final class SimulatedChain: VirtualScene {
    /// Later than the clock of any machine: what the worker measures of its own work lies before it.
    static let start = MonotonicTime(nanoseconds: 1_000_000_000_000_000_000)

    let publisher: SimulatedPeer
    let gateway: VirtualWorker
    let ingest: VirtualSession
    let egress: VirtualSession
    let sfu: VirtualWorker
    let producer: VirtualSession
    /// From the publisher to the gateway, and from there to the SFU.
    let publisherLeg: ChainLeg
    let farLeg: ChainLeg
    private(set) var viewers: [ChainViewer] = []
    var now = SimulatedChain.start
    /// The moments at which the publisher was asked for a key frame, of each layer.
    private(set) var layerRequests: [[MonotonicTime]]
    /// What the publisher sends, once it does: its layers.
    private(set) var sources: [FrameSource] = []

    let plan: ChainPlan
    private let video: [SendStreamIndex]
    private let producerTrack: TrackIndex
    private var eventsHeard = 0
    private var requestsSent: UInt64 = 0

    /// Makes a chain that is not connected yet.
    ///
    /// - Parameters:
    ///   - plan: what the sessions agree on.
    ///   - publisherDelay: the time from end to end of the publisher's leg.
    ///   - farDelay: that of the leg to the SFU.
    ///   - seed: decides everything that is left to chance.
    /// - Throws: what the sessions throw.
    init(_ plan: ChainPlan, publisherDelay: Duration, farDelay: Duration, seed: UInt64) throws {
        self.plan = plan
        gateway = try VirtualWorker(at: Self.start)
        sfu = try VirtualWorker(at: Self.start)
        let ends = try ChainEnds(seed: seed)
        publisher = SimulatedPeer(Session(ends.publisher, at: Self.start), at: ChainEnds.publisherAddress)
        ingest = try gateway.open(ends.ingest, at: ChainEnds.gatewayAddress)
        egress = try gateway.open(ends.egress, at: ChainEnds.egressAddress)
        producer = try sfu.open(ends.producer, at: ChainEnds.sfuAddress)
        publisherLeg = ChainLeg(publisher, ingest, delay: publisherDelay, seed: seed &* 3)
        farLeg = ChainLeg(egress, producer, delay: farDelay, seed: seed &* 5)
        layerRequests = Array(repeating: [], count: plan.layers)
        var video: [SendStreamIndex] = []
        for stream in plan.published { video.append(try publisher.session.addSendStream(stream)) }
        self.video = video
        let track = try ingest.peer.session.addReceiveTrack(plan.ingested)
        producerTrack = try producer.peer.session.addReceiveTrack(plan.produce)
        var generator = SplitMix64(seed: seed)
        let configuration = ForwardingConfiguration(
            from: plan.published[0].codec,
            to: plan.produced[0].codec,
            waitsForKeyFrame: true,
            using: &generator
        )
        for (layer, stream) in plan.produced.enumerated() {
            let stream = try egress.peer.session.addSendStream(stream)
            let policy = plan.layers == 1 ? LayerPolicy.best : .rank(layer)
            try ingest.forward(track, policy, to: egress, stream: stream, configuration)
        }
        try #require(run(for: .seconds(5)) { self.isConnected })
    }

    private var isConnected: Bool {
        publisher.isConnected && ingest.peer.session.isConnected && egress.peer.session.isConnected
            && producer.peer.session.isConnected
    }

    /// The moments at which the publisher was asked for a key frame of any layer.
    var keyFrameRequests: [MonotonicTime] { layerRequests.flatMap(\.self).sorted() }

    /// Lets a viewer join: it is connected when this returns, and from then on it is sent the picture.
    ///
    /// - Parameter layer: the layer that it prefers.
    /// - Returns: the viewer.
    /// - Throws: what the sessions throw.
    func addViewer(layer: Int = 0) throws -> ChainViewer {
        let viewer = try ChainViewer(number: viewers.count, plan, layer: layer, on: sfu, at: now)
        viewers.append(viewer)
        try #require(run(for: .seconds(5)) { viewer.isConnected })
        var generator = SplitMix64(seed: UInt64(viewers.count))
        try producer.forward(
            producerTrack,
            .upTo(EncodingIndex(UInt8(layer))),
            to: viewer.transport,
            stream: viewer.stream,
            ForwardingConfiguration(
                from: plan.produced[0].codec,
                to: plan.consumed.codec,
                waitsForKeyFrame: true,
                using: &generator
            )
        )
        viewer.joinedAt = now
        return viewer
    }

    /// Begins to publish.
    func publish(_ keyFrames: FrameSource.KeyFrames) {
        sources = (0..<plan.layers).map { FrameSource(keyFrames, layer: $0, of: plan.layers, from: now) }
    }

    /// How many frames were made so far.
    var frameCount: Int { sources.first?.number ?? 0 }

    private var legs: [ChainLeg] { [publisherLeg, farLeg] + viewers.map(\.leg) }

    var nextEvent: MonotonicTime? {
        let deadlines = [sources.first?.due, publisher.deadline, gateway.deadline, sfu.deadline]
        return (deadlines + viewers.map(\.peer.deadline) + legs.map(\.nextArrival)).compactMap(\.self).min()
    }

    func settle() {
        for leg in legs { leg.deliver(at: now) }
        for layer in sources.indices { while sources[layer].due <= now { sendFrame(of: layer) } }
        publisher.poll(at: now)
        hearRequests()
        gateway.turn(at: now)
        sfu.turn(at: now)
        for viewer in viewers { viewer.turn(at: now) }
        for leg in legs { leg.collect(at: now) }
        noteRequests()
    }

    /// Lets the publisher do what it was asked for.
    private func hearRequests() {
        for case .keyFrameRequested(let stream) in publisher.events[eventsHeard...] {
            guard let layer = video.firstIndex(of: stream), layer < sources.count else { continue }
            sources[layer].requestKeyFrame()
        }
        eventsHeard = publisher.events.count
    }

    /// Notes what the publisher has been asked for.
    private func noteRequests() {
        let sent = ingest.peer.session.statistics.keyFrameRequestsSent
        guard sent > requestsSent else { return }
        requestsSent = sent
        for stream in ingest.peer.session.incomingStreams {
            let layer = Int(stream.encoding.rawValue)
            let asked = Int(stream.feedback.pictureLosses + stream.feedback.fullIntraRequests)
            for _ in layerRequests[layer].count..<asked { layerRequests[layer].append(now) }
        }
    }

    private func sendFrame(of layer: Int) {
        for (packet, payload) in sources[layer].makeFrame(at: now) {
            publisher.send(packet, payload: payload, on: video[layer], at: now)
        }
    }
}
