// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCDriver
import Testing

@testable import SkyWayLocal

/// What can be done with a WHEP session, and what endpoints and sessions say of themselves.
@Suite("WHEP sessions", .timeLimit(.minutes(1))) struct WHEPSessionTests {
    private static let fragmentType = "application/trickle-ice-sdpfrag"

    /// Runs a test with a viewer that watches by WHEP.
    private static func watch(
        _ test: @escaping @Sendable (LocalServer, MediaClient, Viewer) async throws -> Void
    ) async throws {
        try await withMediaServer { server in
            try await MediaClient.run { client in
                try await server.withRPC { rpc in
                    let broadcast = try await Broadcast.start(rpc, on: server, client: client)
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        group.addTask { try await broadcast.confirmAll(rpc, on: server) }
                        let answer = try await server.whep("studio", offer: WHEPTests.offer(client))
                        try #require(answer.status == 201)
                        var record: FrameRecorder.Record?
                        let session = try await client.open(answer: answer.body) { session in
                            record = try await client.record(on: session, payloadType: 120, mid: "v", midID: 5)
                        }
                        let viewer = Viewer(
                            location: try #require(answer.headers["location"]),
                            tag: try #require(answer.headers["etag"]),
                            answer: answer.body,
                            session: session,
                            record: try #require(record)
                        )
                        try await test(server, client, viewer)
                        group.cancelAll()
                        while let ended = await group.nextResult() { _ = ended }
                    }
                }
            }
        }
    }

    /// A viewer that watches.
    private struct Viewer: Sendable {
        let location: String
        let tag: String
        let answer: String
        let session: MediaSession
        let record: FrameRecorder.Record

        /// Sends a fragment.
        func patch(
            _ server: LocalServer,
            _ fragment: String,
            _ password: String,
            ifMatch: String? = nil,
            type: String = WHEPSessionTests.fragmentType
        ) async throws -> (status: Int, headers: [String: String], body: String) {
            var headers = ["Content-Type": type]
            headers["If-Match"] = ifMatch
            let lines = [
                "a=ice-ufrag:\(fragment)", "a=ice-pwd:\(password)", "m=video 9 UDP/TLS/RTP/SAVPF 0", "a=mid:v",
            ]
            let body = lines.map { $0 + "\r\n" }.joined()
            return try await server.text("PATCH", location, headers: headers, body: body)
        }
    }

    @Test("Candidates are taken with 204 and no tag, whichever way clients name the ICE session")
    func trickle() async throws {
        try await Self.watch { server, client, viewer in
            let (fragment, password) = (client.local.usernameFragment, client.local.password)
            for condition in [viewer.tag, "*", nil] {
                let answer = try await viewer.patch(server, fragment, password, ifMatch: condition)
                #expect(answer.status == 204 && answer.body.isEmpty)
                #expect(answer.headers["etag"] == nil)
            }
            #expect(try await viewer.patch(server, fragment, password, ifMatch: #""other""#).status == 412)
            #expect(try await viewer.patch(server, fragment, "short").status == 400)
            let wrongType = try await viewer.patch(server, fragment, password, type: "application/sdp")
            #expect(wrongType.status == 415)
            #expect(wrongType.headers["accept-patch"] == Self.fragmentType)
        }
    }

    @Test("An ICE restart in mid-stream gives new credentials and a new tag, and the frames go on")
    func restart() async throws {
        try await Self.watch { server, client, viewer in
            try await viewer.record.received(20)
            let answer = try await viewer.patch(server, "another", "zyxwvutsrqponmlkjihgfe", ifMatch: "*")
            #expect(answer.status == 200)
            #expect(answer.headers["content-type"] == Self.fragmentType)
            let tag = try #require(answer.headers["etag"])
            #expect(tag != viewer.tag)
            let fragment = try SDPFragment(parsing: answer.body.utf8)
            let credentials = try #require(fragment.credentials)
            #expect(!viewer.answer.contains(credentials.usernameFragment))
            #expect(fragment.isLite && fragment.sections.first?.mid == "v")
            #expect(fragment.sections.first?.candidates.isEmpty == false)
            // The old ones are good until the new ones are used.
            try await viewer.record.received(viewer.record.frames.count + 20)
            try await viewer.session.restartICE(remote: credentials)
            try await viewer.record.received(viewer.record.frames.count + 50)
            #expect(try await viewer.session.statistics().isConnected)
            #expect(try await viewer.patch(server, "another", "zyxwvutsrqponmlkjihgfe", ifMatch: tag).status == 204)
            let late = try await viewer.patch(server, client.local.usernameFragment, client.local.password)
            #expect(late.status == 412)
        }
    }

    @Test("A session says what it takes, until it is deleted, whatever tag that names")
    func session() async throws {
        try await Self.watch { server, client, viewer in
            for method in ["GET", "HEAD"] {
                let answer = try await server.text(method, viewer.location)
                #expect(answer.status == 204 && answer.body.isEmpty)
                #expect(answer.headers["accept-patch"] == Self.fragmentType)
            }
            let put = try await server.text("PUT", viewer.location)
            #expect(put.status == 405)
            #expect(put.headers["allow"] == "PATCH, DELETE, GET, HEAD, OPTIONS")
            let deleted = try await server.text("DELETE", viewer.location, headers: ["If-Match": #""other""#])
            #expect(deleted.status == 200)
            for method in ["GET", "DELETE"] {
                #expect(try await server.text(method, viewer.location).status == 404)
            }
            #expect(try await viewer.patch(server, "abcd", "abcdefghijklmnopqrstuv").status == 404)
        }
    }

    @Test("An endpoint is recognised by its type, and lets pages of other origins in")
    func endpoint() async throws {
        try await withLocalServer { server in
            for method in ["GET", "HEAD"] {
                let answer = try await server.text(method, "/whep/studio")
                #expect(answer.status == 200 && answer.body.isEmpty)
                #expect(answer.headers["content-type"] == "application/sdp")
                #expect(answer.headers["accept-post"] == "application/sdp")
            }
            let preflight = try await server.text(
                "OPTIONS",
                "/whep/sessions/x",
                headers: ["Access-Control-Request-Method": "PATCH", "Origin": "https://a.example"]
            )
            #expect(preflight.status == 200)
            #expect(preflight.headers["access-control-allow-methods"]?.contains("PATCH") == true)
            #expect(preflight.headers["access-control-allow-headers"]?.contains("if-match") == true)
            let options = try await server.text("OPTIONS", "/whep/studio")
            #expect(options.status == 200 && options.headers["accept-post"] == "application/sdp")
            let deletion = try await server.text("DELETE", "/whep/studio")
            #expect(deletion.status == 405 && deletion.headers["allow"] == "POST, GET, HEAD, OPTIONS")
        }
    }
}
