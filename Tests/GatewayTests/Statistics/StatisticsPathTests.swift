// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import Foundation
import HTTPKit
import NIOCore
import NIOHTTP1
import Testing

@testable import Gateway
@testable import SkyWay

/// Statistics, captures and metrics of a broadcast that runs, over real HTTP and real media.
@Suite("What is measured of the whole path", .serialized, .timeLimit(.minutes(1)))
struct StatisticsPathTests {
    private static let key = "0123456789abcdef-admin"

    private static func run(_ test: @escaping @Sendable (WholePath) async throws -> Void) async throws {
        try await WholePath.run {
            $0.adminKey = Redacted(key)
        } _: { path in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await path.publish(in: "studio") }
                try await test(path)
                group.cancelAll()
            }
        }
    }

    private static func get(_ path: WholePath, _ what: String) async throws -> (status: UInt, body: ByteBuffer) {
        let response = try await response(path, what)
        return (response.status.code, try await response.body.collect(upTo: 64 << 20))
    }

    /// An answer of which only the head has come.
    private static func response(_ path: WholePath, _ what: String) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(path.gatewayPort)\(what)")
        request.headers.add(name: "Authorization", value: "Bearer \(key)")
        return try await HTTPClient.shared.execute(request, timeout: .seconds(30))
    }

    private static func document(
        _ path: WholePath,
        _ query: String = "",
        until isRight: ([String: JSONValue]) -> Bool
    ) async throws -> [String: JSONValue] {
        while true {
            let answer = try await get(path, "/api/v1/broadcasts/1/stats\(query)")
            if answer.status == 200 {
                let data = Data(answer.body.readableBytesView)
                let document = try JSONDecoder().decode([String: JSONValue].self, from: data)
                if isRight(document) { return document }
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    private static func objects(_ type: String, in document: [String: JSONValue]) -> [[String: JSONValue]] {
        guard case .array(let values)? = document["stats"] else { return [] }
        return values.compactMap { value in
            guard case .object(let object) = value, object["type"] == .string(type) else { return nil }
            return object
        }
    }

    private static func count(_ value: JSONValue?) -> Int64 {
        if case .integer(let count)? = value { count } else { -1 }
    }

    @Test("What is told of a broadcast fits together, and is told each second")
    func statistics() async throws {
        try await Self.run { path in
            let document = try await Self.document(path, "?seconds=300") { document in
                guard case .array(let history)? = document["history"], history.count > 2 else { return false }
                let sent = Self.objects("outbound-rtp", in: document)
                // The publisher's first reports are followed.
                guard document["audioVideoOffset"] != .null else { return false }
                return sent.count == 2 && sent.allSatisfy { Self.count($0["packetsSent"]) > 50 }
            }
            #expect(document["status"] == "live")
            let received = Self.objects("inbound-rtp", in: document)
            #expect(Set(received.map { $0["kind"] }) == ["audio", "video"])
            let video = try #require(received.first { $0["kind"] == "video" })
            // What is published here is no picture, so that it has neither key frames nor a size.
            #expect(Self.count(video["framesReceived"]) > 20 && Self.count(video["keyFramesReceived"]) == 0)
            let sent = try #require(Self.objects("outbound-rtp", in: document).first { $0["kind"] == "video" })
            #expect(Self.count(sent["framesSent"]) <= Self.count(video["framesReceived"]))
            #expect(Self.count(sent["framesSent"]) > 0 && sent["captureDelay"] != nil)
            #expect(Self.objects("transport", in: document).map { $0["side"] } == ["publisher", "sfu"])
            let codecs = Self.objects("codec", in: document).map { $0["mimeType"] }
            #expect(Set(codecs) == ["audio/opus", "video/H264"])
            let reader = EventReader(port: path.gatewayPort, key: Self.key)
            let events = try await reader.read("/api/v1/broadcasts/1/stats") {
                $0.components(separatedBy: "event: stats\n").count > 3
            }
            #expect(events.contains(#""type":"outbound-rtp""#))
            for query in ["seconds=0", "seconds=301", "seconds=x"] {
                let refused = try await Self.get(path, "/api/v1/broadcasts/1/stats?\(query)")
                #expect(refused.status == 400 && String(buffer: refused.body).contains("malformed-query"))
            }
            #expect(try await Self.get(path, "/api/v1/broadcasts/9/stats").status == 404)
        }
    }

    @Test("The statistics of a broadcast outlive it, and their stream ends with it")
    func end() async throws {
        try await Self.run { path in
            _ = try await Self.document(path) { Self.objects("outbound-rtp", in: $0).count == 2 }
            let reader = EventReader(port: path.gatewayPort, key: Self.key)
            let events = try await reader.read("/api/v1/broadcasts/1/stats", until: { _ in false }) {
                let request = RawHTTP.request(
                    "DELETE",
                    "/api/v1/broadcasts/1",
                    ["Authorization: Bearer \(Self.key)"]
                )
                let answer = try await RawHTTP.send(request, to: path.gatewayPort)
                #expect(answer.status == 200)
            }
            #expect(!events.contains("fallen behind"))
            let document = try await Self.document(path, "?seconds=5") { $0["status"] == "ended" }
            #expect(Self.objects("inbound-rtp", in: document).count == 2)
            #expect(Self.objects("outbound-rtp", in: document).allSatisfy { Self.count($0["packetsSent"]) > 0 })
        }
    }

    @Test("Two captures run at a time, of different broadcasts, and all is refused that is no number in its bounds")
    func captureRefusals() async throws {
        try await Self.run { path in
            _ = try await Self.document(path) { Self.objects("outbound-rtp", in: $0).count == 2 }
            let first = try await Self.response(path, "/api/v1/broadcasts/1/capture?seconds=2")
            #expect(first.status == .ok)
            #expect(try await Self.get(path, "/api/v1/broadcasts/1/capture?packets=1").status == 409)
            #expect(try await first.body.collect(upTo: 64 << 20).readableBytes > 0)
            for query in ["seconds=0", "seconds=301", "packets=0", "packets=1000001", "packets=many"] {
                #expect(try await Self.get(path, "/api/v1/broadcasts/1/capture?\(query)").status == 400)
            }
            #expect(try await Self.get(path, "/api/v1/broadcasts/9/capture").status == 404)
            let capture = try await Self.get(path, "/api/v1/broadcasts/1/capture?seconds=5&packets=20")
            #expect(capture.status == 200)
            #expect(capture.body.getBytes(at: 0, length: 4) == [0x0A, 0x0D, 0x0D, 0x0A])
        }
    }

    @Test("Metrics tell of the media that flows")
    func metrics() async throws {
        try await Self.run { path in
            _ = try await Self.document(path) { document in
                Self.objects("outbound-rtp", in: document).allSatisfy { Self.count($0["packetsSent"]) > 20 }
                    && Self.objects("outbound-rtp", in: document).count == 2
            }
            let text = String(buffer: try await Self.get(path, "/metrics").body)
            for direction in ["inbound", "outbound"] {
                for kind in ["audio", "video"] {
                    let labels = "{direction=\"\(direction)\",kind=\"\(kind)\"}"
                    #expect(text.contains("rtc_streams\(labels) 1\n"))
                    #expect(text.contains("rtc_packets_total\(labels) "))
                    #expect(!text.contains("rtc_packets_total\(labels) 0"))
                }
            }
            #expect(text.contains(#"rtc_capture_delay_max_seconds{direction="outbound",kind="video"} "#))
            #expect(!text.contains(#"rtc_capture_delay_max_seconds{direction="inbound""#))
            #expect(text.contains(#"whip_broadcasts{state="live"} 1"#))
        }
    }
}
