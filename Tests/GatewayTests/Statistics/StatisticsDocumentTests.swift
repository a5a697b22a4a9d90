// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPKit
import Testing

@testable import Gateway
@testable import RTC
@testable import RTCDriver

@Suite("The documents of statistics")
struct StatisticsDocumentTests {
    private static func document(
        _ edit: (inout MediaSessionStatistics, inout MediaSessionStatistics) -> Void = { _, _ in }
    ) throws -> [String: JSONValue] {
        let statistics = BroadcastStatistics()
        statistics.record(.example(4))
        statistics.record(.example(5, edit))
        return try #require(statistics.snapshot).fields(of: BroadcastID(7))
    }

    private static func objects(_ document: [String: JSONValue]) throws -> [[String: JSONValue]] {
        guard case .array(let values)? = document["stats"] else { throw CancellationError() }
        return values.compactMap { if case .object(let object) = $0 { object } else { nil } }
    }

    /// What an object has beside its name and time.
    private static func object(
        _ document: [String: JSONValue],
        _ id: String
    ) throws -> [String: JSONValue] {
        var object = try #require(try objects(document).first { $0["id"] == .string(id) })
        #expect(object.removeValue(forKey: "timestamp") == .number(1_790_000_005_000))
        object["id"] = nil
        return object
    }

