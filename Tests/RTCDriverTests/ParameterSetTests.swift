// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCDriver
import Testing

@Suite("H264 through a media worker", .timeLimit(.minutes(1)))
struct ParameterSetTests {
    /// Two sessions that feed one another: a publisher without parameter sets in its stream, and a receiver.
    private struct Path {
        let ingest: SessionPair
        let egress: SessionPair
        let received = H264Sink.Record()

        init(ends: MediaWorker.Handle, gateway: MediaWorker.Handle, inserts: Bool, observes: Bool) async throws {
            ingest = try await SessionPair(lite: gateway, controlling: ends)
            egress = try await SessionPair(lite: ends, controlling: gateway)
            if observes { try await ingest.lite.observeStreams() }
            let codec = RTPCodec(
                kind: .video,
                name: "H264",
                payloadType: 96,
                clockRate: 90_000,
                parameters: [
                    FormatParameter("packetization-mode", "1"), FormatParameter("profile-level-id", "42e01f"),
                    // Main, 1280×720
                    FormatParameter(
                        "sprop-parameter-sets",
                        "Z01AH+ygKALdgIgAAAMACAAAAwGQeMGMsA==,aOvjyyA="
                    ),
                ]
            )
            var (ingestReceive, ingestSend) = SessionPair.track(payloadType: 96, ssrc: 77)
            var (egressReceive, egressSend) = SessionPair.track(payloadType: 96, ssrc: 4_242)
            ingestReceive.codecs = [codec]
            ingestSend.codec = codec
            egressReceive.codecs = [codec]
            egressSend.codec = codec
            let published = try await ingest.controlling.addSendStream(ingestSend)
            let track = try await ingest.lite.addReceiveTrack(ingestReceive)
            let egressTrack = try await egress.lite.addReceiveTrack(egressReceive)
            let stream = try await egress.controlling.addSendStream(egressSend)
            let record = received
            try await egress.lite.setSink(for: egressTrack) { H264Sink(record: record) }
            var generator = SystemRandomNumberGenerator()
            var configuration = ForwardingConfiguration(
                from: codec,
                to: codec,
                waitsForKeyFrame: inserts,
                using: &generator
            )
            configuration.insertsParameterSets = inserts
            _ = try await ingest.lite.forward(
                track,
                to: egress.controlling,
                stream: stream,
                configuration: configuration
            )
            try await ingest.connected()
            try await egress.connected()
            try await ingest.controlling.setSource(for: published) { H264Source(limit: 200, arrivals: record) }
        }
    }

    @Test("a stream without parameter sets reaches the receiver with the declared ones before each IDR picture")
    func insertion() async throws {
        let ends = try await MediaWorker.start(.loopback)
        let gateway = try await MediaWorker.start(.loopback)
        let path = try await Path(ends: ends, gateway: gateway, inserts: true, observes: false)
        try await path.received.received(210)
        let (payloads, headers) = (path.received.payloads, path.received.headers)
        let first = try #require(headers.first)
        #expect(headers.map(\.sequenceNumber) == (0..<210).map { first.sequenceNumber &+ UInt16($0) })
        for (position, payload) in payloads.enumerated() {
            let isInserted = position % 21 == 0
            #expect((payload.first == 0x78) == isInserted)
            if isInserted {
                #expect(payload[3] == 0x67)
                #expect(!headers[position].marker)
                #expect(headers[position].timestamp == headers[position + 1].timestamp)
            } else {
                #expect(payload == H264Source.payload(position - position / 21 - 1))
            }
        }
        #expect(try await gateway.statistics().packetsForwarded == 210)
        await ends.shutdown()
        await gateway.shutdown()
    }

    @Test("nothing is inserted where that is switched off")
    func switchedOff() async throws {
        let ends = try await MediaWorker.start(.loopback)
        let gateway = try await MediaWorker.start(.loopback)
        let path = try await Path(ends: ends, gateway: gateway, inserts: false, observes: false)
        try await path.received.received(200)
        #expect(path.received.payloads == (0..<200).map { H264Source.payload($0) })
        await ends.shutdown()
        await gateway.shutdown()
    }

    @Test("the owner of the receiving session is told what is unusual, each once")
    func observations() async throws {
        let ends = try await MediaWorker.start(.loopback)
        let gateway = try await MediaWorker.start(.loopback)
        let path = try await Path(ends: ends, gateway: gateway, inserts: true, observes: true)
        try await path.received.received(210)
        await path.ingest.controlling.close()
        var observations: [StreamObservation] = []
        for await event in path.ingest.lite.events {
            if case .observed(let observation) = event { observations.append(observation) }
        }
        #expect(observations.count == 2)
        #expect(observations.allSatisfy { $0.track == TrackIndex(0) && $0.encoding == EncodingIndex(0) })
        #expect(observations.last?.finding == .bidirectionalPictures)
        guard case .format(let format)? = observations.first?.finding else {
            Issue.record("nothing was told of the format")
            return
        }
        #expect(format.stream.text == "4d401f")
        #expect(format.declared.text == "42e01f")
        #expect(format.exceedsDeclaredProfile)
        #expect(format.width == 1280)
        await ends.shutdown()
        await gateway.shutdown()
    }
}
