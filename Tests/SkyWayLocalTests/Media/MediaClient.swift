// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import RTC
import RTCCrypto
import RTCDriver
import Testing

@testable import SkyWayLocal

/// A client's media: a controlling session on a worker of its own.
struct MediaClient: Sendable {
    static let certificate: Certificate? = try? Certificate.makeSelfSigned()

    let worker: MediaWorker.Handle
    let local: ICECredentials

    /// Runs `body` with a client whose sessions end with it.
    static func run<Result: Sendable>(_ body: (MediaClient) async throws -> Result) async throws -> Result {
        var generator = SystemRandomNumberGenerator()
        let worker = try await MediaWorker.start(MediaWorkerConfiguration(address: .loopbackIPv4, port: 0))
        let client = MediaClient(worker: worker, local: ICECredentials.make(using: &generator))
        do {
            let result = try await body(client)
            await worker.shutdown()
            return result
        } catch {
            await worker.shutdown()
            throw error
        }
    }

    /// The fingerprint the server is told.
    var fingerprint: CertificateFingerprint {
        get throws { try #require(Self.certificate).fingerprint }
    }

    /// What is done with a session before its handshake begins, so that nothing of its media is missed.
    typealias Preparation = (MediaSession) async throws -> Void

    /// Opens a session towards a transport of the SFU, as its options have it.
    func open(_ options: JSONValue, preparing prepare: Preparation = { _ in }) async throws -> MediaSession {
        let ice = options["iceParameters"]
        let candidates = (options["iceCandidates"]?.array ?? []).compactMap { candidate in
            candidate["protocol"]?.string == "tcp"
                ? nil : Self.candidate(candidate["address"]?.string, candidate["port"]?.integer)
        }
        let fingerprint = options["dtlsParameters"]?["fingerprints"]?.array?.first
        return try await open(
            remote: (ice?["usernameFragment"]?.string ?? "", ice?["password"]?.string ?? ""),
            candidates: candidates,
            fingerprint: "\(fingerprint?["algorithm"]?.string ?? "") \(fingerprint?["value"]?.string ?? "")",
            preparing: prepare
        )
    }

    /// Opens a session towards a transport of the engine.
    ///
    /// - Parameters:
    ///   - options: what is known of it.
    ///   - port: the port to go to, where it is not the engine's.
    ///   - prepare: what is done before the handshake.
    /// - Returns: the session.
    /// - Throws: what the worker refuses.
    func open(
        _ options: TransportOptions,
        by port: UInt16? = nil,
        preparing prepare: Preparation = { _ in }
    ) async throws -> MediaSession {
        let fingerprint = options.dtlsParameters.fingerprints.first
        return try await open(
            remote: (options.iceParameters.usernameFragment, options.iceParameters.password),
            candidates: options.iceCandidates.compactMap { Self.candidate($0.address, Int64(port ?? $0.port)) },
            fingerprint: "\(fingerprint?.algorithm ?? "") \(fingerprint?.value ?? "")",
            preparing: prepare
        )
    }

    /// Opens a session towards a transport that an answer describes.
    func open(answer: String, preparing prepare: Preparation = { _ in }) async throws -> MediaSession {
        let lines = answer.split(separator: "\r\n")
        func value(_ name: String) -> String {
            lines.first { $0.hasPrefix("a=\(name):") }.map { String($0.dropFirst(name.count + 3)) } ?? ""
        }
        let candidate = value("candidate").split(separator: " ").map(String.init)
        try #require(candidate.count >= 8)
        return try await open(
            remote: (value("ice-ufrag"), value("ice-pwd")),
            candidates: [Self.candidate(candidate[4], Int64(candidate[5]))].compactMap(\.self),
            fingerprint: value("fingerprint"),
            preparing: prepare
        )
    }

    private static func candidate(_ address: String?, _ port: Int64?) -> ICECandidate? {
        guard let ip = address.flatMap({ IPAddress($0) }), let port = port.flatMap({ UInt16(exactly: $0) }) else {
            return nil
        }
        return ICECandidate(host: TransportAddress(ip, port: port))
    }

    private func open(
        remote: (fragment: String, password: String),
        candidates: [ICECandidate],
        fingerprint: String,
        preparing prepare: Preparation
    ) async throws -> MediaSession {
        let remote = try #require(ICECredentials(usernameFragment: remote.fragment, password: remote.password))
        let fingerprint = try #require(CertificateFingerprint(parsing: fingerprint))
        let ice = ICEControllingConfiguration(local: local, remote: remote, candidates: candidates)
        let session = try await worker.open(
            SessionConfiguration(
                connectivity: .controlling(ice),
                certificate: try #require(Self.certificate),
                dtls: nil,
                wallClock: Clock.wallClock,
                seed: 1
            )
        )
        try await prepare(session)
        try await session.connect(RTC.DTLSParameters(role: .client, fingerprints: [fingerprint]))
        return session
    }

    /// VP8 as this client sends and takes it.
    static func vp8(_ payloadType: UInt8, tellsArrivals: Bool = false) -> RTPCodec {
        RTPCodec(
            kind: .video,
            name: "VP8",
            payloadType: payloadType,
            clockRate: 90_000,
            feedback: tellsArrivals ? [.pictureLossIndication, .nack, .transportWide] : [.pictureLossIndication],
            retransmissionPayloadType: tellsArrivals ? payloadType + 1 : nil
        )
    }

    /// Sends numbered frames.
    @discardableResult
    func publish(
        on session: MediaSession,
        ssrc: UInt32,
        wishes: NumberedFrames.Wishes,
        layer: UInt8 = 0,
        size: Int = 7
    ) async throws -> SendStreamIndex {
        let stream = try await session.addSendStream(
            SendStreamParameters(
                kind: .video,
                mid: nil,
                ssrc: ssrc,
                codec: Self.vp8(96),
                extensions: HeaderExtensionMap(),
                cname: "client"
            )
        )
        try await session.setSource(for: stream) { NumberedFrames(wishes: wishes, layer: layer, size: size) }
        return stream
    }

    /// Takes down the frames of one stream.
    func record(
        on session: MediaSession,
        payloadType: UInt8,
        mid: String,
        midID: UInt8,
        tellsArrivals: Bool = false
    ) async throws -> FrameRecorder.Record {
        var extensions = HeaderExtensionMap()
        extensions[.mid] = midID
        if tellsArrivals { extensions[.transportSequenceNumber] = 5 }
        let track = try await session.addReceiveTrack(
            ReceiveTrackParameters(
                kind: .video,
                mid: mid,
                codecs: [Self.vp8(payloadType, tellsArrivals: tellsArrivals)],
                encodings: [RTPEncoding()],
                extensions: extensions
            )
        )
        let record = FrameRecorder.Record()
        try await session.setSink(for: track) { FrameRecorder(record: record) }
        return record
    }
}
