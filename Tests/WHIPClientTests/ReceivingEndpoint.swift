// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import HTTPTypes
import Hummingbird
import NIOCore
import RTC
import RTCCrypto
import RTCDriver
import RTCTesting
import Synchronization
import Testing
import WHIPClient

/// A WHIP endpoint that receives media with the project's own session: lite, and DTLS server by default.
final class ReceivingEndpoint: Sendable {
    /// What the endpoint saw of a request.
    struct Seen: Sendable {
        var method: HTTPRequest.Method
        var path: String
        var authorization: String?
        var contentType: String?
        var body: String
    }

    /// One certificate for all tests: making one costs milliseconds.
    static let certificate: Certificate? = try? Certificate.makeSelfSigned()

    let worker: MediaWorker.Handle
    let arrivals = Arrivals()
    private let requests = Mutex<[Seen]>([])
    private let sessions = Mutex<[String: MediaSession]>([:])

    init(worker: MediaWorker.Handle) {
        self.worker = worker
    }

    var seen: [Seen] { requests.withLock { $0 } }

    /// The session opened last.
    var session: MediaSession? { sessions.withLock { $0.values.first } }

    /// Opens a session as 201 tells of it, at `/whip`; `/sessions/{id}` takes its DELETE.
    func addRoutes(to router: Router<BasicRequestContext>) {
        router.post("whip") { request, _ in
            let seen = try await self.note(request)
            let answer = try await self.open(seen.body)
            return Response(
                status: .created,
                headers: [.contentType: MediaType.sdp, .location: "/sessions/1", .eTag: "\"abc\""],
                body: ResponseBody(byteBuffer: ByteBuffer(string: answer))
            )
        }
        router.delete("sessions/1") { request, _ in
            _ = try await self.note(request)
            return HTTPResponse.Status.ok
        }
    }

    func note(_ request: Request) async throws -> Seen {
        let seen = Seen(
            method: request.method,
            path: request.uri.path,
            authorization: request.headers[.authorization],
            contentType: request.headers[.contentType],
            body: String(buffer: try await request.body.collect(upTo: 65_536))
        )
        requests.withLock { $0.append(seen) }
        return seen
    }

    /// Answers an offer with a session of its own.
    func open(_ offer: String) async throws -> String {
        let certificate = try #require(Self.certificate)
        var generator = SystemRandomNumberGenerator()
        let credentials = ICECredentials.make(using: &generator)
        let answer = try SDPAnswer.receiving(
            SDPOffer(offer),
            codecs: [.publishedH264, .publishedOpus],
            local: SDPLocalTransport(
                sessionID: 1,
                credentials: credentials,
                fingerprint: certificate.fingerprint,
                candidates: worker.candidates,
                isLite: true
            )
        )
        let session = try await worker.open(
            SessionConfiguration(
                connectivity: .lite(credentials, .ingest),
                certificate: certificate,
                dtls: DTLSParameters(role: answer.remote.localRole, fingerprints: answer.remote.fingerprints),
                wallClock: Clock.wallClock,
                seed: 1
            )
        )
        let arrivals = arrivals
        for parameters in answer.receiveTracks {
            let track = try await session.addReceiveTrack(parameters)
            try await session.setSink(for: track) { ArrivalSink(kind: parameters.kind, arrivals: arrivals) }
        }
        sessions.withLock { $0 = ["1": session] }
        return answer.text
    }
}

/// The packets that arrived, by kind, in the order of their arrival.
struct Arrivals: Sendable {
    struct Packet: Sendable {
        var sequenceNumber: UInt16
        var timestamp: UInt32
        var marker: Bool
        var payload: [UInt8]
    }

    private let logs = [MediaKind.audio: ArrivalLog<Packet>(), .video: ArrivalLog<Packet>()]

    func packets(_ kind: MediaKind) -> [Packet] { logs[kind]?.elements ?? [] }

    func note(_ packet: Packet, _ kind: MediaKind) { logs[kind]?.append(packet) }

    /// Returns once this many packets have come.
    func received(_ count: Int, _ kind: MediaKind) async throws { try await logs[kind]?.reaches(count) }
}

private struct ArrivalSink: MediaSink {
    let kind: MediaKind
    let arrivals: Arrivals

    mutating func receive(_ packet: ReceivedPacket, payload: RawSpan) {
        let arrived = Arrivals.Packet(
            sequenceNumber: packet.header.sequenceNumber,
            timestamp: packet.header.timestamp,
            marker: packet.header.marker,
            payload: payload.toArray()
        )
        arrivals.note(arrived, kind)
    }
}
