// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPKit
import Logging
import RTC
import RTCCrypto
import RTCDriver
import SkyWayLocal
import Testing
import WHIPClient

@testable import Gateway
@testable import SkyWay

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// A gateway and a local SkyWay with real sockets on loopback, on ports of their own.
struct WholePath: Sendable {
    let gatewayPort: Int
    let skyWayPort: Int
    let skyWay: ReplaceableSkyWay
    /// Carries the media of publishers and viewers.
    let worker: MediaWorker.Handle
    let certificate: Certificate

    /// Runs a test on it.
    ///
    /// - Parameters:
    ///   - logger: the gateway's.
    ///   - configure: changes the gateway's configuration.
    ///   - test: the test.
    /// - Throws: what the test throws.
    static func run(
        logger: Logger = logger,
        configure: (inout GatewayConfiguration) -> Void = { _ in },
        _ test: @escaping @Sendable (WholePath) async throws -> Void
    ) async throws {
        let skyWay = ReplaceableSkyWay()
        let worker = try await MediaWorker.start(MediaWorkerConfiguration(address: .loopbackIPv4, port: 0))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await skyWay.run(logger: Self.logger) }
            let port = await skyWay.begins()
            var configuration = gatewayConfiguration(skyWayPort: port)
            configure(&configuration)
            let (addresses, running) = AsyncStream<GatewayAddress>.makeStream()
            let gateway = GatewayService(configuration: configuration, logger: logger) { running.yield($0) }
            group.addTask { try await gateway.run() }
            var iterator = addresses.makeAsyncIterator()
            if let address = await iterator.next() {
                let path = WholePath(
                    gatewayPort: address.httpPort,
                    skyWayPort: port,
                    skyWay: skyWay,
                    worker: worker,
                    certificate: try .makeSelfSigned()
                )
                try await test(path)
            }
            group.cancelAll()
            while let ended = await group.nextResult() { _ = ended }
        }
        await worker.shutdown()
    }

    /// A gateway for a SkyWay on this machine.
    static func gatewayConfiguration(skyWayPort: Int) -> GatewayConfiguration {
        let account = LocalApplication.development
        var skyWay = SkyWayConfiguration(appID: account.id, secret: Redacted(account.secret))
        let host = SkyWayHost("127.0.0.1:\(skyWayPort)", isSecure: false)
        skyWay.rtcAPI = host
        skyWay.sfu = host
        skyWay.iceParameters = host
        var configuration = GatewayConfiguration(skyWay: skyWay)
        configuration.httpPort = 0
        configuration.mediaPort = 0
        configuration.announced = [.address(.loopbackIPv4)]
        configuration.announcesOnly = true
        configuration.mayCreateRooms = true
        return configuration
    }

    static let logger = Logger(label: "test") { SwiftLogNoOpLogHandler($0) }

    // MARK: Publishing

    /// Publishes in a room until cancelled; `published` is told the session's address.
    func publish(
        in room: String,
        bearer: String? = nil,
        published: @escaping @Sendable (WHIPAddress) -> Void = { _ in }
    ) async {
        guard let address = WHIPAddress("http://127.0.0.1:\(gatewayPort)/whip/\(room)") else { return }
        let publisher = WHIPPublisher(
            WHIPEndpoint(address, bearer: bearer),
            media: NumberedSource.media,
            worker: worker,
            certificate: certificate,
            logger: Self.logger
        )
        async let end = publisher.run()
        for await state in publisher.states {
            if case .publishing(let address) = state { published(address) }
        }
        _ = await end
    }

    /// Sends a request to the gateway.
    func request(_ method: String, _ url: String, body: String? = nil) async throws -> (status: Int, body: String) {
        guard let url = URL(string: url) else { return (0, "") }
        var request = URLRequest(url: url)
        request.httpMethod = method
        request.timeoutInterval = 10
        if let body {
            request.setValue(MediaType.sdp, forHTTPHeaderField: "Content-Type")
            request.httpBody = Data(body.utf8)
        }
        let (data, response) = try await URLSession.shared.data(for: request)
        return ((response as? HTTPURLResponse)?.statusCode ?? 0, String(decoding: data, as: UTF8.self))
    }

    /// Lets the local SkyWay fail, in the words of docs/faults.md.
    func fault(_ fields: String) async throws {
        let request = RawHTTP.request("POST", "/local/faults", ["Content-Type: application/json"], body: fields)
        let response = try await RawHTTP.send(request, to: skyWayPort)
        try #require((200..<300).contains(response.status), "\(response.body)")
    }

    // MARK: Watching

    /// Watches a room, and a certain publisher in it, by WHEP; waits until there is one.
    func watch(_ room: String, member: String? = nil) async throws -> (MediaSession, [MediaKind: NumberedSink.Record]) {
        var generator = SecureRandomNumberGenerator()
        let credentials = ICECredentials.make(using: &generator)
        let query = member.map { "?member=\($0)" } ?? ""
        var answer = ""
        while answer.isEmpty {
            let offer = Self.watchingOffer(credentials, certificate.fingerprint)
            let response = try await request("POST", "http://127.0.0.1:\(skyWayPort)/whep/\(room)\(query)", body: offer)
            if response.status == 201 { answer = response.body } else { try await Task.sleep(for: .milliseconds(50)) }
        }
        let session = try await open(answer, credentials)
        var records: [MediaKind: NumberedSink.Record] = [:]
        for (kind, payloadType, mid) in [(MediaKind.audio, UInt8(111), "0"), (.video, 96, "1")] {
            let record = NumberedSink.Record()
            records[kind] = record
            let track = try await session.addReceiveTrack(Self.track(kind, payloadType, mid))
            try await session.setSink(for: track) { NumberedSink(record: record) }
        }
        return (session, records)
    }

    private static func track(_ kind: MediaKind, _ payloadType: UInt8, _ mid: String) -> ReceiveTrackParameters {
        var codec = kind == .audio ? RTPCodec.publishedOpus : RTPCodec.publishedH264
        codec.payloadType = payloadType
        var extensions = HeaderExtensionMap()
        extensions[.mid] = 1
        return ReceiveTrackParameters(
            kind: kind,
            mid: mid,
            codecs: [codec],
            encodings: [RTPEncoding()],
            extensions: extensions
        )
    }

    private func open(_ answer: String, _ credentials: ICECredentials) async throws -> MediaSession {
        let description = try SDPDescription(parsing: Array(answer.utf8))
        guard let section = description.sections.first(where: { !$0.candidates.isEmpty }),
            let remote = section.credentials
        else { throw SDPError(.missingCredentials, "No credentials.") }
        return try await worker.open(
            SessionConfiguration(
                connectivity: .controlling(
                    ICEControllingConfiguration(local: credentials, remote: remote, candidates: section.candidates)
                ),
                certificate: certificate,
                dtls: DTLSParameters(role: .client, fingerprints: section.fingerprints),
                wallClock: Clock.wallClock,
                seed: .random(in: .min ... .max)
            )
        )
    }

    private static func watchingOffer(_ ice: ICECredentials, _ fingerprint: CertificateFingerprint) -> String {
        let common = [
            "c=IN IP4 0.0.0.0", "a=ice-ufrag:\(ice.usernameFragment)", "a=ice-pwd:\(ice.password)",
            "a=fingerprint:\(fingerprint)", "a=setup:actpass", "a=recvonly", "a=rtcp-mux",
            "a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid",
        ]
        let session = ["v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1"]
        let audio = ["m=audio 9 UDP/TLS/RTP/SAVPF 111"] + common + ["a=mid:0", "a=rtpmap:111 opus/48000/2"]
        let video =
            ["m=video 9 UDP/TLS/RTP/SAVPF 96"] + common
            + [
                "a=mid:1", "a=rtpmap:96 H264/90000",
                "a=fmtp:96 profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1",
            ]
        return (session + audio + video).map { $0 + "\r\n" }.joined()
    }

    // MARK: Looking into the room

    /// What the local SkyWay has in a room.
    func snapshot(_ room: String) async throws -> ChannelSnapshot {
        try await call(room) { try await $0.getChannelByName(room) }
    }

    /// Makes calls of the local SkyWay's RTC API, as anybody who may join a room under any name and change metadata.
    func call<Result: Sendable>(
        _ room: String,
        _ body: @escaping @Sendable (RTCAPIClient) async throws -> Result
    ) async throws -> Result {
        let account = LocalApplication.development
        let minter = TokenMinter(appID: account.id, secret: Redacted(account.secret))
        let token = try await minter.mint(
            for: .init(
                channel: .name(room),
                memberName: "*",
                mayCreateChannel: true,
                updates: Set(MetadataSubject.allCases)
            ),
            lifetime: .seconds(600)
        )
        let client = RTCAPIClient(
            host: SkyWayHost("127.0.0.1:\(skyWayPort)", isSecure: false),
            token: token,
            socket: WebSocketClient(),
            logger: Self.logger
        )
        return try await client.whileRunning { try await body(client) }
    }
}
