// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import RTC
import RTCCrypto
import RTCDriver
import Testing
import WHIPClient

/// A publisher that is driven step by step.
struct SteppedPublisher {
    let path: WholePath
    let session: MediaSession
    let streams: [MediaKind: SendStreamIndex]
    let resource: String
    var tag: String

    /// VP8, which a publisher may change to.
    static let vp8 = RTPCodec(
        kind: .video,
        name: "VP8",
        payloadType: 97,
        clockRate: 90_000,
        feedback: [.nack, .pictureLossIndication]
    )

    /// A codec that no router takes.
    static let unknown = RTPCodec(kind: .video, name: "H263", payloadType: 34, clockRate: 90_000)

    /// What is offered where nothing else is said.
    static let codecs = [RTPCodec.publishedOpus, .publishedH264]

    /// An offer with a track for each codec; the picture may be sent in others, too, and rather.
    private static func offer(
        _ codecs: [RTPCodec],
        others: [RTPCodec] = [],
        on path: WholePath
    ) -> SDPLocalOffer {
        var generator = SecureRandomNumberGenerator()
        let local = SDPLocalTransport(
            sessionID: 1,
            credentials: ICECredentials.make(using: &generator),
            fingerprint: path.certificate.fingerprint,
            candidates: [],
            isLite: false
        )
        let tracks = codecs.enumerated().map { index, codec in
            let ssrc = UInt32.random(in: 1 ... .max, using: &generator)
            let offered = codec.kind == .video ? others + [codec] : [codec]
            return SDPOfferedTrack(mid: "\(index)", codecs: offered, ssrc: ssrc, trackID: "\(index)")
        }
        return SDPLocalOffer(local: local, tracks: tracks, cname: "c", streamID: "s")
    }

    private static func post(
        _ offer: SDPLocalOffer,
        in room: String,
        bearer: String?,
        on path: WholePath
    ) async throws -> RawResponse {
        let authorization = bearer.map { ["Authorization: Bearer \($0)"] } ?? []
        let headers = ["Content-Type: application/sdp", "User-Agent: SteppedPublisher"] + authorization
        return try await RawHTTP.send(
            RawHTTP.request("POST", "/whip/\(room)", headers, body: offer.text),
            to: path.gatewayPort
        )
    }

    /// Asks to publish, and leaves it at that.
    static func ask(
        in room: String,
        codecs: [RTPCodec] = codecs,
        bearer: String? = nil,
        on path: WholePath
    ) async throws -> RawResponse {
        try await post(offer(codecs, on: path), in: room, bearer: bearer, on: path)
    }

    /// Publishes numbered media.
    ///
    /// - Parameters:
    ///   - room: where.
    ///   - codecs: what is offered, one for each track.
    ///   - others: what the picture may be sent in, too, and rather.
    ///   - bearer: the token that is sent.
    ///   - first: the number to begin with.
    ///   - path: the gateway, and what carries the media.
    /// - Returns: the publisher, which connects now.
    /// - Throws: where it is not answered.
    static func start(
        in room: String,
        codecs: [RTPCodec] = codecs,
        others: [RTPCodec] = [],
        bearer: String? = nil,
        first: UInt32 = 0,
        on path: WholePath
    ) async throws -> SteppedPublisher {
        let offer = offer(codecs, others: others, on: path)
        let response = try await post(offer, in: room, bearer: bearer, on: path)
        try #require(response.status == 201, "\(response.body)")
        let answer = try SDPReceivedAnswer(parsing: response.body.utf8, to: offer)
        let session = try await path.worker.open(
            SessionConfiguration(
                connectivity: .controlling(
                    ICEControllingConfiguration(
                        local: offer.local.credentials,
                        remote: answer.remote.credentials,
                        candidates: answer.remote.candidates
                    )
                ),
                certificate: path.certificate,
                dtls: nil,
                wallClock: Clock.wallClock,
                seed: 1
            )
        )
        var streams: [MediaKind: SendStreamIndex] = [:]
        for parameters in answer.sendStreams {
            let stream = try await session.addSendStream(parameters)
            streams[parameters.kind] = stream
            try await session.setSource(for: stream) { NumberedSource(parameters, first: first) }
        }
        try await session.connect(
            DTLSParameters(role: answer.remote.localRole, fingerprints: answer.remote.fingerprints)
        )
        return SteppedPublisher(
            path: path,
            session: session,
            streams: streams,
            resource: try #require(response["Location"]),
            tag: try #require(response["ETag"])
        )
    }

    /// Cuts its network: nothing of it reaches the gateway any more, and nothing of the gateway it.
    func cut() async throws {
        var cut = Impairment()
        cut.isSilent = true
        try await session.impair(cut)
    }

    /// Ends the session by DELETE; the status.
    func delete() async throws -> Int {
        try await RawHTTP.send(RawHTTP.request("DELETE", resource), to: path.gatewayPort).status
    }

    /// Sends a fragment.
    func patch(_ fragment: String, ifMatch: String = "*") async throws -> RawResponse {
        try await RawHTTP.send(
            RawHTTP.request("PATCH", resource, [Fragments.type, "If-Match: \(ifMatch)"], body: fragment),
            to: path.gatewayPort
        )
    }

    /// Asks for an ICE restart.
    func restart(_ fragment: String) async throws -> ICECredentials {
        let response = try await patch(Fragments.candidates(fragment))
        try #require(response.status == 200, "\(response.body)")
        return try #require(try SDPFragment(parsing: response.body.utf8).credentials)
    }
}
