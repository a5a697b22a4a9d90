// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPKit
import RTC
import RTCDriver

/// The streams of a snapshot, in the words of webrtc-stats.
extension StatisticsSnapshot {
    /// A stream of the publisher.
    func inbound(_ stream: IncomingStreamStatistics, of way: StatisticsReading.Way) -> JSONValue {
        let key = StreamName(side: way.transport.side, ssrc: stream.ssrc)
        let picture = way.picture(of: stream)
        let own: [String: JSONValue?] = [
            "ssrc": .integer(Int64(stream.ssrc)),
            "rtxSsrc": stream.retransmissionSSRC.map { .integer(Int64($0)) },
            "kind": .string(stream.codec.kind.rawValue),
            "mid": stream.mid.map { .string($0) },
            "rid": stream.rid.map { .string($0) },
            "codecId": .string(way.id(of: stream.codec)),
            "transportId": .string(way.id("transport")),
            "remoteId": stream.lastSenderReport.map { _ in .string(key.id("remote-outbound-rtp")) },
            "packetsReceived": .count(stream.packets + stream.retransmitted.packets),
            "bytesReceived": .count(stream.octets + stream.retransmitted.octets),
            "packetsLost": .integer(stream.lost),
            "packetsRecovered": .count(stream.recovered),
            "retransmittedPacketsReceived": .count(stream.retransmitted.packets),
            "retransmittedBytesReceived": .count(stream.retransmitted.octets),
            "jitter": .seconds(stream.jitter),
            "lastPacketReceivedTimestamp": stream.lastPacketAt.map { .milliseconds(time(of: $0)) },
            "profile": picture?.profileLevel.map { .string($0.text) },
        ]
        let fields = own.merging(self.frames(picture?.frames, "framesReceived", "keyFramesReceived", newest[key])) {
            $1
        }
        .merging(Self.size(picture?.size)) { $1 }
        .merging(Self.feedback(stream.feedback)) { $1 }
        .merging(Self.rate(newest[key])) { $1 }
        return object("inbound-rtp", key.id("inbound-rtp"), fields)
    }

    /// What the publisher says of it.
    func remoteOutbound(
        _ stream: IncomingStreamStatistics,
        _ report: SenderReport,
        of way: StatisticsReading.Way
    ) -> JSONValue {
        let key = StreamName(side: way.transport.side, ssrc: stream.ssrc)
        return object(
            "remote-outbound-rtp",
            key.id("remote-outbound-rtp"),
            [
                "ssrc": .integer(Int64(stream.ssrc)),
                "kind": .string(stream.codec.kind.rawValue),
                "localId": .string(key.id("inbound-rtp")),
                "packetsSent": .integer(Int64(report.packetCount)),
                "bytesSent": .integer(Int64(report.octetCount)),
                "remoteTimestamp": .number(report.ntp.unixMilliseconds.rounded(toPlaces: 3)),
                "roundTripTime": way.media.roundTripTime.map { .seconds($0) },
            ]
        )
    }

    /// A stream to the SFU.
    func outbound(_ stream: OutgoingStreamStatistics, of way: StatisticsReading.Way) -> JSONValue {
        let key = StreamName(side: way.transport.side, ssrc: stream.ssrc)
        let feed = way.feed(of: stream)
        let own: [String: JSONValue?] = [
            "ssrc": .integer(Int64(stream.ssrc)),
            "rtxSsrc": stream.parameters.retransmissionSSRC.map { .integer(Int64($0)) },
            "kind": .string(stream.parameters.kind.rawValue),
            "mid": stream.parameters.mid.map { .string($0) },
            "rid": stream.parameters.rid.map { .string($0) },
            "codecId": .string(way.id(of: stream.parameters.codec)),
            "transportId": .string(way.id("transport")),
            "remoteId": stream.remoteJitter.map { _ in .string(key.id("remote-inbound-rtp")) },
            "packetsSent": .count(stream.packets + stream.retransmitted.packets),
            "bytesSent": .count(stream.octets + stream.retransmitted.octets),
            "retransmittedPacketsSent": .count(stream.retransmitted.packets),
            "retransmittedBytesSent": .count(stream.retransmitted.octets),
            "sourceChanges": (feed?.counters.sourceChanges).map { .count($0) },
            "discarded": (feed?.counters.discarded).map { .counts($0) },
            "captureDelay": stream.captureDelay.map { .seconds($0) },
        ]
        let frames = stream.parameters.kind == .video ? stream.frames : nil
        let fields = own.merging(self.frames(frames, "framesSent", "keyFramesSent", newest[key])) { $1 }
            .merging(Self.size(feed?.size)) { $1 }
            .merging(Self.feedback(stream.feedback)) { $1 }
            .merging(Self.rate(newest[key])) { $1 }
        return object("outbound-rtp", key.id("outbound-rtp"), fields)
    }

