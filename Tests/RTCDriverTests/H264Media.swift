// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCDriver
import RTCTesting

/// Makes H264 pictures of two packets each, an IDR picture every ten, and never a parameter set.
struct H264Source: MediaSource {
    let limit: Int
    /// What has come of it at the other end: no more than `window` packets are on the way, so that no buffer overflows.
    let arrivals: H264Sink.Record
    var deadline: MonotonicTime?
    private var number = 0
    private static let window = 50

    init(limit: Int, arrivals: H264Sink.Record) {
        self.limit = limit
        self.arrivals = arrivals
    }

    mutating func start(at now: MonotonicTime) { deadline = now }

    mutating func poll(at now: MonotonicTime, into payload: inout OutputRawSpan) -> OutgoingRTP? {
        guard number < limit else {
            deadline = nil
            return nil
        }
        guard number < arrivals.payloads.count + Self.window else {
            deadline = now + .milliseconds(1)
            return nil
        }
        for byte in Self.payload(number) { payload.appendByte(byte) }
        let packet = OutgoingRTP(
            payloadType: 96,
            marker: number % 2 == 1,
            sequenceNumber: UInt16(truncatingIfNeeded: 65_500 + number),
            timestamp: UInt32(number / 2) * 3_000
        )
        number += 1
        return packet
    }

    mutating func keyFrameRequested(at now: MonotonicTime) {}

    /// A fragmented slice: of an IDR picture, of one predicted from both sides, else of one predicted from the past.
    static func payload(_ number: Int) -> [UInt8] {
        let picture = number / 2
        let start: [UInt8] = number % 2 == 0 ? [0x80] : [0x40]
        let slice: (type: UInt8, head: [UInt8])
        switch picture % 10 {
        case 0: slice = (0x65, [0x88, 0x84])
        case 7: slice = (0x41, [0x9E, 0x41])
        default: slice = (0x41, [0x9A, 0x38])
        }
        return [slice.type & 0xE0 | 28, slice.type & 0x1F | start[0]] + (number % 2 == 0 ? slice.head : [0x11])
            + [UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number)]
    }
}

/// Keeps the payloads and numbers of the packets it gets.
struct H264Sink: MediaSink {
    /// What a test sees of it.
    struct Record: Sendable {
        private let log = ArrivalLog<(header: RTPHeader, payload: [UInt8])>()

        var payloads: [[UInt8]] { log.elements.map(\.payload) }
        var headers: [RTPHeader] { log.elements.map(\.header) }

        /// Returns once this many packets have come.
        func received(_ count: Int) async throws { try await log.reaches(count) }

        func note(_ header: RTPHeader, _ payload: [UInt8]) { log.append((header, payload)) }
    }

    let record: Record

    func receive(_ packet: ReceivedPacket, payload: RawSpan) {
        record.note(packet.header, payload.toArray())
    }
}
