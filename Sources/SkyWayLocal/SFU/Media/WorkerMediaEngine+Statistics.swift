// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCDriver

extension WorkerMediaEngine {
    func statistics(ofTransport id: String) async -> TransportStatistics? {
        guard let session = transports[id], let statistics = try? await session.statistics() else { return nil }
        return TransportStatistics(
            isConnected: statistics.isConnected,
            remoteAddress: statistics.selectedAddress.map { "\($0)" },
            packetsReceived: statistics.session.packetsReceived,
            bytesReceived: statistics.session.bytesReceived,
            packetsSent: statistics.session.packetsSent,
            bytesSent: statistics.session.bytesSent,
            roundTripTime: statistics.roundTripTime,
            availableBitrate: statistics.availableBitrate,
            producers: producers.filter { $0.value.transportID == id }.map { id, producer in
                TransportStatistics.Producer(id: id, layers: layers(of: producer.track, statistics))
            },
            consumers: consumers.filter { $0.value.transportID == id }.compactMap { id, consumer in
                self.statistics(of: consumer.stream, id: id, statistics)
            }
        )
    }

    private func layers(of track: TrackIndex, _ statistics: MediaSessionStatistics) -> [TransportStatistics.Layer] {
        statistics.incoming.filter { $0.track == track }
            .map { stream in
                TransportStatistics.Layer(
                    encoding: Int(stream.encoding.rawValue),
                    packets: stream.packets,
                    octets: stream.octets,
                    lost: max(0, stream.lost),
                    jitter: stream.jitter
                )
            }
            .sorted { $0.encoding < $1.encoding }
    }

    private func statistics(
        of stream: SendStreamIndex,
        id: String,
        _ statistics: MediaSessionStatistics
    ) -> TransportStatistics.Consumer? {
        guard let sent = statistics.outgoing.first(where: { $0.stream == stream }) else { return nil }
        let layers = statistics.layers.first { $0.stream == stream }
        return TransportStatistics.Consumer(
            id: id,
            packets: sent.packets,
            octets: sent.octets,
            lost: max(0, sent.lost),
            fractionLost: sent.fractionLost,
            currentLayer: layers?.current.map { Int($0.rawValue) },
            targetLayer: layers.map { Int($0.target.rawValue) }
        )
    }
}
