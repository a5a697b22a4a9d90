// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import RTC
import RTCCrypto
import RTCDriver
import Testing
import WHIPClient

@Suite("Publishing by WHIP to an endpoint in the same process", .timeLimit(.minutes(1)))
struct WHIPPublisherTests {
    /// A running endpoint with a publisher's worker.
    struct Setting {
        let endpoint: ReceivingEndpoint
        let address: String
        let worker: MediaWorker.Handle

        func publisher(_ media: PublishedMedia, path: String = "/whip", bearer: String? = nil) throws -> WHIPPublisher {
            WHIPPublisher(
                WHIPEndpoint(try #require(WHIPAddress(address + path)), bearer: bearer),
                media: media,
                worker: worker,
                certificate: try #require(ReceivingEndpoint.certificate),
                logger: .silent
            )
        }
    }

    private func withEndpoint(
        _ addRoutes: (Router<BasicRequestContext>) -> Void = { _ in },
        _ body: (Setting) async throws -> Void
    ) async throws {
        let receiving = try await MediaWorker.start(.init(address: .loopbackIPv4, port: 0))
        let sending = try await MediaWorker.start(.init(address: .loopbackIPv4, port: 0))
        let endpoint = ReceivingEndpoint(worker: receiving)
        let router = Router()
        endpoint.addRoutes(to: router)
        addRoutes(router)
        try await withLoopbackServer(router) { address in
            try await body(Setting(endpoint: endpoint, address: address, worker: sending))
        }
        await sending.shutdown()
        await receiving.shutdown()
    }

    @Test("Every packet of 2 s of the clip arrives, unchanged and in order")
    func everyPacketArrives() async throws {
        let clip = try Clip(SampleClip.bytes)
        let expected = MediaKind.allCases.map { kind in
            let track = clip.track(kind)
            return (kind, Array(track.packets.prefix { $0.timestamp < track.clock.rate * 2 }))
        }
        try await withEndpoint { setting in
            let publisher = try setting.publisher(.clip(clip))
            let run = Task { await publisher.run() }
            for (kind, packets) in expected { try await setting.endpoint.arrivals.received(packets.count, kind) }
            run.cancel()
            #expect(await run.value == .stopped)
            for (kind, packets) in expected {
                let arrived = setting.endpoint.arrivals.packets(kind).prefix(packets.count)
                let first = try #require(arrived.first)
                for (index, (arrived, packet)) in zip(arrived, packets).enumerated() {
                    let start = Int(packet.start)
                    #expect(arrived.sequenceNumber == first.sequenceNumber &+ UInt16(index))
                    #expect(arrived.timestamp == first.timestamp &+ packet.timestamp)
                    #expect(arrived.marker == packet.marker)
                    #expect(arrived.payload == Array(clip.payloads[start..<start + Int(packet.count)]))
                }
            }
            let statistics = try #require(await publisher.statistics())
            #expect(statistics.session.packetsSent >= expected.map(\.1.count).reduce(0, +))
        }
    }

    @Test("A publication goes through its states and ends with a DELETE to the session, both with the token")
    func states() async throws {
        try await withEndpoint { setting in
            let publisher = try setting.publisher(.clip(try SampleClip.short()), bearer: "secret")
            let run = Task { await publisher.run() }
            var states: [String] = []
            for await state in publisher.states {
                switch state {
                case .connecting: states.append("connecting")
                case .publishing(let address):
                    states.append("publishing")
                    #expect(address.text == setting.address + "/sessions/1")
                    run.cancel()
                case .ended(let end): states.append("ended: \(end)")
                }
            }
            #expect(states == ["connecting", "publishing", "ended: Stopped."])
            let seen = setting.endpoint.seen
            #expect(seen.map(\.method) == [.post, .delete])
            #expect(seen.map(\.path) == ["/whip", "/sessions/1"])
            #expect(seen.map(\.authorization) == ["Bearer secret", "Bearer secret"])
            #expect(seen[0].contentType == "application/sdp")
        }
    }

