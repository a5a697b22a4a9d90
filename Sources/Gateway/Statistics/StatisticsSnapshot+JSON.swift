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
    func object(_ type: String, _ id: String, _ fields: [String: JSONValue?]) -> JSONValue {
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
                "congestion": way.media.congestion.map(\.document),
                "pacing": way.media.pacing.map { pacing in
                    [
                        "packets": .count(pacing.packets), "overflows": .count(pacing.overflows),
                        "longestWait": .seconds(pacing.longestWait),
                    ]
                },
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
}

extension StatisticsReading.Way {
    /// The name of something that there is one of on this way.
    func id(_ type: String) -> String { "\(type):\(transport.side.name)" }

    /// The name of a codec.
    func id(of codec: RTPCodec) -> String { "codec:\(transport.side.name):\(codec.payloadType)" }

    /// The codecs that its streams are declared as.
    fileprivate var codecs: [RTPCodec] {
        (media.incoming.map(\.codec) + media.outgoing.map(\.parameters.codec)).reduce(into: []) { codecs, codec in
            if !codecs.contains(where: { $0.payloadType == codec.payloadType }) { codecs.append(codec) }
        }
    }
}

extension CongestionStatistics {
    /// What was done about congestion on the way.
    fileprivate var document: JSONValue {
        [
            "limits": .count(limits),
            "toldBitrate": toldBitrate.map { .count($0) } ?? .null,
            "holding": .bool(isHolding),
            "holds": .count(holds),
            "layersHeld": .integer(Int64(layersHeld)),
            "layersShed": .count(layersShed),
            "packetsLeftOut": .count(packetsLeftOut),
        ]
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

extension Double {
    /// Rounds to some places behind the point, four at most.
    func rounded(toPlaces places: Int) -> Double {
        let factor = [1, 10, 100, 1_000, 10_000][places]
        return (self * Double(factor)).rounded() / Double(factor)
    }
}

extension JSONValue {
    /// A duration in seconds, to the microsecond.
    static func seconds(_ duration: Duration) -> JSONValue {
        .number((duration.inSeconds * 1_000_000).rounded() / 1_000_000)
    }

    /// A time in milliseconds since 1970, as a browser's statistics have it.
    static func milliseconds(_ time: Date) -> JSONValue {
        .number((time.timeIntervalSince1970 * 1_000).rounded())
    }
}