    /// What the SFU says of it.
    func remoteInbound(_ stream: OutgoingStreamStatistics, of way: StatisticsReading.Way) -> JSONValue {
        let key = StreamName(side: way.transport.side, ssrc: stream.ssrc)
        return object(
            "remote-inbound-rtp",
            key.id("remote-inbound-rtp"),
            [
                "ssrc": .integer(Int64(stream.ssrc)),
                "kind": .string(stream.parameters.kind.rawValue),
                "localId": .string(key.id("outbound-rtp")),
                "packetsLost": .integer(stream.lost),
                "fractionLost": .number(stream.fractionLost.rounded(toPlaces: 4)),
                "jitter": stream.remoteJitter.map { .seconds($0) },
                "roundTripTime": stream.roundTripTime.map { .seconds($0) },
            ]
        )
    }

    /// The time of day of a moment that is not long ago.
    private func time(of moment: MonotonicTime) -> Date {
        reading.time.addingTimeInterval(-(reading.moment - moment).inSeconds)
    }

    // MARK: What streams of both directions have

    private func frames(
        _ frames: FrameCount?,
        _ name: String,
        _ keyName: String,
        _ newest: StreamSample?
    ) -> [String: JSONValue?] {
        guard let frames else { return [:] }
        return [
            name: .count(frames.frames),
            keyName: .count(frames.keyFrames),
            "keyFrameInterval": frames.keyFrameInterval.map { .seconds($0) },
            "framesPerSecond": newest.flatMap { newest in
                seconds > 0 ? .number((Double(newest.frames) / seconds).rounded(toPlaces: 1)) : nil
            },
        ]
    }

    private static func size(_ size: PictureSize?) -> [String: JSONValue?] {
        [
            "frameWidth": (size?.width).map { .integer(Int64($0)) },
            "frameHeight": (size?.height).map { .integer(Int64($0)) },
        ]
    }

    private static func feedback(_ feedback: FeedbackCounters) -> [String: JSONValue?] {
        [
            "nackCount": .count(feedback.nacks),
            "packetsRequested": .count(feedback.packetsRequested),
            "pliCount": .count(feedback.pictureLosses),
            "firCount": .count(feedback.fullIntraRequests),
        ]
    }

    private static func rate(_ newest: StreamSample?) -> [String: JSONValue?] {
        ["bitrate": newest.map { .integer(Int64($0.bitrate)) }]
    }
}

extension ForwardingCounters {
    /// What was not handed on, by reason; only what there was.
    fileprivate var discarded: [String: UInt64] {
        [
            "padding": padding, "duplicate": duplicates, "tooLate": tooLate, "beforeKeyFrame": beforeKeyFrame,
            "unknownPayloadType": unknownPayloadType, "formerSource": formerSource,
        ]
        .filter { $0.value > 0 }
    }
}

extension NTPTime {
    /// Milliseconds since 1970.
    fileprivate var unixMilliseconds: Double { (Double(rawValue) / 4_294_967_296 - 2_208_988_800) * 1_000 }
}
