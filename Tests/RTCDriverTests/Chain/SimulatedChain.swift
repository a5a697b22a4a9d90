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
    /// The moments at which the publisher was asked for a key frame.
    private(set) var keyFrameRequests: [MonotonicTime] = []
    /// What the publisher sends, once it does.
    var source: FrameSource?

    let plan: ChainPlan
    private let video: SendStreamIndex
    private let producerTrack: TrackIndex
    private var requestsHeard = 0
    private var requestsSent: UInt64 = 0
    private let forwarding: (TrackIndex, SendStreamIndex)

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
        video = try publisher.session.addSendStream(plan.published)
        let track = try ingest.peer.session.addReceiveTrack(plan.ingested)
        let stream = try egress.peer.session.addSendStream(plan.produced)
        producerTrack = try producer.peer.session.addReceiveTrack(plan.produce)
        forwarding = (track, stream)
        var generator = SplitMix64(seed: seed)
        try ingest.forward(
            track,
            .best,
            to: egress,
            stream: stream,
            ForwardingConfiguration(
                from: plan.published.codec,
                to: plan.produced.codec,
                waitsForKeyFrame: true,
                using: &generator
            )
        )
        try #require(run(for: .seconds(5)) { self.isConnected })
    }

    private var isConnected: Bool {
        publisher.isConnected && ingest.peer.session.isConnected && egress.peer.session.isConnected
            && producer.peer.session.isConnected
    }

    /// Lets a viewer join: it is connected when this returns, and from then on it is sent the picture.
    ///
    /// - Throws: what the sessions throw.
    func addViewer() throws -> ChainViewer {
        let viewer = try ChainViewer(number: viewers.count, plan, on: sfu, at: now)
        viewers.append(viewer)
        try #require(run(for: .seconds(5)) { viewer.isConnected })
        var generator = SplitMix64(seed: UInt64(viewers.count))
        try producer.forward(
            producerTrack,
            .upTo(EncodingIndex(0)),
            to: viewer.transport,
            stream: viewer.stream,
            ForwardingConfiguration(
                from: plan.produced.codec,
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
        source = FrameSource(keyFrames, from: now)
    }

    /// How many frames were made so far.
    var frameCount: Int { source?.number ?? 0 }

    private var legs: [ChainLeg] { [publisherLeg, farLeg] + viewers.map(\.leg) }

    var nextEvent: MonotonicTime? {
        let deadlines = [source?.due, publisher.deadline, gateway.deadline, sfu.deadline]
        return (deadlines + viewers.map(\.peer.deadline) + legs.map(\.nextArrival)).compactMap(\.self).min()
    }

    func settle() {
        for leg in legs { leg.deliver(at: now) }
        while let due = source?.due, due <= now { sendFrame() }
        publisher.poll(at: now)
        for _ in requestsHeard..<publisher.keyFrameRequests { source?.requestKeyFrame() }
        requestsHeard = publisher.keyFrameRequests
        gateway.turn(at: now)
        sfu.turn(at: now)
        for viewer in viewers { viewer.turn(at: now) }
        for leg in legs { leg.collect(at: now) }
        let sent = ingest.peer.session.statistics.keyFrameRequestsSent
        for _ in requestsSent..<sent { keyFrameRequests.append(now) }
        requestsSent = sent
    }

    private func sendFrame() {
        for (packet, payload) in source?.makeFrame(at: now) ?? [] {
            publisher.send(packet, payload: payload, on: video, at: now)
        }
    }
}
