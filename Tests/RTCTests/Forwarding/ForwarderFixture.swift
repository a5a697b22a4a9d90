// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC

/// A forwarder of VP8 from payload type 96 to 101, with packets made for it.
struct ForwarderFixture {
    var forwarder: TrackForwarder

    /// A VP8 payload that a key frame begins with.
    static let keyFrame: [UInt8] = [0x10, 0x00, 0xAA]
    /// A VP8 payload from the middle of a frame.
    static let delta: [UInt8] = [0x00, 0x01, 0xBB]
    /// The payload of a packet of nothing but padding.
    static let padding: [UInt8] = []

    init(waitsForKeyFrame: Bool = false, firstSequenceNumber: UInt16 = 5000, firstTimestamp: UInt32 = 70_000) {
        var numbers = SplitMix64(seed: 1)
        var configuration = ForwardingConfiguration(
            from: RTPCodec(kind: .video, name: "VP8", payloadType: 96, clockRate: 90_000),
            to: RTPCodec(kind: .video, name: "VP8", payloadType: 101, clockRate: 90_000),
            waitsForKeyFrame: waitsForKeyFrame,
            using: &numbers
        )
        configuration.firstSequenceNumber = firstSequenceNumber
        configuration.firstTimestamp = firstTimestamp
        forwarder = TrackForwarder(configuration)
    }

    /// Forwards one packet.
    mutating func forward(
        _ sequenceNumber: UInt16,
        timestamp: UInt32 = 1000,
        ssrc: UInt32 = 1,
        payload: [UInt8] = delta,
        at milliseconds: Int = 0
    ) throws -> OutgoingRTP? {
        let header = try RTPHeader.sample(sequenceNumber, timestamp: timestamp, ssrc: ssrc)
        return forward(header, payload: payload, at: milliseconds)
    }

    /// Forwards one packet with a header of its own.
    mutating func forward(
        _ header: RTPHeader,
        payload: [UInt8] = delta,
        extensions: PacketExtensions = PacketExtensions(),
        at milliseconds: Int = 0
    ) -> OutgoingRTP? {
        let packet = ReceivedPacket(
            header: header,
            payload: header.headerLength..<(header.headerLength + payload.count),
            extensions: extensions,
            track: TrackIndex(0),
            encoding: EncodingIndex(0),
            stream: ReceiveStreamIndex(0),
            receivedAt: .milliseconds(milliseconds)
        )
        let inspected = InspectedPayload(forwarder.configuration.format.content(of: payload.span.bytes))
        return forwarder.forward(packet, inspected, at: .milliseconds(milliseconds))?.packet
    }

    /// The outgoing numbers of some packets, counted from 5000.
    mutating func numbers(of steps: [Step]) throws -> [Int?] {
        var result: [Int?] = []
        for step in steps {
            let payload = step.isPadding ? Self.padding : Self.delta
            let out = try forward(step.number, timestamp: step.timestamp, ssrc: step.ssrc, payload: payload)
            result.append(out.map { Int(Int16(bitPattern: $0.sequenceNumber &- 5000)) })
        }
        return result
    }

    /// One packet of a table.
    struct Step: ExpressibleByIntegerLiteral, Sendable {
        var number: UInt16
        var isPadding = false
        var ssrc: UInt32 = 1
        var timestamp: UInt32 = 1000

        init(integerLiteral value: UInt16) {
            number = value
        }

        /// A packet of nothing but padding.
        static func padding(_ number: UInt16) -> Step {
            var step = Step(integerLiteral: number)
            step.isPadding = true
            return step
        }

        /// A packet of another source.
        static func other(_ number: UInt16) -> Step {
            var step = Step(integerLiteral: number)
            step.ssrc = 2
            step.timestamp = 3_000_000_000
            return step
        }
    }
}
