// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPKit
import RTC
import RTCDriver

/// The snapshot as the operator's API writes it, in the words of W3C's webrtc-stats where it has any
/// (docs/operations.md, "Statistics of a broadcast").
extension StatisticsSnapshot {
    /// The document of a broadcast.
    ///
    /// - Parameter id: the broadcast.
    /// - Returns: the document; what is not known of a thing is left out.
    func document(of id: BroadcastID) -> JSONValue { .object(fields(of: id)) }

    /// The members of that document.
    func fields(of id: BroadcastID) -> [String: JSONValue] {
        [
            "id": .string("\(id)"),
            "timestamp": .milliseconds(reading.time),
            "interval": .number(seconds.rounded(toPlaces: 3)),
            "audioVideoOffset": reading.audioVideoOffset.map { .seconds($0) } ?? .null,
            "stats": .array(reading.ways.flatMap(objects)),
        ]
    }

    /// What there is of one way of media, each thing an object.
    private func objects(_ way: StatisticsReading.Way) -> [JSONValue] {
        var objects = [transport(way), candidatePair(way)]
        if let address = way.media.selectedAddress { objects.append(remoteCandidate(address, of: way)) }
        for codec in way.codecs { objects.append(self.codec(codec, of: way)) }
        for stream in way.media.incoming {
            objects.append(inbound(stream, of: way))
            if let report = stream.lastSenderReport { objects.append(remoteOutbound(stream, report, of: way)) }
        }
        for stream in way.media.outgoing {
            objects.append(outbound(stream, of: way))
            if stream.remoteJitter != nil { objects.append(remoteInbound(stream, of: way)) }
        }
        return objects
    }

    /// An object with what all have.
    private func object(_ type: String, _ id: String, _ fields: [String: JSONValue?]) -> JSONValue {
        var object = fields.compactMapValues { $0 }
        object["type"] = .string(type)
        object["id"] = .string(id)
        object["timestamp"] = .milliseconds(reading.time)
        return .object(object)
    }

    // MARK: Ways

    private func transport(_ way: StatisticsReading.Way) -> JSONValue {
        let session = way.media.session
        return object(
            "transport",
            way.id("transport"),
            [
                "side": .string(way.transport.side.direction == .inbound ? "publisher" : "sfu"),
                "iceState": .string("\(way.transport.ice)"),
                "dtlsState": .string(way.transport.dtls.rawValue),
                "selectedCandidatePairId": .string(way.id("candidate-pair")),
                "packetsReceived": .count(session.packetsReceived),
                "bytesReceived": .count(session.bytesReceived),
                "packetsSent": .count(session.packetsSent),
                "bytesSent": .count(session.bytesSent),
                "rembReceived": .count(session.estimatesReceived),
                "rembSent": .count(session.estimatesSent),
                "transportFeedbackReceived": .count(session.transportReportsReceived),
                "transportFeedbackSent": .count(session.transportReportsSent),
                "discarded": .counts(session.drops.byName),
            ]
        )
    }

    private func candidatePair(_ way: StatisticsReading.Way) -> JSONValue {
        object(
            "candidate-pair",
            way.id("candidate-pair"),
            [
                "transportId": .string(way.id("transport")),
                "remoteCandidateId": way.media.selectedAddress.map { _ in .string(way.id("remote-candidate")) },
                "currentRoundTripTime": way.media.roundTripTime.map { .seconds($0) },
                "availableOutgoingBitrate": way.media.availableBitrate.map { .count($0) },
            ]
        )
    }

    private func remoteCandidate(_ address: TransportAddress, of way: StatisticsReading.Way) -> JSONValue {
        object(
            "remote-candidate",
            way.id("remote-candidate"),
            [
                "transportId": .string(way.id("transport")),
                "address": .string("\(address.ip)"),
                "port": .integer(Int64(address.port)),
                "protocol": .string(address.transport == .tcp ? "tcp" : "udp"),
                "relayed": address.transport == .relayed ? .bool(true) : nil,
            ]
        )
    }

    private func codec(_ codec: RTPCodec, of way: StatisticsReading.Way) -> JSONValue {
        let line = codec.parameters.map { $0.value.isEmpty ? $0.name : "\($0.name)=\($0.value)" }.joined(separator: ";")
        return object(
            "codec",
            way.id(of: codec),
            [
                "transportId": .string(way.id("transport")),
                "mimeType": .string(codec.mimeType),
                "payloadType": .integer(Int64(codec.payloadType)),
                "clockRate": .integer(Int64(codec.clockRate)),
                "channels": codec.kind == .audio ? .integer(Int64(codec.channels)) : nil,
                "sdpFmtpLine": line.isEmpty ? nil : .string(line),
            ]
        )
    }

    // MARK: Streams

