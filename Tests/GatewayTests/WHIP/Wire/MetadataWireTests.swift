// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPKit
import Synchronization
import Testing

@testable import Gateway
@testable import SkyWay

@Suite("Metadata in requests to publish, over raw sockets", .timeLimit(.minutes(1)))
struct MetadataWireTests {
    /// What a link was given as it joined.
    private final class Joined: Sendable {
        private let state = Mutex<[MetadataSubject: String]>([:])
        var texts: [MetadataSubject: String] { state.withLock { $0 } }
        func note(_ text: String?, of subject: MetadataSubject) { state.withLock { $0[subject] = text } }
    }

    /// A gateway whose links say what they were given.
    private static func setup(
        _ joined: Joined,
        _ configured: [MetadataSubject: String] = [:],
        configure: @escaping (inout GatewayConfiguration) -> Void = { _ in }
    ) -> GatewaySetup {
        GatewaySetup(
            edit: { environment in
                for (subject, text) in configured { try? environment.metadata.texts.set(text, of: subject) }
            },
            configure: configure,
            connect: { request, _ in
                FakeLink { publications in
                    for subject in MetadataSubject.allCases {
                        joined.note(await request.metadata(subject), of: subject)
                    }
                    return try await FakeLink.forwardings(for: publications)
                }
            }
        )
    }

    private static func post(
        _ gateway: GatewayFixture,
        _ query: String = "",
        _ headers: [String] = []
    ) async throws -> RawResponse {
        let type = ["Content-Type: application/sdp", "User-Agent: OBS/32.1"]
        return try await gateway.wire("POST", "/whip/studio\(query)", type + headers, body: Offers.obs())
    }

    /// Posts an offer that is taken.
    private static func publish(
        _ gateway: GatewayFixture,
        _ query: String = "",
        _ headers: [String] = []
    ) async throws {
        let response = try await post(gateway, query, headers)
        #expect(response.status == 201, "\(response.body)")
    }

    @Test("the address and header fields say metadata, a header field before the address, and both before nothing")
    func sources() async throws {
        let joined = Joined()
        try await GatewayFixture.serve(Self.setup(joined, [.member: "d", .audio: "d {encoder}"])) { gateway in
            let query = "?a=b&metadata=Stage+1%2B&metadata.video=%7B%22a%22%3A%22%E3%81%82%22%7D&metadata.audio="
            try await Self.publish(gateway, query)
            #expect(
                joined.texts == [.member: "Stage 1+", .video: "{\"a\":\"\u{3042}\"}", .audio: "d OBS/32.1"]
            )
            let headers = ["X-SkyWay-Metadata: {codec} in {room}", "x-skyway-metadata-video: \"{key}\" {resolution}"]
            try await Self.publish(gateway, "?metadata=x&metadata.audio=y", headers)
            #expect(joined.texts == [.member: "H264 in studio", .audio: "y", .video: "\"\" "])
        }
    }

    @Test(
        "what can't be taken is told in a sentence",
        arguments: [
            (
                "?metadata={size}", 400, "malformed-metadata",
                "The metadata of the member has {size}, which is not known"
            ),
            ("?metadata.picture=a", 400, "malformed-metadata", "metadata.picture is not known"),
            ("?metadata=%FF", 400, "malformed-metadata", "is not encoded as UTF-8 with %"),
            ("?metadata=" + String(repeating: "x", count: 1_025), 400, "malformed-metadata", "is 1025 bytes long"),
            ("?metadata.video=%7B%22a%22", 400, "malformed-metadata", "looks like JSON and is none"),
            ("?metadata.channel=a", 403, "metadata-not-allowed", "Leave out the metadata of the channel"),
        ] as [(String, Int, String, String)]
    )
    func refused(query: String, status: Int, problem: String, sentence: String) async throws {
        try await GatewayFixture.serve(Self.setup(Joined())) { gateway in
            let response = try await Self.post(gateway, query.replacing("{", with: "%7B").replacing("}", with: "%7D"))
            #expect(response.status == status && response.problem == problem)
            #expect(response.body.contains(sentence), "\(response.body)")
            #expect(await gateway.registry.count == 0)
        }
    }

    @Test("who may say what is the operator's to say")
    func allowed() async throws {
        let joined = Joined()
        let setup = Self.setup(joined) { $0.metadata.publishers = [.channel] }
        try await GatewayFixture.serve(setup) { gateway in
            try await Self.publish(gateway, "?metadata.channel=open")
            #expect(joined.texts == [.channel: "open"])
            let refused = try await Self.post(gateway, "", ["X-SkyWay-Metadata: a"])
            #expect(refused.status == 403 && refused.problem == "metadata-not-allowed")
        }
    }

    @Test("what a stream key stands for counts before the publisher's word, and that before the configuration's")
    func keys() async throws {
        try await TemporaryFolder.with { folder in
            let file = StreamKeyFile(path: folder.file("keys.json"))
            var grant = GrantDescription()
            grant.channel = "studio"
            grant.metadata = ["member": ["label": "{key}"]]
            let made = try file.add(grant)
            let joined = Joined()
            let setup = Self.setup(joined, [.member: "c", .audio: "c", .video: "c"]) { $0.streamKeys = file.path }
            try await GatewayFixture.serve(setup) { gateway in
                let key = ["Authorization: Bearer \(made.key.exposed)"]
                try await Self.publish(gateway, "?metadata=p&metadata.video=p", key)
                #expect(joined.texts == [.member: "{\"label\":\"\(made.kept.id)\"}", .audio: "c", .video: "p"])
            }
            var wrong = grant
            wrong.metadata = ["member": "{nobody}"]
            #expect(throws: InvalidGrant.self) { try file.add(wrong) }
        }
    }

    @Test("a service is told what the publisher says, and has the last word before the operator's")
    func hook() async throws {
        try await StubService.run { _ in
            .json(#"{"publisher":"anna","metadata":{"member":"by {key}","audio":null}}"#)
        } _: { service, url in
            let joined = Joined()
            var setup = Self.setup(joined)
            setup.hook = PublishHook.Configuration(url: url)
            try await GatewayFixture.serve(setup) { gateway in
                try await Self.publish(gateway, "?metadata=mine&metadata.audio=sound")
                #expect(joined.texts == [.member: "by anna", .audio: "sound"])
                let question = try #require(service.received.first?.body)
                #expect(question.contains(#""metadata":{"audio":"sound","member":"mine"}"#), "\(question)")
            }
        }
    }

    @Test("pages of other origins may send the header fields")
    func preflight() async throws {
        try await GatewayFixture.serve(Self.setup(Joined())) { gateway in
            let request = ClientRequests.preflight("/whip/studio", "POST", "content-type,x-skyway-metadata-video")
            let allowed = try await gateway.wire(request)["Access-Control-Allow-Headers"]
            for field in ["x-skyway-metadata", "x-skyway-metadata-audio", "x-skyway-metadata-video"] {
                #expect(allowed?.split(separator: ", ").contains(Substring(field)) == true)
            }
        }
    }
}