    @Test("The offer names what a strict endpoint asks for (RFC 9725 §4.2, RFC 8829 §5.2.1)")
    func offer() async throws {
        try await withEndpoint { setting in
            let publisher = try setting.publisher(.clip(try SampleClip.short()))
            let run = Task { await publisher.run() }
            for await state in publisher.states {
                if case .publishing = state { run.cancel() }
            }
            let text = try #require(setting.endpoint.seen.first).body
            let offer = try SDPOffer(text)
            #expect(offer.description.tracks.map(\.kind) == [.audio, .video])
            for line in [
                "a=group:BUNDLE 0 1", "a=setup:actpass", "a=sendonly", "a=rtcp-mux", "a=mid:0", "a=mid:1", "a=msid:",
                "a=rtpmap:111 opus/48000/2", "a=rtpmap:96 H264/90000", "packetization-mode=1", "a=rtcp-fb:96 nack pli",
                "a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid", "cname:",
            ] {
                #expect(text.contains(line), "\(line)")
            }
        }
    }

    @Test("A redirection by 307 or 308 is followed with body and token", arguments: [307, 308])
    func redirection(status: Int) async throws {
        let redirect: @Sendable (Request, BasicRequestContext) async throws -> Response = { _, _ in
            Response(status: .init(code: status), headers: [.location: "../whip"])
        }
        try await withEndpoint {
            $0.post("elsewhere/here", use: redirect)
        } _: { setting in
            let media = PublishedMedia.clip(try SampleClip.short())
            let publisher = try setting.publisher(media, path: "/elsewhere/here", bearer: "secret")
            let run = Task { await publisher.run() }
            try await setting.endpoint.arrivals.received(3, .audio)
            run.cancel()
            #expect(await run.value == .stopped)
            let post = try #require(setting.endpoint.seen.first)
            #expect(post.path == "/whip" && post.authorization == "Bearer secret" && post.body.hasPrefix("v=0"))
        }
    }

    @Test("The offer has NACK and retransmissions for video, on an SSRC of their own")
    func offeredLossRecovery() async throws {
        try await withEndpoint { setting in
            let publisher = try setting.publisher(.clip(try SampleClip.short()))
            let run = Task { await publisher.run() }
            try await setting.endpoint.arrivals.received(1, .video)
            run.cancel()
            #expect(await run.value == .stopped)
            let sections = try SDPOffer(#require(setting.endpoint.seen.first).body).description.sections
            #expect(sections.map(\.media) == ["audio", "video"])
            #expect(sections.flatMap(\.codecs).map(\.retransmissionPayloadType) == [nil, 97])
            #expect(sections.last?.codecs.first?.feedback == [.nack, .pictureLossIndication, .fullIntraRequest])
            let encodings = sections.flatMap(\.encodings)
            #expect(encodings.map { $0.retransmissionSSRC == nil } == [true, false])
            #expect(Set(encodings.flatMap { [$0.ssrc, $0.retransmissionSSRC] }.compactMap(\.self)).count == 3)
        }
    }

    @Test("An endpoint that ends the session ends the publication, which says so and deletes nevertheless")
    func endedByPeer() async throws {
        try await withEndpoint { setting in
            let publisher = try setting.publisher(.clip(try SampleClip.short()))
            let run = Task { await publisher.run() }
            try await setting.endpoint.arrivals.received(1, .video)
            await setting.endpoint.session?.close()
            let end = await run.value
            #expect(end == .endedByPeer)
            #expect(end.isRetryable)
            #expect(setting.endpoint.seen.map(\.method) == [.post, .delete])
        }
    }

    @Test("Media that comes to its end, or fails, ends the publication")
    func endOfMedia() async throws {
        try await withEndpoint { setting in
            var media = PublishedMedia.clip(try SampleClip.short())
            media.play = {}
            #expect(await (try setting.publisher(media)).run() == .mediaEnded)
            let error = WHIPError(.media, "The tape is torn.")
            media.play = { () throws(WHIPError) in throw error }
            let end = await (try setting.publisher(media)).run()
            #expect(end == .mediaFailed(error))
            #expect(end.description == "The tape is torn.")
            #expect(setting.endpoint.seen.map(\.method) == [.post, .delete, .post, .delete])
        }
    }

    @Test("Several publications of one clip share a worker and do not disturb each other")
    func several() async throws {
        let clip = try SampleClip.short()
        try await withEndpoint { setting in
            let publishers = try (0..<4).map { _ in try setting.publisher(.clip(clip)) }
            let runs = publishers.map { publisher in Task { await publisher.run() } }
            try await setting.endpoint.arrivals.received(4 * 8, .video)
            for run in runs { run.cancel() }
            for run in runs { #expect(await run.value == .stopped) }
            for publisher in publishers {
                #expect(try #require(await publisher.statistics()).session.packetsSent > 0)
            }
        }
    }
}