    @Test("A received stream of video is told in the words of webrtc-stats")
    func inbound() throws {
        let document = try Self.document { publisher, _ in
            publisher.incoming[1].retransmitted = PacketCount(packets: 4, octets: 400)
            publisher.incoming[1].retransmissionSSRC = 2_001
            publisher.incoming[1].recovered = 3
            publisher.incoming[1].lost = 4
            publisher.incoming[1].rid = "hi"
            publisher.incoming[1].feedback.nacks = 2
            publisher.incoming[1].feedback.packetsRequested = 5
            publisher.incoming[1].feedback.pictureLosses = 1
            publisher.incoming[1].lastPacketAt = MonotonicTime(nanoseconds: 104_990_000_000)
        }
        #expect(document["id"] == "7" && document["timestamp"] == .number(1_790_000_005_000))
        #expect(document["interval"] == .number(1) && document["audioVideoOffset"] == .null)
        #expect(
            try Self.object(document, "inbound-rtp:publisher:2000") == [
                "type": "inbound-rtp", "ssrc": 2_000, "rtxSsrc": 2_001, "kind": "video", "mid": "1", "rid": "hi",
                "codecId": "codec:publisher:96", "transportId": "transport:publisher", "packetsReceived": 304,
                "bytesReceived": 30_400, "packetsLost": 4, "packetsRecovered": 3, "retransmittedPacketsReceived": 4,
                "retransmittedBytesReceived": 400, "jitter": 0.002, "lastPacketReceivedTimestamp": 1_790_000_004_990.0,
                "profile": "42e01f", "framesReceived": 150, "keyFramesReceived": 3, "keyFrameInterval": 2.0,
                "framesPerSecond": 30.0, "frameWidth": 1_280, "frameHeight": 720, "nackCount": 2, "packetsRequested": 5,
                "pliCount": 1, "firCount": 0, "bitrate": 51_200,
            ]
        )
        #expect(
            try Self.object(document, "codec:publisher:111") == [
                "type": "codec", "transportId": "transport:publisher", "mimeType": "audio/opus", "payloadType": 111,
                "clockRate": 48_000, "channels": 2,
            ]
        )
    }

    @Test("A sent stream has what its receiver says of it beside it")
    func outbound() throws {
        var counters = ForwardingCounters()
        counters.beforeKeyFrame = 12
        counters.duplicates = 1
        let document = try Self.document { _, sfu in
            sfu.layers = [
                ForwardedLayers(
                    stream: SendStreamIndex(0),
                    current: EncodingIndex(0),
                    target: EncodingIndex(0),
                    counters: counters,
                    size: PictureSize(width: 640, height: 360)
                )
            ]
            sfu.outgoing[0].frames.frames = 150
            sfu.outgoing[0].captureDelay = .microseconds(12_345)
        }
        #expect(
            try Self.object(document, "outbound-rtp:sfu:t1:4000") == [
                "type": "outbound-rtp", "ssrc": 4_000, "rtxSsrc": 4_001, "kind": "video", "mid": "0",
                "codecId": "codec:sfu:t1:96", "transportId": "transport:sfu:t1",
                "remoteId": "remote-inbound-rtp:sfu:t1:4000", "packetsSent": 305, "bytesSent": 30_500,
                "retransmittedPacketsSent": 5, "retransmittedBytesSent": 500, "sourceChanges": 0,
                "discarded": ["beforeKeyFrame": 12, "duplicate": 1], "framesSent": 150, "keyFramesSent": 0,
                "framesPerSecond": 150.0, "frameWidth": 640, "frameHeight": 360, "nackCount": 0, "packetsRequested": 0,
                "pliCount": 0, "firCount": 0, "bitrate": 48_800, "captureDelay": 0.012345,
            ]
        )
        #expect(
            try Self.object(document, "remote-inbound-rtp:sfu:t1:4000") == [
                "type": "remote-inbound-rtp", "ssrc": 4_000, "kind": "video", "localId": "outbound-rtp:sfu:t1:4000",
                "packetsLost": 3, "fractionLost": 0.125, "jitter": 0.005, "roundTripTime": 0.03,
            ]
        )
    }

    @Test("Sender reports are the remote side of what is received")
    func remoteOutbound() throws {
        let document = try Self.document { publisher, _ in
            publisher.incoming[0].lastSenderReport = SenderReport(
                ssrc: 1_000,
                ntp: NTPTime(unixNanoseconds: 1_790_000_004_500_000_000),
                rtpTimestamp: 1,
                packetCount: 240,
                octetCount: 24_000
            )
        }
        #expect(
            try Self.object(document, "remote-outbound-rtp:publisher:1000") == [
                "type": "remote-outbound-rtp", "ssrc": 1_000, "kind": "audio", "localId": "inbound-rtp:publisher:1000",
                "packetsSent": 240, "bytesSent": 24_000, "remoteTimestamp": 1_790_000_004_500.0, "roundTripTime": 0.02,
            ]
        )
    }

    @Test("Ways are told with their candidates and what was dropped")
    func transports() throws {
        let document = try Self.document { publisher, sfu in
            publisher.session.packetsReceived = 550
            publisher.session.estimatesSent = 5
            publisher.session.drops.count(.replayed)
            sfu.availableBitrate = 3_000_000
        }
        let transport = try Self.object(document, "transport:publisher")
        #expect(transport["side"] == "publisher" && transport["iceState"] == "connected")
        #expect(transport["dtlsState"] == "connected" && transport["packetsReceived"] == 550)
        #expect(transport["rembSent"] == 5 && transport["discarded"] == ["replayed": 1])
        let pair = try Self.object(document, "candidate-pair:sfu:t1")
        #expect(pair["availableOutgoingBitrate"] == 3_000_000 && pair["currentRoundTripTime"] == 0.02)
        let remote = try Self.object(document, "remote-candidate:publisher")
        #expect(remote["address"] == "192.0.2.17" && remote["port"] == 50_000 && remote["protocol"] == "udp")
    }

    @Test("Every name leads to an object that is there")
    func references() throws {
        let objects = try Self.objects(try Self.document())
        let ids = Set(objects.compactMap { $0["id"] })
        #expect(ids.count == objects.count)
        for object in objects {
            for (name, value) in object where name.hasSuffix("Id") {
                #expect(ids.contains(value), "\(name) \(value)")
            }
        }
    }

    @Test("A second of the past has what each stream did in it")
    func second() throws {
        let statistics = BroadcastStatistics()
        for second in 0..<3 {
            statistics.record(.example(second) { _, sfu in sfu.outgoing[0].captureDelay = .milliseconds(20) })
        }
        let second = try #require(statistics.history(seconds: 1).first)
        guard case .object(let document) = second.document, case .array(let streams)? = document["streams"] else {
            Issue.record("no document")
            return
        }
        #expect(document["timestamp"] == .number(1_790_000_002_000) && document["interval"] == .number(1))
        #expect(
            streams.last == [
                "id": "outbound-rtp:sfu:t1:4000", "kind": "video", "bitrate": 48_800, "packets": 61, "packetsLost": 0,
                "packetsRecovered": 0, "retransmittedPackets": 1, "packetsDiscarded": 0, "nackCount": 0,
                "jitter": 0.005, "roundTripTime": 0.03, "captureDelay": 0.02, "frames": 0, "keyFrames": 0,
                "keyFrameRequests": 0,
            ]
        )
        #expect(streams.count == 3)
    }
}
