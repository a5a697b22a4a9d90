// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import RTC
import RTCDriver

/// What the ways of a broadcast's media had done at one moment.
struct StatisticsReading: Sendable {
    /// A way of media, with what it had done.
    struct Way: Sendable {
        /// What is known of the way; its figures are not looked at.
        var transport: BroadcastReport.Transport
        /// What its session had done.
        var media: MediaSessionStatistics
    }

    /// When it was read.
    var time: Date
    /// The same by a clock that nobody sets.
    var moment: MonotonicTime
    /// The way from the publisher, then those to the SFU.
    var ways: [Way]
}

/// Names a stream among those of a broadcast.
struct StreamName: Hashable, Sendable {
    /// The way that it takes.
    var side: BroadcastReport.Transport.Side
    var ssrc: UInt32

    /// The name in documents, made as those of a browser's statistics are: unique, and with no meaning to rely on.
    func id(_ type: String) -> String { "\(type):\(side.name):\(ssrc)" }
}

extension BroadcastReport.Transport.Side {
    /// The name in documents.
    var name: String {
        switch self {
        case .publisher: "publisher"
        case .sfu(let id): "sfu:\(id)"
        }
    }

    /// Which way media goes there, seen from the gateway.
    var direction: MediaDirection { self == .publisher ? .inbound : .outbound }
}

/// Which way media goes.
enum MediaDirection: String, Hashable, Sendable, CaseIterable {
    /// From the publisher.
    case inbound
    /// To the SFU.
    case outbound
}

/// A stream at one moment, whichever way it goes.
struct StreamState: Sendable {
    var key: StreamName
    var kind: MediaKind
    var rid: String?
    var counts: StreamCounts
    /// The interarrival jitter at its receiver; `nil` where that does not say.
    var jitter: Duration?
    var roundTripTime: Duration?
    /// From capture to sending; `nil` for what is received, and where it is not known.
    var captureDelay: Duration?
}

extension StatisticsReading {
    /// All streams.
    var streams: [StreamState] { ways.flatMap { $0.incoming + $0.outgoing } }

    /// How much longer than sound pictures take from their capture until they leave for the SFU, by the publisher's clock:
    /// what a viewer's player has to even out.
    ///
    /// `nil` while not both flow, and where the publisher's reports don't tell how their captures lie to each other.
    var audioVideoOffset: Duration? {
        guard isCaptureReported(.audio), isCaptureReported(.video), let audio = captureDelay(of: .audio),
            let video = captureDelay(of: .video)
        else { return nil }
        return video - audio
    }

    private func isCaptureReported(_ kind: MediaKind) -> Bool {
        ways.contains { way in way.media.incoming.contains { $0.codec.kind == kind && $0.isCaptureReported } }
    }

    /// That of the slowest layer.
    private func captureDelay(of kind: MediaKind) -> Duration? {
        ways.flatMap(\.media.outgoing).filter { $0.parameters.kind == kind }.compactMap(\.captureDelay).max()
    }
}

extension StatisticsReading.Way {
    /// What is seen in the packets of an incoming layer.
    func picture(of stream: IncomingStreamStatistics) -> PictureStatistics? {
        media.pictures.first { $0.track == stream.track && $0.encoding == stream.encoding }
    }

    /// What an outgoing stream is fed with.
    func feed(of stream: OutgoingStreamStatistics) -> ForwardedLayers? {
        media.layers.first { $0.stream == stream.stream }
    }

    fileprivate var incoming: [StreamState] {
        media.incoming.map { stream in
            var counts = StreamCounts()
            counts.packets = stream.packets + stream.retransmitted.packets
            counts.octets = stream.octets + stream.retransmitted.octets
            counts.lost = stream.lost
            counts.recovered = stream.recovered
            counts.retransmitted = stream.retransmitted.packets
            counts.frames = picture(of: stream)?.frames ?? FrameCount()
            counts.feedback = stream.feedback
            return StreamState(
                key: StreamName(side: transport.side, ssrc: stream.ssrc),
                kind: stream.codec.kind,
                rid: stream.rid,
                counts: counts,
                jitter: stream.jitter,
                roundTripTime: media.roundTripTime
            )
        }
    }

    fileprivate var outgoing: [StreamState] {
        media.outgoing.map { stream in
            var counts = StreamCounts()
            counts.packets = stream.packets + stream.retransmitted.packets
            counts.octets = stream.octets + stream.retransmitted.octets
            counts.lost = stream.lost
            counts.retransmitted = stream.retransmitted.packets
            counts.discarded = feed(of: stream)?.counters.dropped ?? 0
            counts.frames = stream.frames
            counts.feedback = stream.feedback
            return StreamState(
                key: StreamName(side: transport.side, ssrc: stream.ssrc),
                kind: stream.parameters.kind,
                rid: stream.parameters.rid,
                counts: counts,
                jitter: stream.remoteJitter,
                roundTripTime: stream.roundTripTime,
                captureDelay: stream.captureDelay
            )
        }
    }
}
