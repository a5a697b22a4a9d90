// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC

/// An inspector and a forwarder of H264, as a worker lets packets pass through them.
struct H264ForwarderFixture {
    /// A packet that leaves.
    struct Left: Equatable {
        /// Counted from 5000.
        var number: Int
        var timestamp: UInt32
        var marker: Bool
        var payload: [UInt8]
        /// Whether it is none of the publisher's.
        var isInserted: Bool
    }

    var inspector: StreamInspector
    var forwarder: TrackForwarder

    /// `sprop-parameter-sets` of the baseline sets.
    static let declaredSets = "Z0LAH9kAoC/5cBEAAAMAAQAAAwAyDxgySA==,aMuDyyA="

    init(
        declaredSets: String? = H264ForwarderFixture.declaredSets,
        waitsForKeyFrame: Bool = false,
        inserts: Bool = true,
        mode: Int = 1
    ) {
        var parameters = [FormatParameter("packetization-mode", "\(mode)")]
        if let declaredSets { parameters.append(FormatParameter("sprop-parameter-sets", declaredSets)) }
        let codec = RTPCodec(
            kind: .video,
            name: "H264",
            payloadType: 96,
            clockRate: 90_000,
            parameters: parameters
        )
        inspector = StreamInspector(codec, isOnlyLayer: true, observes: true)
        var numbers = SplitMix64(seed: 1)
        var configuration = ForwardingConfiguration(
            from: codec,
            to: codec,
            waitsForKeyFrame: waitsForKeyFrame,
            using: &numbers
        )
        configuration.firstSequenceNumber = 5000
        configuration.firstTimestamp = 0
        if !inserts { configuration.insertsParameterSets = false }
        forwarder = TrackForwarder(configuration)
    }

    /// Takes a packet in.
    ///
    /// - Returns: what leaves, in this order.
    mutating func send(
        _ sequenceNumber: UInt16,
        _ payload: [UInt8],
        timestamp: UInt32 = 3000,
        ends: Bool = false,
        ssrc: UInt32 = 1,
        at milliseconds: Int = 0
    ) throws -> [Left] {
        var header = try RTPHeader.sample(sequenceNumber, timestamp: timestamp, ssrc: ssrc)
        header.marker = ends
        let packet = ReceivedPacket(
            header: header,
            payload: header.headerLength..<(header.headerLength + payload.count),
            extensions: PacketExtensions(),
            track: TrackIndex(0),
            encoding: EncodingIndex(0),
            stream: ReceiveStreamIndex(0),
            receivedAt: .milliseconds(milliseconds)
        )
        let now = MonotonicTime.milliseconds(milliseconds)
        let inspected = inspector.receive(header, payload: payload.span.bytes, at: now)
        guard let out = forwarder.forward(packet, inspected, at: now) else { return [] }
        var left: [Left] = []
        for index in 0..<out.insertedCount {
            let bytes = inspector.parameterSets.bytes[inspector.parameterSets.payload(at: index)]
            left.append(Self.left(out.inserted(index), Array(bytes), isInserted: true))
        }
        left.append(Self.left(out.packet, payload, isInserted: false))
        return left
    }

    private static func left(_ packet: OutgoingRTP, _ payload: [UInt8], isInserted: Bool) -> Left {
        Left(
            number: Int(Int16(bitPattern: packet.sequenceNumber &- 5000)),
            timestamp: packet.timestamp,
            marker: packet.marker,
            payload: payload,
            isInserted: isInserted
        )
    }
}
