// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

extension Session {
    /// What has come of a layer so far; `nil` where nothing has.
    package func reception(of track: TrackIndex, encoding: EncodingIndex) -> ReceiveStatistics? {
        guard let slot = incoming.slot(of: track, encoding: encoding) else { return nil }
        return incoming.streams[slot]?.reception.statistics
    }

    /// What each incoming stream has done so far.
    package var incomingStreams: [IncomingStreamStatistics] {
        incoming.streams.enumerated().compactMap { slot, stream in
            guard let stream, let parameters = incoming.parameters(of: stream.track),
                let codec = parameters.codecs.first
            else { return nil }
            let reception = stream.reception
            let place = Int(stream.encoding.rawValue)
            return IncomingStreamStatistics(
                track: stream.track,
                encoding: stream.encoding,
                ssrc: reception.ssrc,
                retransmissionSSRC: stream.retransmission?.ssrc,
                mid: parameters.mid,
                rid: parameters.encodings.indices.contains(place) ? parameters.encodings[place].rid : nil,
                codec: codec,
                packets: reception.statistics.packets,
                octets: reception.statistics.octets,
                lost: reception.cumulativeLost,
                recovered: stream.recovered,
                retransmitted: stream.retransmission.map {
                    PacketCount(packets: $0.statistics.packets, octets: $0.statistics.octets)
                } ?? PacketCount(),
                jitter: reception.clock.duration(ofTicks: reception.jitter),
                lastPacketAt: reception.statistics.lastPacketAt,
                feedback: stream.feedback,
                lastSenderReport: reception.lastSenderReport?.report,
                isCaptureReported: publisherClock.isReported(slot, at: now)
            )
        }
    }

    /// What each outgoing stream has done so far.
    package var outgoingStreams: [OutgoingStreamStatistics] {
        outgoing.streams.enumerated().compactMap { index, stream in
            guard let stream, let parameters = outgoing.parameters[index] else { return nil }
            let block = stream.lastReportBlock
            return OutgoingStreamStatistics(
                stream: SendStreamIndex(index),
                parameters: parameters,
                packets: stream.statistics.packets,
                octets: stream.statistics.octets,
                retransmitted: stream.retransmitted,
                frames: FrameCount(stream.frames),
                lost: Int64(block?.cumulativeLost ?? 0),
                fractionLost: Double(block?.fractionLost ?? 0) / 256,
                remoteJitter: block.map { stream.clock.duration(ofTicks: $0.jitter) },
                roundTripTime: stream.roundTripTime,
                feedback: stream.feedback,
                captureDelay: stream.captureDelay(at: now)
            )
        }
    }
}
