// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import Foundation
import HTTPKit
import NIOCore
import NIOHTTP1
import RTC
import Testing

@testable import Gateway
@testable import SkyWay

/// Captures of a broadcast whose sessions change meanwhile, over real HTTP and real media.
@Suite("A capture on the whole path", .serialized, .timeLimit(.minutes(1)))
struct CapturePathTests {
    private static let key = "0123456789abcdef-admin"

    /// An RTP packet of a capture, and the interface that it is on.
    private struct Packet {
        var interface: UInt32
        var ssrc: UInt32
        var sequenceNumber: UInt16
    }

    /// A capture that was read to its end.
    private struct Recorded {
        var interfaces: [String] = []
        var packets: [Packet] = []

        init(_ bytes: [UInt8]) throws {
            for block in try CaptureBlock.blocks(bytes) {
                switch block.type {
                case 1:
                    let length = Int(block.body[10])
                    interfaces.append(String(decoding: block.body[12..<12 + length], as: UTF8.self))
                case 6:
                    // After the tags, the first of which names the dissector; the last one has no number.
                    guard block.body[24..<28].elementsEqual("rtp\0".utf8) else { continue }
                    let end = stride(from: 20, to: block.body.count, by: 4).first { place in
                        block.body[place..<place + 4].allSatisfy { $0 == 0 }
                    }
                    let rtp = block.body.dropFirst(try #require(end) + 4)
                    packets.append(
                        Packet(
                            interface: CaptureBlock.number(block.body.prefix(4)),
                            ssrc: CaptureBlock.number(rtp.dropFirst(8).prefix(4).reversed()),
                            sequenceNumber: UInt16(
                                truncatingIfNeeded: CaptureBlock.number(rtp.dropFirst(2).prefix(2).reversed())
                            )
                        )
                    )
                default: break
                }
            }
        }

        func packets(_ interface: UInt32) -> [Packet] { packets.filter { $0.interface == interface } }
    }

    /// A capture whose answer has begun.
    private static func begin(on path: WholePath) async throws -> HTTPClientResponse.Body {
        let response = try await answer(path, "GET", "/api/v1/broadcasts/1/capture?seconds=60")
        try #require(response.status == .ok)
        return response.body
    }

    private static func answer(_ path: WholePath, _ method: String, _ what: String) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(path.gatewayPort)\(what)")
        request.method = HTTPMethod(rawValue: method)
        request.headers.add(name: "Authorization", value: "Bearer \(key)")
        return try await HTTPClient.shared.execute(request, timeout: .seconds(60))
    }

    private static func end(of body: HTTPClientResponse.Body) async throws -> Recorded {
        try Recorded(Array(buffer: try await body.collect(upTo: 256 << 20)))
    }

    /// How many packets the streams of a direction have, by SSRC, once there is a reading in which nothing has changed.
    private static func settledCounts(_ path: WholePath) async throws -> [String: [UInt32: Int64]] {
        var (former, timestamp) = ([String: [UInt32: Int64]](), JSONValue.null)
        while true {
            let response = try await answer(path, "GET", "/api/v1/broadcasts/1/stats")
            let body = try await response.body.collect(upTo: 1 << 20)
            let document = try JSONDecoder().decode([String: JSONValue].self, from: Data(body.readableBytesView))
            let present = try counts(document)
            if document["timestamp"] != timestamp {
                if present == former { return present }
                (former, timestamp) = (present, document["timestamp"] ?? .null)
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    private static func counts(_ document: [String: JSONValue]) throws -> [String: [UInt32: Int64]] {
        guard case .array(let objects)? = document["stats"] else { return [:] }
        var counts: [String: [UInt32: Int64]] = [:]
        for case .object(let object) in objects {
            guard case .string(let type)? = object["type"], case .integer(let ssrc)? = object["ssrc"],
                case .integer(let packets)? = object["packetsReceived"] ?? object["packetsSent"]
            else { continue }
            counts[type, default: [:]][UInt32(ssrc)] = packets
        }
        return counts
    }

    @Test("A publisher that takes the place of its session goes on in it, to the packet, until the broadcast ends")
    func takeover() async throws {
        try await WholePath.run {
            $0.adminKey = Redacted(Self.key)
            $0.takeover = ComingBack.rules
            $0.bearerTokens = [Redacted("a")]
        } _: { path in
            let stage = ComingBack(path: path)
            let former = try await stage.publish()
            let viewer = try await stage.watch(former)
            let body = try await Self.begin(on: path)
            async let recorded = Self.end(of: body)
            try await viewer.receives(50, from: 0)
            try await former.cut()
            let next = try await stage.publish(first: 5_000)
            for kind in MediaKind.allCases { try await viewer.receives(50, from: 5_000, kind: kind) }
            try await next.cut()
            let counts = try await Self.settledCounts(path)
            #expect(try await Self.answer(path, "DELETE", "/api/v1/broadcasts/1").status == .ok)
            let capture = try await recorded
            #expect(capture.interfaces == ["publisher", "sfu"])
            let received = Dictionary(grouping: capture.packets(0), by: \.ssrc)
            Self.expectBothSessions(received, counts["inbound-rtp"] ?? [:])
            let sent = Dictionary(grouping: capture.packets(1), by: \.ssrc)
            #expect(Set(sent.keys) == Set((counts["outbound-rtp"] ?? [:]).keys))
            #expect(sent.values.allSatisfy { $0.count >= 100 && Self.isUnbroken($0) })
        }
    }

    @Test("A way to the SFU that is made again goes on in it, to the packet")
    func transport() async throws {
        try await WholePath.run {
            $0.adminKey = Redacted(Self.key)
        } _: { path in
            let publisher = try await SteppedPublisher.start(in: RecoveryPath.room, on: path)
            let (viewer, records) = try await path.watch(RecoveryPath.room)
            let record = try #require(records[.video])
            await record.receives(20)
            let body = try await Self.begin(on: path)
            async let recorded = Self.end(of: body)
            await record.receives(20)
            let broadcast = RecoveryPath(path: path, publisher: publisher, viewer: viewer, record: record)
            _ = try await broadcast.lose(#"{"fault":"close-dtls","direction":"sending"}"#)
            try await publisher.cut()
            let counts = try await Self.settledCounts(path)
            #expect(try await Self.answer(path, "DELETE", "/api/v1/broadcasts/1").status == .ok)
            let capture = try await recorded
            #expect(capture.interfaces == ["publisher", "sfu"])
            let sent = Dictionary(grouping: capture.packets(1), by: \.ssrc)
            Self.expectBothSessions(sent, counts["outbound-rtp"] ?? [:])
            #expect((counts["outbound-rtp"] ?? [:]).values.allSatisfy { $0 >= 20 })
            let received = Dictionary(grouping: capture.packets(0), by: \.ssrc)
            #expect(Set(received.keys) == Set((counts["inbound-rtp"] ?? [:]).keys))
            #expect(received.values.allSatisfy(Self.isUnbroken))
        }
    }

    /// Checks that the streams of a former session were recorded, each kind, and those of the present one to the packet.
    private static func expectBothSessions(_ streams: [UInt32: [Packet]], _ counts: [UInt32: Int64]) {
        #expect(streams.count == 4)
        #expect(counts.count == 2)
        for (ssrc, count) in counts { #expect(streams[ssrc]?.count == Int(count)) }
    }

    /// Whether no packet is missing between the first one and the last one.
    private static func isUnbroken(_ packets: [Packet]) -> Bool {
        zip(packets, packets.dropFirst()).allSatisfy { $1.sequenceNumber &- $0.sequenceNumber == 1 }
    }
}
