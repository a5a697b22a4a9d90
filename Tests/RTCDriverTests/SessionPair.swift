// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCCrypto
import RTCDriver
import Testing

/// A lite and a controlling session that know of each other, each on a worker.
struct SessionPair {
    /// The one that answers, DTLS server.
    let lite: MediaSession
    /// The one that checks, DTLS client.
    let controlling: MediaSession
    /// The credentials of the lite one.
    let liteCredentials: ICECredentials

    /// One certificate for all tests: making one costs milliseconds.
    static let certificate: Certificate? = try? Certificate.makeSelfSigned()

    init(
        lite liteWorker: MediaWorker.Handle,
        controlling controllingWorker: MediaWorker.Handle,
        isSecuredLater: Bool = false,
        watchesCongestion: Bool = false,
        candidatesBefore: [ICECandidate] = [],
        candidates: [ICECandidate]? = nil
    ) async throws {
        var generator = SystemRandomNumberGenerator()
        let certificate = try #require(Self.certificate)
        liteCredentials = ICECredentials.make(using: &generator)
        lite = try await liteWorker.open(
            Self.configuration(
                .lite(liteCredentials, .ingest),
                dtls: isSecuredLater ? nil : try Self.security(.server),
                certificate
            )
        )
        controlling = try await controllingWorker.open(
            Self.configuration(
                .controlling(
                    ICEControllingConfiguration(
                        local: ICECredentials.make(using: &generator),
                        remote: liteCredentials,
                        candidates: candidatesBefore + (candidates ?? lite.candidates)
                    )
                ),
                dtls: isSecuredLater ? nil : try Self.security(.client),
                certificate,
                watchesCongestion: watchesCongestion
            )
        )
    }

    static func configuration(
        _ connectivity: SessionConfiguration.Connectivity,
        dtls: DTLSParameters?,
        _ certificate: Certificate,
        watchesCongestion: Bool = false
    ) -> SessionConfiguration {
        SessionConfiguration(
            connectivity: connectivity,
            certificate: certificate,
            dtls: dtls,
            wallClock: Clock.wallClock,
            watchesCongestion: watchesCongestion,
            seed: UInt64.random(in: 0...UInt64.max)
        )
    }

    private static func security(_ role: DTLSRole) throws -> DTLSParameters {
        DTLSParameters(role: role, fingerprints: [try #require(certificate).fingerprint])
    }

    /// Tells both sides how they are secured, where that was left open.
    func secure() async throws {
        try await lite.connect(try Self.security(.server))
        try await controlling.connect(try Self.security(.client))
    }

    /// Returns once both sides have keys.
    func connected() async throws {
        try await lite.becomesConnected()
        try await controlling.becomesConnected()
    }

    /// The parameters of a track from the controlling to the lite session, for either end.
    static func track(payloadType: UInt8, ssrc: UInt32) -> (ReceiveTrackParameters, SendStreamParameters) {
        let codec = RTPCodec(
            kind: .video,
            name: "VP8",
            payloadType: payloadType,
            clockRate: 90_000,
            feedback: [.pictureLossIndication]
        )
        let receive = ReceiveTrackParameters(
            kind: .video,
            mid: nil,
            codecs: [codec],
            encodings: [RTPEncoding(ssrc: ssrc)],
            extensions: HeaderExtensionMap()
        )
        let send = SendStreamParameters(
            kind: .video,
            mid: nil,
            ssrc: ssrc,
            codec: codec,
            extensions: HeaderExtensionMap(),
            cname: "test"
        )
        return (receive, send)
    }
}

extension MediaSession {
    /// Returns once there are keys.
    func becomesConnected() async throws {
        for await event in events {
            switch event {
            case .connected: return
            case .closed(let reason): throw Ended(reason: reason)
            default: continue
            }
        }
        throw MediaWorkerError.sessionEnded
    }

    /// Why the session ends, once it has.
    func ends() async -> SessionCloseReason? {
        var result: SessionCloseReason?
        for await event in events {
            if case .closed(let reason) = event { result = reason }
        }
        return result
    }

    /// A session that ended before it was connected.
    struct Ended: Error {
        var reason: SessionCloseReason
    }
}

extension MediaWorkerConfiguration {
    /// Any port of the loopback interface.
    static var loopback: MediaWorkerConfiguration {
        MediaWorkerConfiguration(address: .loopbackIPv4, port: 0)
    }
}
