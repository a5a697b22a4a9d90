// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import RTC
import Synchronization

@testable import Gateway
@testable import SkyWay

/// A link to a SkyWay that does as the test wants, and remembers what it was asked.
final class FakeLink: SkyWayPublishing {
    let events: AsyncStream<SkyWayLinkEvent>
    let tell: AsyncStream<SkyWayLinkEvent>.Continuation
    private let opening: @Sendable ([SkyWayPublication]) async throws -> SkyWayForwardings
    private let stopped: AsyncStream<Never>
    private let stopping: AsyncStream<Never>.Continuation
    private let calls = Mutex<[String]>([])
    private let requests = Mutex<(publications: [SkyWayPublication], producers: [ProducerOptions])>(([], []))
    /// How often each stream was forwarded anew.
    private let renewals = Mutex<[MediaKind: Int]>([:])
    /// What the next attempts to restore fail with.
    private let failures = Mutex<[SkyWayError]>([])
    /// What the next producers are refused with.
    private let refusals = Mutex<[SkyWayError]>([])

    /// Makes a link.
    ///
    /// - Parameter opening: what `open` does.
    init(opening: @escaping @Sendable ([SkyWayPublication]) async throws -> SkyWayForwardings = FakeLink.forwardings) {
        (events, tell) = AsyncStream.makeStream()
        (stopped, stopping) = AsyncStream.makeStream()
        self.opening = opening
    }

    /// What was asked, in order.
    var asked: [String] { calls.withLock { $0 } }

    /// What was to be published.
    var publications: [SkyWayPublication] { requests.withLock { $0.publications } }

    /// The producers that were to be made, in order.
    var producers: [ProducerOptions] { requests.withLock { $0.producers } }

    var report: SkyWayLinkReport {
        let kinds = requests.withLock { $0.publications.map(\.kind) }
        return SkyWayLinkReport(
            channelID: "channel-1",
            channelName: "studio",
            memberID: "member-1",
            memberName: "whip-test",
            publications: Dictionary(
                uniqueKeysWithValues: kinds.map { kind in
                    (kind, .init(id: "publication-\(kind.rawValue)", forwardingID: "forwarding-\(kind.rawValue)"))
                }
            ),
            tokenVersion: 3,
            tokenExpiresAt: 4_102_444_800
        )
    }

    func run() async { for await _ in stopped {} }

    func open(_ publications: [SkyWayPublication]) async throws -> SkyWayForwardings {
        note("open")
        requests.withLock { $0.publications = publications }
        return try await opening(publications)
    }

    func restore(_ publications: [SkyWayPublication]) async throws -> SkyWayForwardings {
        note("restore")
        requests.withLock { $0.publications = publications }
        if let error = failures.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { throw error }
        var forwardings = try await opening(publications)
        for (kind, count) in renewals.withLock({ $0 }) {
            forwardings.forwardings[kind]?.id = "\(kind.rawValue) \(count)"
        }
        return forwardings
    }

    func giveUp(_ depth: RecoveryDepth, transports: Set<String>) async {
        note("give up \(depth)")
        lose(MediaKind.allCases)
    }

    func restartICE(_ id: String) async throws -> SFUICEParameters {
        note("restart \(id)")
        return SFUICEParameters(usernameFragment: "efgh", password: "efghefghefghefghefghef", iceLite: true)
    }

    /// Has these forwarded anew when they are restored.
    func lose(_ kinds: [MediaKind]) {
        renewals.withLock { renewals in
            for kind in kinds { renewals[kind, default: 0] += 1 }
        }
    }

    /// Lets the next attempts to restore fail.
    func fail(_ errors: SkyWayError...) { failures.withLock { $0 += errors } }

    /// Refuses the next producers of video.
    func refuse(_ errors: SkyWayError...) { refusals.withLock { $0 += errors } }

    func unpublish(_ kind: MediaKind) async throws { note("unpublish \(kind.rawValue)") }

    func updateMetadata(of subject: MetadataSubject, to text: String) async throws {
        note("metadata \(subject.rawValue) \(text)")
    }

    func connectTransport(
        _ id: String,
        fingerprint: SFUDTLSParameters.Fingerprint
    ) async throws -> SkyWayLink.TransportConnection {
        note("connect \(id)")
        return .confirmed
    }

    func produce(_ kind: MediaKind, _ options: ProducerOptions) async throws -> String {
        note("produce \(kind.rawValue)")
        requests.withLock { $0.producers.append(options) }
        if kind == .video, let error = refusals.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { throw error }
        return "producer"
    }

    func turnServer() async throws -> ICEServerParameters.TURN? { nil }

    func stop(limit: Duration) async {
        note("stop")
        stopping.finish()
        tell.finish()
    }

    private func note(_ call: String) { calls.withLock { $0.append(call) } }

    /// What an SFU answers whose router takes Opus and H264 in mode 1.
    @Sendable static func forwardings(for publications: [SkyWayPublication]) async throws -> SkyWayForwardings {
        let capabilities = try JSONDecoder().decode(
            RTPCapabilities.self,
            from: Data(
                """
                {"codecs": [
                  {"kind": "audio", "mimeType": "audio/opus", "clockRate": 48000, "channels": 2},
                  {"kind": "video", "mimeType": "video/H264", "clockRate": 90000, "parameters":
                    {"packetization-mode": 1, "profile-level-id": "42e01f", "level-asymmetry-allowed": 1}}],
                 "headerExtensions": []}
                """.utf8
            )
        )
        let transport = try JSONDecoder().decode(
            SFUTransportOptions.self,
            from: Data(
                """
                {"id": "transport", "iceParameters": {"usernameFragment": "abcd",
                  "password": "abcdefghijklmnopqrstuv", "iceLite": true},
                 "iceCandidates": [{"foundation": "udpcandidate", "priority": 1, "ip": "127.0.0.1",
                  "protocol": "udp", "port": 9, "type": "host"}],
                 "dtlsParameters": {"role": "auto",
                  "fingerprints": [{"algorithm": "sha-256", "value": "\(Offers.fingerprint)"}]}}
                """.utf8
            )
        )
        let forwardings = publications.map { publication in
            (publication.kind, SkyWayForwardings.Forwarding(id: publication.kind.rawValue, transportID: "transport"))
        }
        return SkyWayForwardings(
            capabilities: capabilities,
            forwardings: Dictionary(uniqueKeysWithValues: forwardings),
            encodings: Dictionary(uniqueKeysWithValues: publications.map { ($0.kind, $0.encodings) }),
            transports: [transport]
        )
    }
}
