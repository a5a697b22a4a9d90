// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCDriver
import RTCTesting
import Synchronization

/// Makes VP8 frames of one packet that carry their number; a key frame first and whenever one is asked for.
struct NumberedFrames: MediaSource {
    /// The key frames that were asked for, and whether frames are made at all.
    final class Wishes: Sendable {
        private let count = Mutex(0)
        private let pause = Mutex(false)

        var value: Int { count.withLock(\.self) }
        func add() { count.withLock { $0 += 1 } }

        var isPaused: Bool {
            get { pause.withLock(\.self) }
            set { pause.withLock { $0 = newValue } }
        }
    }

    let wishes: Wishes
    let layer: UInt8
    /// The bytes of a frame, at least 7.
    let size: Int
    var deadline: MonotonicTime?
    private var number: UInt32 = 0
    private var wantsKeyFrame = true
    private static let interval = Duration.milliseconds(2)

    init(wishes: Wishes = Wishes(), layer: UInt8 = 0, size: Int = 7) {
        self.wishes = wishes
        self.layer = layer
        self.size = size
    }

    mutating func start(at now: MonotonicTime) { deadline = now }

    mutating func poll(at now: MonotonicTime, into payload: inout OutputRawSpan) -> OutgoingRTP? {
        // By a clock of its own, so that a late wake changes nothing of the rate.
        deadline = (deadline ?? now) + Self.interval
        guard !wishes.isPaused else { return nil }
        // The start of a partition, then the first bit of a key or delta frame (RFC 7741 §§4.2, 4.3).
        payload.appendByte(0x10)
        payload.appendByte(wantsKeyFrame ? 0x00 : 0x01)
        payload.appendUInt32(number)
        payload.appendByte(layer)
        for _ in 7..<max(7, size) { payload.appendByte(layer) }
        wantsKeyFrame = false
        defer { number += 1 }
        return OutgoingRTP(
            payloadType: 96,
            marker: true,
            sequenceNumber: UInt16(truncatingIfNeeded: 7000 + number),
            timestamp: number &* 180
        )
    }

    mutating func keyFrameRequested(at now: MonotonicTime) {
        wishes.add()
        wantsKeyFrame = true
    }
}

/// Takes down what arrives.
struct FrameRecorder: MediaSink {
    /// One packet as it arrived.
    struct Frame: Sendable {
        let number: UInt32
        let isKeyFrame: Bool
        let payloadType: UInt8
        let sequenceNumber: UInt16
        let ssrc: UInt32
        let mid: Bool
        let timestamp: UInt32
        let layer: UInt8
    }

    /// What a test sees of it.
    struct Record: Sendable {
        private let log = ArrivalLog<Frame>()

        var frames: [Frame] { log.elements }

        /// Returns once a frame of a layer has come that is newer than all so far.
        func receivedNext(ofLayer layer: UInt8) async throws {
            repeat { try await received(log.count + 1) } while frames.last?.layer != layer
        }

        /// Returns once so many frames have come.
        func received(_ count: Int) async throws { try await log.reaches(count) }

        func note(_ frame: Frame) { log.append(frame) }
    }

    let record: Record

    func receive(_ packet: ReceivedPacket, payload: RawSpan) {
        guard payload.byteCount >= 7 else { return }
        record.note(
            Frame(
                number: payload.uint32(at: 2),
                isKeyFrame: payload.byte(at: 1) & 1 == 0,
                payloadType: packet.header.payloadType,
                sequenceNumber: packet.header.sequenceNumber,
                ssrc: packet.header.ssrc,
                mid: packet.extensions.mid != nil,
                timestamp: packet.header.timestamp,
                layer: payload.byte(at: 6)
            )
        )
    }
}
