// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import RTC
import Testing

@testable import Gateway
@testable import SkyWay

/// What known clients send, sent once more, and read as they read it.
@Suite("Known clients, replayed over raw sockets", .timeLimit(.minutes(1)))
struct ClientReplayTests {
    /// A session as its client knows it.
    private struct Client {
        let gateway: GatewayFixture
        var session = ""
        var tag = ""

        /// Sends a request with the blanks filled in.
        func send(_ request: String, body: String = "") async throws -> RawResponse {
            let text = request.replacing("{port}", with: "\(gateway.port)")
                .replacing("{length}", with: "\(body.utf8.count)")
                .replacing("{session}", with: session)
                .replacing("{etag}", with: tag)
            return try await gateway.wire(text + body)
        }

        func send(_ request: String, lines: [String]) async throws -> RawResponse {
            try await send(request, body: lines.map { $0 + "\r\n" }.joined())
        }

        /// Publishes, and keeps what the client keeps.
        mutating func publish(_ request: String, offer: String = Offers.obs()) async throws -> RawResponse {
            let response = try await send(request, body: offer)
            try #require(response.status == 201, "\(response.body)")
            session = try #require(response["Location"])
            tag = try #require(response["ETag"])
            return response
        }
    }

    private static let token: @Sendable (inout GatewayConfiguration) -> Void = {
        $0.bearerTokens = [Redacted("hush")]
    }

