// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// What a transport of the SFU has done so far.
struct TransportStatistics: Hashable, Sendable {
    /// Whether media can flow: ICE and DTLS are done.
    var isConnected: Bool
    /// The client's address that datagrams go to, such as `192.0.2.1:50000`; `nil` before there is one.
    var remoteAddress: String?
    /// RTP packets from the client, retransmissions included.
    var packetsReceived: UInt64
    /// Their bytes.
    var bytesReceived: UInt64
    /// RTP packets to the client, without retransmissions.
    var packetsSent: UInt64
    /// Their bytes, retransmissions included.
    var bytesSent: UInt64
    /// The round-trip time, where anything is known of it.
    var roundTripTime: Duration?
    /// The bits per second that may be sent to the client, where anything tells it.
    var availableBitrate: UInt64?
    /// What its producers have sent to us.
    var producers: [Producer]
    /// What its consumers were sent.
    var consumers: [Consumer]

    /// One producer.
    struct Producer: Hashable, Sendable {
        let id: String
        /// The layers that packets have come of, lowest first.
        var layers: [Layer]
    }

    /// One layer of a producer.
    struct Layer: Hashable, Sendable {
        /// Its place among the producer's encodings.
        let encoding: Int
        /// Packets, without retransmissions.
        var packets: UInt64
        /// Payload octets of those packets.
        var octets: UInt64
        /// Packets that were expected but did not come.
        var lost: Int64
        /// The interarrival jitter.
        var jitter: Duration
    }

    /// One consumer.
    struct Consumer: Hashable, Sendable {
        let id: String
        /// Packets, without retransmissions.
        var packets: UInt64
        /// Payload octets of those packets.
        var octets: UInt64
        /// Packets that the client misses, as it last said.
        var lost: Int64
        /// The part of the packets that the client missed when it last reported, 0–1.
        var fractionLost: Double
        /// The producer's encoding that is being sent; `nil` before anything is.
        var currentLayer: Int?
        /// The producer's encoding that is to be sent from its next key frame on.
        var targetLayer: Int?
    }
}
