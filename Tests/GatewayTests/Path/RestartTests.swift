// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPKit
import RTC
import RTCCrypto
import RTCDriver
import Testing
import WHIPClient

@testable import Gateway

/// ICE restarts of a publisher in mid-stream, up to a viewer.
@Suite("ICE restarts on the whole path", .serialized, .timeLimit(.minutes(1)))
struct RestartTests {
    /// A publisher that is driven step by step.
    private struct Publisher {
        let path: WholePath
        let session: MediaSession
        let resource: String
        var tag: String

        /// Publishes numbered audio and video.
        static func start(in room: String, on path: WholePath) async throws -> Publisher {
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
            let response = try await RawHTTP.send(
                RawHTTP.request("POST", "/whip/\(room)", ["Content-Type: application/sdp"], body: offer.text),
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
            return Publisher(
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

    /// Runs a test with a publisher, and a viewer whose records go on throughout.
    private static func run(
        _ test: @escaping @Sendable (Publisher, NumberedSink.Record) async throws -> Void
    ) async throws {
        try await WholePath.run { path in
            let publisher = try await Publisher.start(in: "studio", on: path)
            let (viewer, records) = try await path.watch("studio")
            let record = try #require(records[.video])
            await record.receives(50)
            try await test(publisher, record)
            await record.receives(50)
            let numbers = record.numbers
            let steps = zip(numbers, numbers.dropFirst()).map { $1 - $0 }
            // One every 10 ms: nothing was lost, so that there was no pause either.
            #expect(steps.allSatisfy { $0 == 1 })
            await viewer.close()
            await publisher.session.close()
        }
    }

    @Test("A restart in mid-stream loses nothing, and the old credentials are good until the new ones are used")
    func restart() async throws {
        try await Self.run { publisher, record in
            let credentials = try await publisher.restart("wxyz")
            await record.receives(20)
            try await publisher.session.restartICE(remote: credentials)
            await record.receives(100)
            #expect(try await publisher.session.statistics().isConnected)
        }
    }

    @Test("Restarts that come to nothing leave the session as it was, and a later one still works")
    func inVain() async throws {
        try await Self.run { publisher, record in
            for number in 0..<5 {
                _ = try await publisher.restart("vain\(number)")
                await record.receives(10)
            }
            #expect(try await publisher.patch(Fragments.candidates("last"), ifMatch: publisher.tag).status == 412)
            #expect(try await publisher.patch("nonsense").status == 400)
            await record.receives(20)
            let credentials = try await publisher.restart("last")
            try await publisher.session.restartICE(remote: credentials)
            await record.receives(50)
        }
    }

    @Test("DELETE after a restart ends the media too: the publisher hears of it and is answered no more")
    func deleted() async throws {
        try await WholePath.run { path in
            let publisher = try await Publisher.start(in: "studio", on: path)
            for await event in publisher.session.events {
                if case .connected = event { break }
            }
            let credentials = try await publisher.restart("wxyz")
            try await publisher.session.restartICE(remote: credentials)
            let deletion = RawHTTP.request("DELETE", publisher.resource)
            #expect(try await RawHTTP.send(deletion, to: path.gatewayPort).status == 200)
            var reason: SessionCloseReason?
            for await event in publisher.session.events {
                if case .closed(let closed) = event { reason = closed }
            }
            #expect(reason == .remote)
        }
    }
}