    @Test("OBS finds the session in Location as it parses it, and deletes it; its answer has what OBS needs")
    func obs() async throws {
        try await GatewayFixture.serve(GatewaySetup(configure: Self.token)) { gateway in
            var client = Client(gateway: gateway)
            let response = try await client.publish(ClientRequests.OBS.post)
            client.session = try Self.pathByOBS(in: response.headers, postedTo: "/whip/studio")
            // Mandatory for OBS: a session to delete, candidates, and a role that is decided.
            for line in ["a=setup:passive", "a=end-of-candidates"] { #expect(response.body.contains("\(line)\r\n")) }
            #expect(response.body.contains("a=candidate:"))
            #expect(try await client.send(ClientRequests.OBS.delete).status == 200)
        }
    }

    /// Where OBS sends its DELETE: the value from the first space of the line on, put as the path of the URL unless it
    /// begins with "http".
    private static func pathByOBS(in headers: [String], postedTo path: String) throws -> String {
        let line = try #require(headers.last { $0.lowercased().hasPrefix("location:") })
        let space = try #require(line.firstIndex(of: " "))
        let value = String(line[line.index(after: space)...])
        guard value.hasPrefix("http") else { return value }
        let url = try #require(URL(string: value))
        return url.path
    }

    @Test("OBS counts as many layers in the answer as it offers, or gives up")
    func obsSimulcast() async throws {
        try await GatewayFixture.serve(GatewaySetup(configure: Self.token)) { gateway in
            var client = Client(gateway: gateway)
            let offer = try ClientRequests.offer("obs-32.1-simulcast-constructed")
            let response = try await client.publish(ClientRequests.OBS.post, offer: offer)
            let text = try #require(response.body.firstRange(of: "a=simulcast")).upperBound
            let line = response.body[text...].prefix { $0 != "\r\n" && $0 != "\r" }
            let offered = try #require(offer.firstMatch(of: /a=simulcast:send ([^\r\n]+)/)?.1)
            #expect(line.count { $0 == ";" } == offered.count { $0 == ";" })
        }
    }

    @Test("OBS reads the servers of Link headers with its own parser")
    func obsLinks() async throws {
        let setup = GatewaySetup(configure: {
            $0.whip.iceServers = ICEServers(
                ["stun:stun.example.com:3478", "turn:turn.example.com?transport=udp"],
                credentials: .shared(secret: Redacted("north"), lifetime: .seconds(600))
            )
        })
        try await GatewayFixture.serve(setup) { gateway in
            var client = Client(gateway: gateway)
            let links = try await client.publish(ClientRequests.OBS.post).values("Link")
            #expect(links.count == 2)
            let tokens = links.map { $0.split(separator: ",").flatMap { $0.split(separator: ";") } }
            #expect(tokens[0].contains { $0.contains("<stun:stun.example.com:3478>") })
            #expect(tokens[1].contains { $0.contains("<turn:turn.example.com?transport=udp>") })
            #expect(tokens[1].contains { $0.wholeMatch(of: #/ username="\d+:[0-9a-f]{8}"/#) != nil })
            #expect(tokens[1].contains { $0.wholeMatch(of: #/ credential="[A-Za-z0-9+/=]{28}"/#) != nil })
        }
    }

    @Test(
        "FFmpeg, as server or as client of DTLS, finds a short answer with a host candidate of IPv4 and UDP first",
        arguments: [("ffmpeg9-default-passive", "active"), ("ffmpeg9-dtls-active", "passive")]
    )
    func ffmpeg(offer: String, role: String) async throws {
        try await GatewayFixture.serve(GatewaySetup(configure: Self.token)) { gateway in
            var client = Client(gateway: gateway)
            let response = try await client.publish(ClientRequests.FFmpeg.post, offer: try ClientRequests.offer(offer))
            #expect(response.body.hasPrefix("v=") && response.body.utf8.count <= 8_192)
            #expect(response.body.contains("a=setup:\(role)\r\n"))
            let first = response.body.split(separator: "\r\n").first {
                $0.contains("a=candidate:") && $0.contains("host")
            }
            let candidate = try #require(first.flatMap { ICECandidate($0) })
            #expect(candidate.address.ip.isIPv4 && candidate.address.transport == .udp)
            #expect(try await client.send(ClientRequests.FFmpeg.delete).status == 200)
        }
    }

    @Test("GStreamer joins the session's path to the address it was given, and deletes it")
    func gstreamer() async throws {
        let link = NegotiationTests.link(["VP8"])
        let setup = GatewaySetup(configure: Self.token, connect: { _, _ in link })
        try await GatewayFixture.serve(setup) { gateway in
            var client = Client(gateway: gateway)
            let offer = try ClientRequests.offer("gstreamer1.22-webrtcbin")
            _ = try await client.publish(ClientRequests.GStreamer.post, offer: offer)
            let base = try #require(URL(string: "http://127.0.0.1/whip/studio"))
            client.session = try #require(URL(string: client.session, relativeTo: base)).absoluteURL.path
            #expect(try await client.send(ClientRequests.GStreamer.delete).status == 200)
        }
    }

    @Test("simple-whip-client trickles with the tag as it came, and deletes with it")
    func simpleWHIPClient() async throws {
        try await GatewayFixture.serve(GatewaySetup(configure: Self.token)) { gateway in
            var client = Client(gateway: gateway)
            _ = try await client.publish(ClientRequests.SimpleWHIPClient.post)
            for _ in 0..<2 {
                let patch = try await client.send(
                    ClientRequests.SimpleWHIPClient.patch,
                    lines: ClientRequests.SimpleWHIPClient.fragment
                )
                #expect(patch.status == 204)
            }
            #expect(try await client.send(ClientRequests.SimpleWHIPClient.delete).status == 200)
        }
    }

    @Test(
        "MediaMTX's page gets 204 for candidates with If-Match: *, and deletes without a token",
        arguments: [true, false]
    )
    func mediaMTX(isStrict: Bool) async throws {
        let setup = GatewaySetup(configure: {
            $0.whip.isStrict = isStrict
            $0.whip.iceServers = ICEServers(["turn:turn.example.com"], credentials: Self.fixed)
        })
        try await GatewayFixture.serve(setup) { gateway in
            var client = Client(gateway: gateway)
            let links = try await client.send(ClientRequests.MediaMTX.options).values("Link").joined(separator: ", ")
            let form = /<(.+?)>; rel="ice-server"(; username="(.*?)"; credential="(.*?)"; credential-type="password")?/
            let match = try #require(links.wholeMatch(of: form))
            #expect(match.1 == "turn:turn.example.com")
            #expect(match.3 == "user" && match.4 == "pass")
            _ = try await client.publish(ClientRequests.MediaMTX.post)
            let preflight = ClientRequests.preflight(client.session, "PATCH", "content-type,if-match")
            #expect(try await client.send(preflight).status == 200)
            let patch = try await client.send(
                ClientRequests.MediaMTX.patch,
                lines: ClientRequests.MediaMTX.fragment
            )
            #expect(patch.status == 204)
            #expect(try await client.send(ClientRequests.MediaMTX.delete).status == 200)
        }
    }

    private static let fixed = ICEServers.Credentials.fixed(username: "user", password: Redacted("pass"))

    @Test("Eyevinn's SDK learns of PATCH, trickles with an ETag header, and deletes without a token")
    func eyevinn() async throws {
        try await GatewayFixture.serve { gateway in
            var client = Client(gateway: gateway)
            let options = try await client.send(ClientRequests.Eyevinn.options)
            let methods = options["Access-Control-Allow-Methods"]?.split(separator: ",").map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            #expect(methods?.contains("PATCH") == true)
            // A page of another origin reads it only where it is told it may.
            #expect(options["Access-Control-Expose-Headers"]?.contains("Access-Control-Allow-Methods") == true)
            let created = try await client.publish(ClientRequests.Eyevinn.post)
            #expect(created["Access-Control-Expose-Headers"]?.contains("ETag") == true)
            let preflight = try await client.send(
                ClientRequests.preflight(client.session, "PATCH", "authorization,content-type,etag")
            )
            #expect(preflight["Access-Control-Allow-Headers"]?.contains("etag") == true)
            let patch = try await client.send(ClientRequests.Eyevinn.patch, lines: ClientRequests.Eyevinn.fragment)
            #expect(patch.status == 204)
            #expect(try await client.send(ClientRequests.Eyevinn.delete).status == 200)
        }
    }

    @Test("whip-whep-js trickles with its tag, restarts with *, reads the answer by its patterns, and trickles on")
    func medooze() async throws {
        try await GatewayFixture.serve(GatewaySetup(configure: Self.token)) { gateway in
            var client = Client(gateway: gateway)
            let created = try await client.publish(ClientRequests.Medooze.post)
            let trickled = try await client.send(ClientRequests.Medooze.patch, lines: ClientRequests.Medooze.fragment)
            #expect(trickled.status == 204)
            let restarted = try await client.send(
                ClientRequests.Medooze.restart,
                lines: ClientRequests.Medooze.restartFragment
            )
            #expect(restarted.status == 200)
            let fragment = try #require(restarted.body.firstMatch(of: /a=ice-ufrag:(.*)\r\n/)?.1)
            let password = try #require(restarted.body.firstMatch(of: /a=ice-pwd:(.*)\r\n/)?.1)
            #expect(!created.body.contains("a=ice-ufrag:\(fragment)\r\n") && !created.body.contains(password))
            let candidates = { (text: String) in text.matches(of: /(a=candidate:.*\r\n)/).map { $0.1 } }
            #expect(candidates(restarted.body) == candidates(created.body))
            for line in ["a=ice-lite", "a=ice-options:ice2 trickle", "a=mid:0", "a=end-of-candidates"] {
                #expect(restarted.body.contains("\(line)\r\n") && created.body.contains("\(line)\r\n"))
            }
            let old = client.tag
            client.tag = try #require(restarted["ETag"])
            #expect(client.tag != old)
            let more = ClientRequests.Medooze.restartFragment + ClientRequests.Medooze.fragment.dropFirst(2)
            #expect(try await client.send(ClientRequests.Medooze.patch, lines: more).status == 204)
            // Overtaken by the restart.
            client.tag = old
            #expect(try await client.send(ClientRequests.Medooze.patch, lines: more).status == 412)
            #expect(try await client.send(ClientRequests.Medooze.delete).status == 200)
        }
    }

    @Test("An old whip-whep-js, which breaks several rules, is understood")
    func oldMedooze() async throws {
        try await GatewayFixture.serve { gateway in
            var client = Client(gateway: gateway)
            _ = try await client.publish(ClientRequests.Medooze.post)
            let patch = try await client.send(
                ClientRequests.Medooze.oldPatch,
                lines: ClientRequests.Medooze.oldFragment
            )
            #expect(patch.status == 204)
        }
    }

    @Test("Larix publishes with parameters in the type, and deletes")
    func larix() async throws {
        try await GatewayFixture.serve(GatewaySetup(configure: Self.token)) { gateway in
            var client = Client(gateway: gateway)
            _ = try await client.publish(ClientRequests.Larix.post)
            #expect(try await client.send(ClientRequests.Larix.delete).status == 200)
        }
    }
}
