// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import RTC

extension StateDocument {
    /// A transport of the SFU.
    struct Transport: Encodable {
        let id: String
        let memberId: String
        /// Seen from the member.
        let direction: String
        /// Whether media can flow.
        let isConnected: Bool
        /// Where the client is told to send.
        let candidates: [String]
        /// Where datagrams go; absent before a check has come.
        let remoteAddress: String?
        let packetsReceived: UInt64
        let bytesReceived: UInt64
        let packetsSent: UInt64
        let bytesSent: UInt64
        /// In milliseconds, where anything is known of it.
        let roundTripTime: Double?
        /// In bits a second, where anything tells it.
        let availableBitrate: UInt64?
        let producers: [Producer]
        let consumers: [Consumer]
    }

    /// A stream that comes in.
    struct Producer: Encodable {
        let id: String
        let kind: RTPKind
        let codec: String?
        let layers: [Layer]
    }

    /// One of its layers.
    struct Layer: Encodable {
        let encoding: Int
        let packets: UInt64
        let bytes: UInt64
        let lost: Int64
        /// In milliseconds.
        let jitter: Double
    }

    /// A stream that goes out.
    struct Consumer: Encodable {
        let id: String
        let producerId: String
        let kind: RTPKind
        let codec: String?
        let packets: UInt64
        let bytes: UInt64
        let lost: Int64
        /// 0 to 1, as the client last reported.
        let fractionLost: Double
        /// The encoding that is being sent, and the one that is to be.
        let currentLayer: Int?
        let targetLayer: Int?
    }
}

extension SFURouter {
    /// The transports with what they have done so far.
    func stateDocuments() async -> [StateDocument.Transport] {
        var documents: [StateDocument.Transport] = []
        for transport in transports.values.sorted(by: { $0.id < $1.id }) {
            let statistics = await engine.statistics(ofTransport: transport.id)
            documents.append(stateDocument(transport, statistics))
        }
        return documents
    }

    private func stateDocument(
        _ transport: SFUTransport,
        _ statistics: TransportStatistics?
    ) -> StateDocument.Transport {
        let own = producers.values.filter { $0.transportID == transport.id }.sorted { $0.id < $1.id }
        let served = consumers.values.filter { $0.transportID == transport.id }.sorted { $0.id < $1.id }
        return StateDocument.Transport(
            id: transport.id,
            memberId: transport.owner.memberID,
            direction: transport.owner.direction == .sending ? "sending" : "receiving",
            isConnected: statistics?.isConnected ?? false,
            candidates: transport.options.iceCandidates.map { "\($0.protocol) \($0.address):\($0.port)" },
            remoteAddress: statistics?.remoteAddress,
            packetsReceived: statistics?.packetsReceived ?? 0,
            bytesReceived: statistics?.bytesReceived ?? 0,
            packetsSent: statistics?.packetsSent ?? 0,
            bytesSent: statistics?.bytesSent ?? 0,
            roundTripTime: statistics?.roundTripTime.map { $0.inSeconds * 1000 },
            availableBitrate: statistics?.availableBitrate,
            producers: own.map { producer in
                StateDocument.Producer(producer, statistics?.producers.first { $0.id == producer.id })
            },
            consumers: served.map { consumer in
                StateDocument.Consumer(consumer, statistics?.consumers.first { $0.id == consumer.id })
            }
        )
    }
}

extension StateDocument.Producer {
    fileprivate init(_ producer: SFUProducer, _ statistics: TransportStatistics.Producer?) {
        self.init(
            id: producer.id,
            kind: producer.kind,
            codec: producer.parameters.codecs.first?.mimeType,
            layers: statistics?.layers.map { layer in
                StateDocument.Layer(
                    encoding: layer.encoding,
                    packets: layer.packets,
                    bytes: layer.octets,
                    lost: layer.lost,
                    jitter: layer.jitter.inSeconds * 1000
                )
            } ?? []
        )
    }
}

extension StateDocument.Consumer {
    fileprivate init(_ consumer: SFUConsumer, _ statistics: TransportStatistics.Consumer?) {
        self.init(
            id: consumer.id,
            producerId: consumer.producerID,
            kind: consumer.options.kind,
            codec: consumer.options.rtpParameters.codecs.first?.mimeType,
            packets: statistics?.packets ?? 0,
            bytes: statistics?.octets ?? 0,
            lost: statistics?.lost ?? 0,
            fractionLost: statistics?.fractionLost ?? 0,
            currentLayer: statistics?.currentLayer,
            targetLayer: statistics?.targetLayer
        )
    }
}
