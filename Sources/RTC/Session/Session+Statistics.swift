// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// What one incoming stream of a session has done so far.
package struct IncomingStreamStatistics: Hashable, Sendable {
    /// The track it belongs to.
    package var track: TrackIndex
    /// Its place among the track's layers.
    package var encoding: EncodingIndex
    /// Its SSRC.
    package var ssrc: UInt32
    /// Packets, without those of its retransmissions.
    package var packets: UInt64
    /// Payload octets of those packets.
    package var octets: UInt64
    /// Packets that were expected but did not come; below zero when some came twice.
    package var lost: Int64
    /// The interarrival jitter.
    package var jitter: Duration
    /// When the last packet came.
    package var lastPacketAt: MonotonicTime?
}

/// What one outgoing stream of a session has done so far.
package struct OutgoingStreamStatistics: Hashable, Sendable {
    /// Its place in the session.
    package var stream: SendStreamIndex
    /// Its SSRC.
    package var ssrc: UInt32
    /// Packets, without those of its retransmissions.
    package var packets: UInt64
    /// Payload octets of those packets.
    package var octets: UInt64
    /// Packets that the receiver misses, as it last said.
    package var lost: Int64
    /// The part of the packets that the receiver missed when it last reported, 0–1.
    package var fractionLost: Double
    /// The round-trip time, where the receiver's reports tell it.
    package var roundTripTime: Duration?
}

extension Session {
    /// What has come of a layer so far; `nil` where nothing has.
    package func reception(of track: TrackIndex, encoding: EncodingIndex) -> ReceiveStatistics? {
        guard let slot = incoming.slot(of: track, encoding: encoding) else { return nil }
        return incoming.streams[slot]?.reception.statistics
    }

    /// What each incoming stream has done so far.
    package var incomingStreams: [IncomingStreamStatistics] {
        incoming.streams.compactMap { stream in
            stream.map { stream in
                let reception = stream.reception
                return IncomingStreamStatistics(
                    track: stream.track,
                    encoding: stream.encoding,
                    ssrc: reception.ssrc,
                    packets: reception.statistics.packets,
                    octets: reception.statistics.octets,
                    lost: reception.cumulativeLost,
                    jitter: reception.clock.duration(ofTicks: reception.jitter),
                    lastPacketAt: reception.statistics.lastPacketAt
                )
            }
        }
    }

    /// What each outgoing stream has done so far.
    package var outgoingStreams: [OutgoingStreamStatistics] {
        outgoing.streams.enumerated().compactMap { index, stream in
            stream.map { stream in
                OutgoingStreamStatistics(
                    stream: SendStreamIndex(index),
                    ssrc: stream.ssrc,
                    packets: stream.statistics.packets,
                    octets: stream.statistics.octets,
                    lost: Int64(stream.lastReportBlock?.cumulativeLost ?? 0),
                    fractionLost: Double(stream.lastReportBlock?.fractionLost ?? 0) / 256,
                    roundTripTime: stream.roundTripTime
                )
            }
        }
    }
}
