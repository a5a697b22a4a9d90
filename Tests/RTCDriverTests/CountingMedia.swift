// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCDriver
import RTCTesting
import Synchronization

/// Makes packets that tell their number, a few at a time; video begins a key frame when asked.
struct CountingSource: MediaSource {
    /// What a test sees of it.
    final class Record: Sendable {
        private struct State {
            var sent = 0
            var keyFrames = 0
            var lost = 0
        }

        private let state = Mutex(State())

        var sent: Int { state.withLock { $0.sent } }
        var keyFrames: Int { state.withLock { $0.keyFrames } }

        /// How many packets are known to be lost: nobody waits for them.
        fileprivate var lost: Int { state.withLock { $0.lost } }

        /// Takes what has not come by now for lost, as after a connection that has ended.
        func writeOff(after arrivals: CountingSink.Record) {
            state.withLock { $0.lost = $0.sent - arrivals.count }
        }

        func noteSent() { state.withLock { $0.sent += 1 } }
        func noteKeyFrame() { state.withLock { $0.keyFrames += 1 } }
    }

    /// How many packets may be on their way.
    static let window = 100

    let payloadType: UInt8
    let limit: Int
    let burst = 4
    let interval = Duration.milliseconds(1)
    let record: Record
    /// What has come of it at the other end: no more than `window` packets are on the way, so that no buffer overflows.
    let arrivals: CountingSink.Record
    var deadline: MonotonicTime?
    private var number = 0
    private var wantsKeyFrame = true

    init(payloadType: UInt8, limit: Int, record: Record, arrivals: CountingSink.Record) {
        self.payloadType = payloadType
        self.limit = limit
        self.record = record
        self.arrivals = arrivals
    }

    mutating func start(at now: MonotonicTime) { deadline = now }

    mutating func poll(at now: MonotonicTime, into payload: inout OutputRawSpan) -> OutgoingRTP? {
        guard number < limit else {
            deadline = nil
            return nil
        }
        guard number < arrivals.count + record.lost + Self.window else {
            deadline = now + interval
            return nil
        }
        let startsFrame = number % burst == 0
        let isKeyFrame = startsFrame && wantsKeyFrame
        if isKeyFrame {
            wantsKeyFrame = false
            record.noteKeyFrame()
        }
        // A VP8 payload descriptor with or without the start of a partition, then a key or delta frame (RFC 7741 §4.2).
        payload.appendByte(startsFrame ? 0x10 : 0x00)
        payload.appendByte(isKeyFrame ? 0x00 : 0x01)
        payload.appendUInt32(UInt32(number))
        for _ in 0..<1_000 - 6 { payload.appendByte(UInt8(truncatingIfNeeded: number)) }
        let packet = OutgoingRTP(
            payloadType: payloadType,
            marker: number % burst == burst - 1,
            sequenceNumber: UInt16(truncatingIfNeeded: 1_000 + number),
            timestamp: UInt32(number / burst) * 3_000
        )
        number += 1
        record.noteSent()
        if number % burst == 0 { deadline = now + interval }
        return packet
    }

    mutating func keyFrameRequested(at now: MonotonicTime) { wantsKeyFrame = true }
}

/// Notes the numbers of the packets it gets.
struct CountingSink: MediaSink {
    /// What a test sees of it.
    struct Record: Sendable {
        /// A packet as it arrived.
        struct Arrival: Sendable {
            /// The number in it; −1 where there is none.
            let number: Int
            let sequenceNumber: UInt16
            let isIntact: Bool
        }

        private let log = ArrivalLog<Arrival>()

        var numbers: [Int] { log.elements.map(\.number) }
        var sequenceNumbers: [UInt16] { log.elements.map(\.sequenceNumber) }
        var count: Int { log.count }
        var damaged: Int { log.elements.count { !$0.isIntact } }

        /// Returns once this many packets have come.
        func received(_ count: Int) async throws { try await log.reaches(count) }

        func note(_ number: Int, sequenceNumber: UInt16, isIntact: Bool) {
            log.append(Arrival(number: number, sequenceNumber: sequenceNumber, isIntact: isIntact))
        }
    }

    let record: Record

    func receive(_ packet: ReceivedPacket, payload: RawSpan) {
        guard payload.byteCount == 1_000 else {
            record.note(-1, sequenceNumber: packet.header.sequenceNumber, isIntact: false)
            return
        }
        let number = Int(payload.uint32(at: 2))
        let isIntact = (6..<1_000).allSatisfy { payload.byte(at: $0) == UInt8(truncatingIfNeeded: number) }
        record.note(number, sequenceNumber: packet.header.sequenceNumber, isIntact: isIntact)
    }
}
