// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import RTC
import RTCCrypto
import RTCDriver
import Testing

@testable import SkyWayLocal

/// Watching by WHEP: a member like any other inside.
@Suite(.timeLimit(.minutes(1))) struct WHEPTests {
    /// A viewer's offer for one video section.
    static func offer(_ client: MediaClient, codec: String = "VP8/90000", direction: String = "recvonly") throws
        -> String
    {
        """
        v=0
        o=- 4611731400430051336 2 IN IP4 127.0.0.1
        s=-
        t=0 0
        a=group:BUNDLE v
        m=video 9 UDP/TLS/RTP/SAVPF 120
        c=IN IP4 0.0.0.0
        a=mid:v
        a=ice-ufrag:\(client.local.usernameFragment)
        a=ice-pwd:\(client.local.password)
        a=fingerprint:\(try client.fingerprint)
        a=setup:actpass
        a=\(direction)
        a=rtcp-mux
        a=rtpmap:120 \(codec)
        a=rtcp-fb:120 nack pli
        a=extmap:5 urn:ietf:params:rtp-hdrext:sdes:mid

        """.replacing("\n", with: "\r\n")
    }

    @Test("A viewer is a member that is confirmed and sees the frames; DELETE lets it leave")
    func watching() async throws {
        try await withMediaServer { server in
            try await MediaClient.run { client in
                try await server.withRPC { rpc in
                    let broadcast = try await Broadcast.start(rpc, on: server, client: client)
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        group.addTask { try await broadcast.confirmAll(rpc, on: server) }
                        let answer = try await server.whep("studio?member=obs", offer: Self.offer(client))
                        #expect(answer.status == 201)
                        #expect(answer.headers["content-type"] == "application/sdp")
                        let location = try #require(answer.headers["location"])
                        #expect(location.hasPrefix("/whep/sessions/"))

                        for line in [
                            "a=ice-lite", "a=mid:v", "a=sendonly", "a=setup:passive", "a=rtpmap:120 VP8/90000",
                        ] {
                            #expect(answer.body.contains("\(line)\r\n"))
                        }
                        var recording: FrameRecorder.Record?
                        let session = try await client.open(answer: answer.body) { session in
                            recording = try await client.record(on: session, payloadType: 120, mid: "v", midID: 5)
                        }
                        let record = try #require(recording)
                        try await record.received(50)
                        let frames = record.frames
                        #expect(frames.first?.isKeyFrame == true)
                        #expect(frames.allSatisfy { $0.payloadType == 120 && $0.mid })

                        let viewers = try await server.withRPC { try await $0.members(of: broadcast.studio) }
                        #expect(viewers == 3)
                        #expect(try await server.http("DELETE", location, token: nil).status == 200)
                        #expect(try await server.http("DELETE", location, token: nil).status == 404)
                        #expect(try await server.withRPC { try await $0.members(of: broadcast.studio) } == 2)
                        for await _ in session.events {}
                        group.cancelAll()
                        while let ended = await group.nextResult() { _ = ended }
                    }
                }
            }
        }
    }

    @Test("Loss recovery and the telling of arrivals are agreed on where the viewer offers them")
    func lossRecovery() async throws {
        try await withMediaServer { server in
            try await MediaClient.run { client in
                try await server.withRPC { rpc in
                    let broadcast = try await Broadcast.start(rpc, on: server, client: client)
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        group.addTask { try await broadcast.confirmAll(rpc, on: server) }
                        let plain = try await server.whep("studio?member=obs", offer: Self.offer(client))
                        #expect(Self.lossRecovery(in: plain.body) == ["a=rtcp-fb:120 nack pli"])
                        let offer =
                            try Self.offer(client).replacing("SAVPF 120", with: "SAVPF 120 121")
                            + Self.wishes.map { $0 + "\r\n" }.joined()
                        let answer = try await server.whep("studio?member=obs", offer: offer)
                        let lines = Self.lossRecovery(in: answer.body)
                        #expect(
                            lines.dropLast() == [
                                "a=rtcp-xr:rcvr-rtt=all", "a=extmap:3 \(HeaderExtensionURI.transportWideCC)",
                                "a=rtcp-fb:120 nack pli", "a=rtcp-fb:120 nack", "a=rtcp-fb:120 transport-cc",
                                "a=rtpmap:121 rtx/90000", "a=fmtp:121 apt=120",
                            ]
                        )
                        let ssrcs = (lines.last ?? "").split(separator: " ").dropFirst().compactMap { UInt32($0) }
                        #expect(lines.last?.hasPrefix("a=ssrc-group:FID ") == true)
                        #expect(ssrcs.count == 2 && ssrcs[1] == ssrcs[0] + 1)
                        group.cancelAll()
                        while let ended = await group.nextResult() { _ = ended }
                    }
                }
            }
        }
    }

    /// What a browser offers beside the codec.
    private static let wishes = [
        "a=rtcp-xr:rcvr-rtt=all", "a=rtcp-fb:120 nack", "a=rtcp-fb:120 goog-remb", "a=rtcp-fb:120 transport-cc",
        "a=extmap:3 \(HeaderExtensionURI.transportWideCC)", "a=rtpmap:121 rtx/90000", "a=fmtp:121 apt=120",
    ]

    private static func lossRecovery(in answer: String) -> [String] {
        let names = ["a=rtcp-xr", "a=rtcp-fb", "a=rtpmap:121", "a=fmtp", "a=ssrc-group", "a=extmap:3"]
        return answer.split(separator: "\r\n").map { String($0) }.filter { line in
            names.contains { line.hasPrefix($0) }
        }
    }

    @Test("When the publisher leaves, its viewers' sessions end too")
    func publisherLeaves() async throws {
        try await withMediaServer { server in
            try await MediaClient.run { client in
                try await server.withRPC { rpc in
                    let broadcast = try await Broadcast.start(rpc, on: server, client: client)
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        group.addTask { try await broadcast.confirmAll(rpc, on: server) }
                        let answer = try await server.whep("studio", offer: Self.offer(client))
                        let session = try await client.open(answer: answer.body)
                        for await event in session.events {
                            if case .connected = event { break }
                        }
                        try await server.withRPC { other in
                            try await other.call(
                                "unpublishStream",
                                [
                                    "channelId": .string(broadcast.studio.channelID),
                                    "publicationId": .string(broadcast.studio.originID),
                                ]
                            )
                        }
                        var reason: SessionCloseReason?
                        for await event in session.events {
                            if case .closed(let why) = event { reason = why }
                        }
                        #expect(reason == .remote)
                        #expect(try await server.withRPC { try await $0.members(of: broadcast.studio) } == 2)
                        group.cancelAll()
                        while let ended = await group.nextResult() { _ = ended }
                    }
                }
            }
        }
    }

    @Test("Nobody there is 404 with Retry-After, also for the member asked for")
    func nobody() async throws {
        try await withLocalServer { server in
            try await MediaClient.run { client in
                try await server.withRPC { rpc in
                    let offer = try Self.offer(client)
                    let missing = try await server.whep("studio", offer: offer)
                    #expect(missing.status == 404 && missing.headers["retry-after"] == "1")
                    #expect(missing.headers["access-control-allow-origin"] == "*")
                    _ = try await Studio.open(rpc, on: server)
                    #expect(try await server.whep("studio?member=nobody", offer: offer).status == 404)
                }
            }
        }
    }

    @Test("A viewer whom the publisher does not let in is told to come again, and nothing of it stays")
    func notConfirmed() async throws {
        try await withLocalServer {
            $0.consumerPatience = .zero
        } _: { server in
            try await MediaClient.run { client in
                try await server.withRPC { rpc in
                    let studio = try await Studio.open(rpc, on: server)
                    try await studio.produce(on: server, token: rpc.token)
                    let refused = try await server.whep("studio", offer: Self.offer(client))
                    #expect(refused.status == 503 && refused.headers["retry-after"] == "1")
                    #expect(try await rpc.members(of: studio) == 2)
                }
            }
        }
    }

    @Test(
        "Offers that cannot be answered are refused for what they are",
        arguments: [
            ("VP8/90000", "sendonly", "application/sdp", 422), ("AV1/90000", "recvonly", "application/sdp", 422),
            ("VP8/90000", "recvonly", "text/plain", 415),
        ]
    )
    func refusals(codec: String, direction: String, contentType: String, status: Int) async throws {
        try await withMediaServer { server in
            try await MediaClient.run { client in
                try await server.withRPC { rpc in
                    let broadcast = try await Broadcast.start(rpc, on: server, client: client)
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        group.addTask { try await broadcast.confirmAll(rpc, on: server) }
                        let answer = try await server.whep(
                            "studio",
                            offer: try Self.offer(client, codec: codec, direction: direction),
                            contentType: contentType
                        )
                        #expect(answer.status == status)
                        #expect(answer.headers["content-type"]?.hasPrefix("application/problem+json") == true)
                        #expect(try await server.withRPC { try await $0.members(of: broadcast.studio) } == 2)
                        group.cancelAll()
                        while let ended = await group.nextResult() { _ = ended }
                    }
                }
            }
        }
    }

    @Test("Text that is no offer is 400, too much of it 413, and the address says what it takes")
    func basics() async throws {
        try await withLocalServer { server in
            #expect(try await server.whep("studio", offer: "nonsense").status == 400)
            let long = String(repeating: "x", count: 64 * 1024 + 1)
            #expect(try await server.whep("studio", offer: long).status == 413)
            for method in ["OPTIONS", "HEAD"] {
                let answer = try await server.http(method, "/whep/studio", token: nil)
                #expect(answer.status == 200 && answer.headers["accept-post"] == "application/sdp")
            }
            #expect(try await server.http("PATCH", "/whep/sessions/x", token: nil, json: "{}").status == 404)
        }
    }
}

extension RPCClient {
    /// How many members a studio's channel has.
    func members(of studio: Studio) async throws -> Int {
        try await call("getChannel", ["id": .string(studio.channelID)])["channel"]?["members"]?.array?.count ?? 0
    }
}
