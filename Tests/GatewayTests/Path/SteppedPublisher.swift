// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCCrypto
import RTCDriver
import Testing
import WHIPClient

@testable import Gateway

/// A publisher that is driven step by step.
struct SteppedPublisher {
    let path: WholePath
    let session: MediaSession
    let resource: String
    var tag: String

    /// Publishes numbered audio and video.
    static func start(in room: String, on path: WholePath, bearer: String? = nil) async throws -> SteppedPublisher {
        var generator = SecureRandomNumberGenerator()
        let local = SDPLocalTransport(
            sessionID: 1,
            credentials: ICECredentials.make(using: &generator),
            fingerprint: path.certificate.fingerprint,
            candidates: [],
            isLite: false
        )
        let tracks = NumberedSource.media.tracks.enumerated().map { index, track in
            SDPOfferedTrack(
                mid: "\(index)",
                codecs: [track.codec],
                ssrc: UInt32(1_000 + index),
                trackID: "\(index)"
            )
        }
        let offer = SDPLocalOffer(local: local, tracks: tracks, cname: "c", streamID: "s")
        let headers = ["Content-Type: application/sdp"] + (bearer.map { ["Authorization: Bearer \($0)"] } ?? [])
        let response = try await RawHTTP.send(
            RawHTTP.request("POST", "/whip/\(room)", headers, body: offer.text),
            to: path.gatewayPort
        )
        try #require(response.status == 201, "\(response.body)")
        let answer = try SDPReceivedAnswer(parsing: response.body.utf8, to: offer)
        let session = try await path.worker.open(
            SessionConfiguration(
                connectivity: .controlling(
                    ICEControllingConfiguration(
                        local: local.credentials,
                        remote: answer.remote.credentials,
                        candidates: answer.remote.candidates
                    )
                ),
                certificate: path.certificate,
                dtls: nil,
                wallClock: Clock.wallClock,
                seed: generator.next()
            )
        )
        for parameters in answer.sendStreams {
            let stream = try await session.addSendStream(parameters)
            try await session.setSource(for: stream) { NumberedSource(parameters) }
        }
        try await session.connect(
            DTLSParameters(role: answer.remote.localRole, fingerprints: answer.remote.fingerprints)
        )
        return SteppedPublisher(
            path: path,
            session: session,
            resource: try #require(response["Location"]),
            tag: try #require(response["ETag"])
        )
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