    private func inbound(_ stream: IncomingStreamStatistics, of way: StatisticsReading.Way) -> JSONValue {
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
        let fields = own.merging(Self.frames(picture?.frames, "framesReceived", "keyFramesReceived", newest[key])) { $1 }
            .merging(Self.size(picture?.size)) { $1 }
            .merging(Self.feedback(stream.feedback)) { $1 }
            .merging(Self.rate(newest[key])) { $1 }
        return object("inbound-rtp", key.id("inbound-rtp"), fields)
    }

    private func remoteOutbound(
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

    private func outbound(_ stream: OutgoingStreamStatistics, of way: StatisticsReading.Way) -> JSONValue {
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
        ]
        let frames = stream.parameters.kind == .video ? stream.frames : nil
        let fields = own.merging(Self.frames(frames, "framesSent", "keyFramesSent", newest[key])) { $1 }
            .merging(Self.size(feed?.size)) { $1 }
            .merging(Self.feedback(stream.feedback)) { $1 }
            .merging(Self.rate(newest[key])) { $1 }
        return object("outbound-rtp", key.id("outbound-rtp"), fields)
    }

    private func remoteInbound(_ stream: OutgoingStreamStatistics, of way: StatisticsReading.Way) -> JSONValue {
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

    private static func frames(
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
            "framesPerSecond": newest.map { .integer(Int64($0.frames)) },
        ]
    }

    private static func size(_ size: PictureSize?) -> [String: JSONValue?] {
        ["frameWidth": (size?.width).map { .integer(Int64($0)) }, "frameHeight": (size?.height).map { .integer(Int64($0)) }]
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

extension StatisticsSecond {
    /// The second as the operator's API writes it.
    var document: JSONValue {
        [
            "timestamp": .milliseconds(time),
            "interval": .number(seconds.rounded(toPlaces: 3)),
            "streams": .array(streams.map(\.document)),
        ]
    }
}

extension StatisticsSecond.Stream {
    fileprivate var document: JSONValue {
        let type = key.side.direction == .inbound ? "inbound-rtp" : "outbound-rtp"
        var fields: [String: JSONValue] = [
            "id": .string(key.id(type)),
            "kind": .string(kind.rawValue),
            "bitrate": .integer(Int64(sample.bitrate)),
            "packets": .integer(Int64(sample.packets)),
            "packetsLost": .integer(Int64(sample.lost)),
            "packetsRecovered": .integer(Int64(sample.recovered)),
            "retransmittedPackets": .integer(Int64(sample.retransmitted)),
            "packetsDiscarded": .integer(Int64(sample.discarded)),
            "nackCount": .integer(Int64(sample.nacks)),
        ]
        fields["rid"] = rid.map { .string($0) }
        fields["jitter"] = sample.jitter.map { .seconds(.microseconds($0)) }
        fields["roundTripTime"] = sample.roundTripTime.map { .seconds(.microseconds($0)) }
        guard kind == .video else { return .object(fields) }
        fields["frames"] = .integer(Int64(sample.frames))
        fields["keyFrames"] = .integer(Int64(sample.keyFrames))
        fields["keyFrameRequests"] = .integer(Int64(sample.keyFrameRequests))
        return .object(fields)
    }
}

extension StatisticsReading.Way {
    /// The name of something that there is one of on this way.
    fileprivate func id(_ type: String) -> String { "\(type):\(transport.side.name)" }

    /// The name of a codec.
    fileprivate func id(of codec: RTPCodec) -> String { "codec:\(transport.side.name):\(codec.payloadType)" }

    /// The codecs that its streams are declared as.
    fileprivate var codecs: [RTPCodec] {
        (media.incoming.map(\.codec) + media.outgoing.map(\.parameters.codec)).reduce(into: []) { codecs, codec in
            if !codecs.contains(where: { $0.payloadType == codec.payloadType }) { codecs.append(codec) }
        }
    }
}

extension DropCounters {
    /// The counts above zero, by the names of their reasons.
    var byName: [String: UInt64] {
        DropReason.allCases.reduce(into: [:]) { counts, reason in
            if self[reason] > 0 { counts["\(reason)"] = self[reason] }
        }
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

extension Double {
    fileprivate func rounded(toPlaces places: Int) -> Double {
        let factor = [1, 10, 100, 1_000, 10_000][places]
        return (self * Double(factor)).rounded() / Double(factor)
    }
}

extension JSONValue {
    /// A duration in seconds, to the microsecond.
    fileprivate static func seconds(_ duration: Duration) -> JSONValue {
        .number((duration.inSeconds * 1_000_000).rounded() / 1_000_000)
    }

    /// A time in milliseconds since 1970, as a browser's statistics have it.
    fileprivate static func milliseconds(_ time: Date) -> JSONValue {
        .number((time.timeIntervalSince1970 * 1_000).rounded())
    }
}
