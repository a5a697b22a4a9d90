// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCDriver
import Synchronization

/// Makes packets that tell their number, a few at a time; video begins a key frame when asked.
struct CountingSource: MediaSource {
    /// What a test sees of it.
    final class Record: Sendable {
        private struct State {
            var sent = 0
            var keyFrames = 0
        }

        private let state = Mutex(State())

        var sent: Int { state.withLock { $0.sent } }
        var keyFrames: Int { state.withLock { $0.keyFrames } }

        func noteSent() { state.withLock { $0.sent += 1 } }
        func noteKeyFrame() { state.withLock { $0.keyFrames += 1 } }
    }

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
    private static let window = 100

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
        guard number < arrivals.count + Self.window else {
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

/// Notes the numbers of the packets it gets and tells when there are enough.
struct CountingSink: MediaSink {
    /// What a test sees of it.
    final class Record: Sendable {
        private struct State {
            var numbers: [Int] = []
            var sequenceNumbers: [UInt16] = []
            var damaged = 0
            var waiting: (count: Int, continuation: CheckedContinuation<Void, Never>)?
        }

        private let state = Mutex(State())

        var numbers: [Int] { state.withLock { $0.numbers } }
        var sequenceNumbers: [UInt16] { state.withLock { $0.sequenceNumbers } }
        var count: Int { state.withLock { $0.numbers.count } }
        var damaged: Int { state.withLock { $0.damaged } }

        /// Returns once this many packets have come.
        func received(_ count: Int) async {
            await withCheckedContinuation { continuation in
                let isThere = state.withLock { state in
                    guard state.numbers.count < count else { return true }
                    state.waiting = (count, continuation)
                    return false
                }
                if isThere { continuation.resume() }
            }
        }

        func note(_ number: Int, sequenceNumber: UInt16, isIntact: Bool) {
            let continuation = state.withLock { state -> CheckedContinuation<Void, Never>? in
                state.numbers.append(number)
                state.sequenceNumbers.append(sequenceNumber)
                if !isIntact { state.damaged += 1 }
                guard let waiting = state.waiting, state.numbers.count >= waiting.count else { return nil }
                state.waiting = nil
                return waiting.continuation
            }
            continuation?.resume()
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
