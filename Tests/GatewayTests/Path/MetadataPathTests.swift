// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import RTC
import RTCDriver
import Testing
import WHIPClient

@testable import Gateway
@testable import SkyWay

/// What a viewer sees of the metadata, through SkyWayLocal; changes follow each other fast here.
@Suite("Metadata on the whole path", .serialized, .timeLimit(.minutes(1)))
struct MetadataPathTests {
    private static let key = "0123456789abcdef"

    /// Runs a test with these texts of the configuration.
    private static func run(
        _ texts: [MetadataSubject: String],
        version: TokenVersion = .three,
        lines: LogSecrecyTests.Memory.Lines = .init(),
        configure: @escaping (inout GatewayConfiguration) -> Void = { _ in },
        _ test: @escaping @Sendable (WholePath) async throws -> Void
    ) async throws {
        try await WholePath.run(logger: lines.logger) { configuration in
            for (subject, text) in texts { try? configuration.metadata.texts.set(text, of: subject) }
            configuration.metadata.timing.interval = .milliseconds(100)
            configuration.metadata.timing.settling = .milliseconds(20)
            configuration.skyWay.tokenVersion = version
            configuration.adminKey = Redacted(key)
            configure(&configuration)
        } _: {
            try await test($0)
        }
    }

    /// What a viewer reads in the room.
    private struct Room: Hashable {
        var texts: [MetadataSubject: String] = [:]

        init(_ snapshot: ChannelSnapshot) {
            texts[.channel] = snapshot.metadata
            texts[.member] = snapshot.members.first { !$0.isSFUBot }?.metadata
            for publication in snapshot.publications where publication.origin == nil {
                texts[publication.contentType == "audio" ? .audio : .video] = publication.metadata
            }
        }
    }

    private static func wait(
        on path: WholePath,
        until isThere: @Sendable ([MetadataSubject: String]) -> Bool
    ) async throws {
        while !isThere(Room(try await path.snapshot("studio")).texts) { try await Task.sleep(for: .milliseconds(20)) }
    }

    /// Makes the picture of a publisher as large as a sequence parameter set says.
    private static func show(_ set: String, _ publisher: SteppedPublisher) async throws {
        let stream = try #require(publisher.streams[.video])
        // On from where the sources before it may have got to.
        let number: UInt16 = set == SizedSource.small ? 0 : 20_000
        try await publisher.session.setSource(for: stream) { SizedSource(set: set, number: number) }
    }

    private static func admin(
        _ method: String,
        _ body: String? = nil,
        id: String = "1",
        on path: WholePath
    ) async throws -> RawResponse {
        let headers = ["Authorization: Bearer \(key)", "Content-Type: application/json"]
        let request = RawHTTP.request(method, "/api/v1/broadcasts/\(id)/metadata", headers, body: body)
        return try await RawHTTP.send(request, to: path.gatewayPort)
    }

    @Test("what configuration and publisher say is there, and follows the picture and the state")
    func following() async throws {
        let lines = LogSecrecyTests.Memory.Lines()
        let video = #"{"size":"{resolution}","width":{width},"state":"{state}","codec":"{codec}"}"#
        let texts: [MetadataSubject: String] = [.channel: "of {room}", .member: "default", .video: video]
        try await Self.run(texts, lines: lines) { path in
            let publisher = try await SteppedPublisher.start(in: "studio?metadata=Stage+1+%7B%7Bup", on: path)
            let first = Room(try await path.snapshot("studio")).texts
            #expect(first[.channel] == "of studio" && first[.member] == "Stage 1 {up" && first[.audio] == nil)
            try await Self.show(SizedSource.small, publisher)
            let small = #"{"size":"640x360","width":640,"state":"live","codec":"H264"}"#
            try await Self.wait(on: path) { $0[.video] == small }
            try await Self.show(SizedSource.large, publisher)
            let large = small.replacing("640x360", with: "1280x720").replacing("640", with: "1280")
            try await Self.wait(on: path) { $0[.video] == large }
            #expect(try await publisher.delete() == 200)
        }
        let read = lines.all.split(separator: "\n").filter { $0.contains("The room has the metadata") }
        #expect(read.count == 3)
        #expect(!lines.all.contains("Somebody else"))
    }

