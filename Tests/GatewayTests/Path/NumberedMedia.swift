// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCDriver
import Synchronization
import WHIPClient

/// Makes a packet with a number every 10 ms; each packet of video is a key frame.
struct NumberedSource: MediaSource {
    let kind: MediaKind
    let payloadType: UInt8
    var deadline: MonotonicTime?
    private var number: UInt32
    private static let interval = Duration.milliseconds(10)

    /// Makes a source.
    ///
    /// - Parameters:
    ///   - parameters: the stream that it makes.
    ///   - first: the number to begin with.
    init(_ parameters: SendStreamParameters, first: UInt32 = 0) {
        kind = parameters.kind
        payloadType = parameters.codec.payloadType
        number = first
    }

    mutating func start(at now: MonotonicTime) { deadline = now }

    mutating func poll(at now: MonotonicTime, into payload: inout OutputRawSpan) -> OutgoingRTP? {
        // A sequence parameter set, which begins a key frame (RFC 6184 §5.2), or any bytes of Opus.
        payload.appendByte(0x67)
        payload.appendUInt32(number)
        deadline = (deadline ?? now) + Self.interval
        defer { number += 1 }
        return OutgoingRTP(
            payloadType: payloadType,
            marker: true,
            sequenceNumber: UInt16(truncatingIfNeeded: 60_000 + number),
            timestamp: number &* (kind == .video ? 900 : 480)
        )
    }

    mutating func keyFrameRequested(at now: MonotonicTime) {}

    /// Audio and video of this kind.
    static var media: PublishedMedia {
        PublishedMedia(
            tracks: [RTPCodec.publishedOpus, .publishedH264].map { codec in
                PublishedMedia.Track(codec: codec) { NumberedSource($0) }
            }
        )
    }
}

/// A packet with a number, as it arrived.
struct NumberedPacket: Sendable {
    var number: UInt32
    var header: RTPHeader
    var at: MonotonicTime
}

/// Notes the numbers that arrive.
struct NumberedSink: MediaSink {
    /// What a test sees of it.
    final class Record: Sendable {
        private struct State {
            var packets: [NumberedPacket] = []
            var waiting: (count: Int, continuation: CheckedContinuation<Void, Never>)?
        }

        private let state = Mutex(State())

        var packets: [NumberedPacket] { state.withLock { $0.packets } }
        var numbers: [UInt32] { packets.map(\.number) }

        /// Returns once so many more packets have come.
        func receives(_ more: Int) async {
            await withCheckedContinuation { continuation in
                state.withLock { $0.waiting = ($0.packets.count + more, continuation) }
            }
        }

        func note(_ packet: NumberedPacket) {
            let continuation = state.withLock { state -> CheckedContinuation<Void, Never>? in
                state.packets.append(packet)
                guard let waiting = state.waiting, state.packets.count >= waiting.count else { return nil }
                state.waiting = nil
                return waiting.continuation
            }
            continuation?.resume()
        }
    }

    let record: Record

    func receive(_ packet: ReceivedPacket, payload: RawSpan) {
        guard payload.byteCount == 5 else { return }
        record.note(NumberedPacket(number: payload.uint32(at: 1), header: packet.header, at: packet.receivedAt))
    }
}
