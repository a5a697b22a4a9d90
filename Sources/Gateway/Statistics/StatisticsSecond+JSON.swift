// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPKit
import RTC

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
        fields["captureDelay"] = sample.captureDelay.map { .seconds(.microseconds($0)) }
        guard kind == .video else { return .object(fields) }
        fields["frames"] = .integer(Int64(sample.frames))
        fields["keyFrames"] = .integer(Int64(sample.keyFrames))
        fields["keyFrameRequests"] = .integer(Int64(sample.keyFrameRequests))
        return .object(fields)
    }
}
