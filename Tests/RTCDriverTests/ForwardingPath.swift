// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCCrypto
import RTCDriver
import Testing

/// A publisher, a gateway that forwards, and a receiver, over the loopback interface.
struct ForwardingPath {
    /// Publisher (controlling) to gateway (lite).
    let ingest: SessionPair
    /// Gateway (controlling) to receiver (lite).
    let egress: SessionPair
    let ingestTrack: TrackIndex
    let egressTrack: TrackIndex
    let forwarding: Forwarding
    let sent = CountingSource.Record()
    let received: CountingSink.Record
    private let published: SendStreamIndex

    init(ends: MediaWorker.Handle, gateway: MediaWorker.Handle, isEgressSecuredLater: Bool = false) async throws {
        ingest = try await SessionPair(lite: gateway, controlling: ends)
        egress = try await SessionPair(lite: ends, controlling: gateway, isSecuredLater: isEgressSecuredLater)
        let (ingestReceive, ingestSend) = SessionPair.track(payloadType: 96, ssrc: 77)
        let (egressReceive, egressSend) = SessionPair.track(payloadType: 101, ssrc: 4_242)
        published = try await ingest.controlling.addSendStream(ingestSend)
        ingestTrack = try await ingest.lite.addReceiveTrack(ingestReceive)
        egressTrack = try await egress.lite.addReceiveTrack(egressReceive)
        let stream = try await egress.controlling.addSendStream(egressSend)
        let record = CountingSink.Record()
        try await egress.lite.setSink(for: egressTrack) { CountingSink(record: record) }
        received = record
        var generator = SystemRandomNumberGenerator()
        forwarding = try await ingest.lite.forward(
            ingestTrack,
            to: egress.controlling,
            stream: stream,
            configuration: ForwardingConfiguration(
                from: ingestSend.codec,
                to: egressSend.codec,
                waitsForKeyFrame: true,
                using: &generator
            )
        )
    }

    /// Lets the publisher send this many packets.
    ///
    /// - Parameters:
    ///   - count: how many.
    ///   - arrivals: what shows how far they have come; by default what the receiver got.
    /// - Throws: `MediaWorkerError`.
    func publish(_ count: Int, arrivals: CountingSink.Record? = nil) async throws {
        let record = sent
        let arrivals = arrivals ?? received
        try await ingest.controlling.setSource(for: published) {
            CountingSource(payloadType: 96, limit: count, record: record, arrivals: arrivals)
        }
    }

    /// Tells both ends of the egress how they are secured.
    func secureEgress() async throws { try await egress.secure() }
}