    @Test("what another member of the room makes of it is told, and stands until our own next change")
    func others() async throws {
        let lines = LogSecrecyTests.Memory.Lines()
        try await Self.run([.video: "{resolution}"], lines: lines) { path in
            let publisher = try await SteppedPublisher.start(in: "studio", on: path)
            try await Self.show(SizedSource.small, publisher)
            try await Self.wait(on: path) { $0[.video] == "640x360" }
            try await path.call("studio") { client in
                let room = try await client.getChannelByName("studio")
                let own = try #require(room.publications.first { $0.origin == nil && $0.contentType == "video" })
                try await client.updatePublicationMetadata(
                    channelID: room.id,
                    publicationID: own.id,
                    metadata: "theirs"
                )
            }
            while !lines.all.contains("Somebody else has changed the metadata") {
                try await Task.sleep(for: .milliseconds(10))
            }
            let report = try await Self.admin("GET", on: path)
            #expect(report.body.contains(#""changedByOthers":true,"room":"theirs""#), "\(report.body)")
            #expect(Room(try await path.snapshot("studio")).texts[.video] == "theirs")
            try await Self.show(SizedSource.large, publisher)
            try await Self.wait(on: path) { $0[.video] == "1280x720" }
        }
    }

    @Test("a member that has to join again, and what it publishes, come with their present texts")
    func recovering() async throws {
        let lines = LogSecrecyTests.Memory.Lines()
        try await Self.run([.member: "is {state}", .video: "{resolution}"], lines: lines) { path in
            let publisher = try await SteppedPublisher.start(in: "studio", on: path)
            try await Self.show(SizedSource.small, publisher)
            try await Self.wait(on: path) { $0[.video] == "640x360" && $0[.member] == "is live" }
            let former = try #require(try await path.snapshot("studio").members.first { !$0.isSFUBot })
            try await path.fault(#"{"fault":"remove-member","member":"\#(former.id)"}"#)
            var joined: ChannelMember?
            while joined == nil {
                joined = try await path.snapshot("studio").members.first { !$0.isSFUBot && $0.id != former.id }
            }
            // It came with a text, and was not without one for a moment.
            #expect(joined?.metadata?.hasPrefix("is ") == true)
            try await Self.wait(on: path) { $0[.video] == "640x360" && $0[.member] == "is live" }
        }
        #expect(!lines.all.contains("Somebody else"))
    }

    @Test(
        "an operator sets, changes and takes back what he says, with a token got for it",
        arguments: TokenVersion.allCases
    )
    func operators(version: TokenVersion) async throws {
        try await Self.run([.member: "default"], version: version) { path in
            let publisher = try await SteppedPublisher.start(in: "studio", on: path)
            let put = try await Self.admin("PUT", #"{"member":"said","video":{"camera":2}}"#, on: path)
            #expect(put.status == 200 && put.body.contains(#""source":"admin""#), "\(put.body)")
            try await Self.wait(on: path) { $0[.member] == "said" && $0[.video] == #"{"camera":2}"# }
            #expect(try await Self.admin("PATCH", #"{"member":null,"channel":"room"}"#, on: path).status == 200)
            try await Self.wait(on: path) {
                $0[.member] == "default" && $0[.video] == #"{"camera":2}"# && $0[.channel] == "room"
            }
            #expect(try await Self.admin("DELETE", on: path).status == 200)
            try await Self.wait(on: path) { $0[.video] == "" && $0[.member] == "default" }
            #expect(try await publisher.delete() == 200)
        }
    }

    @Test(
        "what an operator can't say is told in a sentence",
        arguments: [
            ("PUT", "1", #"{"video":"{size}"}"#, 400, "malformed-metadata"),
            ("PATCH", "1", #"{"picture":"a"}"#, 400, "malformed-metadata"),
            (
                "PUT", "1", #"{"member":"# + "\"" + String(repeating: "x", count: 1_025) + "\"}", 400,
                "malformed-metadata"
            ),
            ("PUT", "1", "hello", 400, "malformed-metadata"),
            ("PUT", "7", #"{"video":"a"}"#, 404, "broadcast-not-found"),
            ("GET", "x", nil, 404, "broadcast-not-found"),
            ("POST", "1", "{}", 405, "method-not-allowed"),
        ] as [(String, String, String?, Int, String)]
    )
    func wrong(method: String, id: String, body: String?, status: Int, problem: String) async throws {
        try await Self.run([:]) { path in
            _ = try await SteppedPublisher.start(in: "studio", on: path)
            let response = try await Self.admin(method, body, id: id, on: path)
            #expect(response.status == status && response.problem == problem, "\(response.body)")
            let request = RawHTTP.request("GET", "/api/v1/broadcasts/1/metadata")
            #expect(try await RawHTTP.send(request, to: path.gatewayPort).status == 401)
        }
    }

    @Test("a publisher that comes back says anew what it says, and what it does not say is the configuration's again")
    func comingBack() async throws {
        try await Self.run([.member: "default {state}"]) {
            $0.takeover = ComingBack.rules
            $0.bearerTokens = [Redacted("a")]
        } _: { path in
            let stage = ComingBack(path: path)
            let former = try await SteppedPublisher.start(in: "studio?metadata=first", bearer: "a", on: path)
            try await stage.flows(former)
            try await stage.lose(former)
            #expect(try await former.delete() == 200)
            try await stage.reaches("waiting")
            let room = "studio?metadata=second&metadata.video=picture"
            let next = try await SteppedPublisher.start(in: room, bearer: "a", on: path)
            try await Self.wait(on: path) { $0[.member] == "second" && $0[.video] == "picture" }
            try await stage.flows(next)
            try await stage.lose(next)
            #expect(try await next.delete() == 200)
            try await Self.wait(on: path) { $0[.member] == "second" }
            _ = try await SteppedPublisher.start(in: "studio", bearer: "a", on: path)
            try await Self.wait(on: path) { $0[.member] == "default live" }
        }
    }
}

/// Pictures of which the parameter sets say how large they are, one each 10 ms.
private struct SizedSource: MediaSource {
    /// libx264, Constrained Baseline 3.1, 640×360, and Main 3.1, 1280×720.
    static let small = "6742c01fd900a02ff97011000003000100000300320f183248"
    static let large = "674d401feca02802dd80880000030008000003019078c18cb0"

    var deadline: MonotonicTime?
    private let set: [UInt8]
    private var number: UInt16

    init(set: String, number: UInt16) {
        let values = set.compactMap { $0.hexDigitValue.map { UInt8($0) } }
        self.set = stride(from: 0, to: values.count - 1, by: 2).map { values[$0] << 4 | values[$0 + 1] }
        self.number = number
    }

    mutating func start(at now: MonotonicTime) { deadline = now }

    mutating func poll(at now: MonotonicTime, into payload: inout OutputRawSpan) -> OutgoingRTP? {
        for byte in set { payload.appendByte(byte) }
        deadline = (deadline ?? now) + .milliseconds(10)
        defer { number &+= 1 }
        return OutgoingRTP(
            payloadType: RTPCodec.publishedH264.payloadType,
            marker: true,
            sequenceNumber: number,
            timestamp: UInt32(truncatingIfNeeded: now.nanoseconds / 1_000 * 9 / 100)
        )
    }

    mutating func keyFrameRequested(at now: MonotonicTime) {}
}
