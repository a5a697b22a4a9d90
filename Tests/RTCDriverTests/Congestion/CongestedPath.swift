// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCDriver
import Synchronization

/// A publisher of sound and pictures, a gateway that watches congestion, and a receiver, over the loopback interface.
struct CongestedPath {
    let publisher: MediaSession
    /// The gateway's end towards the receiver.
    let egress: MediaSession
    let control = PictureSource.Control()
    let sound = NumberSink.Record()
    let pictures = NumberSink.Record()
    private let streams: [(stream: SendStreamIndex, kind: MediaKind)]

    /// Opens the sessions and lets the gateway forward; nothing is sent yet.
    ///
    /// - Parameters:
    ///   - ends: the worker of publisher and receiver.
    ///   - gateway: the gateway's worker.
    ///   - isTold: whether the publisher takes estimates of the bit rate.
    /// - Throws: `MediaWorkerError`, or what keeps the sessions from connecting.
    init(ends: MediaWorker.Handle, gateway: MediaWorker.Handle, isTold: Bool) async throws {
        let ingest = try await SessionPair(lite: gateway, controlling: ends)
        let outward = try await SessionPair(lite: ends, controlling: gateway, watchesCongestion: true)
        publisher = ingest.controlling
        egress = outward.controlling
        try await egress.pacePictures()
        var generator = SystemRandomNumberGenerator()
        var streams: [(stream: SendStreamIndex, kind: MediaKind)] = []
        for kind in MediaKind.allCases {
            let told: [RTCPFeedback] = isTold ? [.receiverEstimatedMaximumBitrate] : []
            let incoming = Track(kind, ssrc: kind == .audio ? 10 : 20, feedback: told)
            let outgoing = Track(kind, ssrc: kind == .audio ? 11 : 21, feedback: [.transportWide])
            let published = try await publisher.addSendStream(incoming.sending)
            let track = try await ingest.lite.addReceiveTrack(incoming.receiving)
            let stream = try await egress.addSendStream(outgoing.sending)
            let received = try await outward.lite.addReceiveTrack(outgoing.receiving)
            let record = kind == .audio ? sound : pictures
            try await outward.lite.setSink(for: received) { NumberSink(record: record) }
            _ = try await ingest.lite.forward(
                track,
                to: egress,
                stream: stream,
                configuration: ForwardingConfiguration(
                    from: incoming.codec,
                    to: outgoing.codec,
                    waitsForKeyFrame: kind == .video,
                    using: &generator
                )
            )
            streams.append((published, kind))
        }
        self.streams = streams
        try await ingest.connected()
        try await outward.connected()
    }

    /// Lets the publisher send from now on.
    func publish() async throws {
        let control = control
        for (stream, kind) in streams {
            try await publisher.setSource(for: stream) {
                kind == .audio ? SoundSource() as any MediaSource : PictureSource(control: control)
            }
        }
    }

    /// Lets the way to the receiver carry so many bits per second; `nil` for any.
    func cap(_ bitrate: UInt64?) async throws {
        var impairment = Impairment()
        impairment.outgoing.rate = bitrate.map {
            Impairment.RateCap(bitsPerSecond: $0, burst: 4_000, queue: Int($0 / 16))
        }
        try await egress.impair(bitrate == nil ? nil : impairment)
    }
}

/// What was agreed on for one track of the path.
private struct Track {
    let codec: RTPCodec
    let sending: SendStreamParameters
    let receiving: ReceiveTrackParameters

    init(_ kind: MediaKind, ssrc: UInt32, feedback: [RTCPFeedback]) {
        var extensions = HeaderExtensionMap()
        if feedback.contains(.transportWide) { extensions[.transportSequenceNumber] = 2 }
        codec =
            kind == .audio
            ? RTPCodec(kind: .audio, name: "opus", payloadType: 111, clockRate: 48_000, channels: 2, feedback: feedback)
            : RTPCodec(
                kind: .video,
                name: "VP8",
                payloadType: 96,
                clockRate: 90_000,
                feedback: feedback + [.nack, .pictureLossIndication],
                retransmissionPayloadType: 97
            )
        let retransmissionSSRC = kind == .audio ? nil : ssrc + 100
        sending = SendStreamParameters(
            kind: kind,
            mid: nil,
            ssrc: ssrc,
            retransmissionSSRC: retransmissionSSRC,
            codec: codec,
            extensions: extensions,
            cname: "test"
        )
        receiving = ReceiveTrackParameters(
            kind: kind,
            mid: nil,
            codecs: [codec],
            encodings: [RTPEncoding(ssrc: ssrc, retransmissionSSRC: retransmissionSSRC)],
            extensions: extensions
        )
    }
}

/// Sound: a numbered packet of 160 bytes in each 20 ms, 64 kbit/s.
private struct SoundSource: MediaSource {
    private(set) var deadline: MonotonicTime?
    private var number: UInt32 = 0

    mutating func start(at now: MonotonicTime) { deadline = now }

    mutating func poll(at now: MonotonicTime, into payload: inout OutputRawSpan) -> OutgoingRTP? {
        guard let due = deadline, due <= now else { return nil }
        deadline = due + .milliseconds(20)
        payload.appendUInt16(0)
        payload.appendUInt32(number)
        while payload.byteCount < 160 { payload.appendByte(0xEE) }
        number += 1
        return OutgoingRTP(
            payloadType: 111,
            marker: false,
            sequenceNumber: UInt16(truncatingIfNeeded: number),
            timestamp: number * 960
        )
    }

    mutating func keyFrameRequested(at now: MonotonicTime) {}
}

/// Pictures of VP8, 25 a second, in numbered packets of 1,000 bytes; each fiftieth is a key frame of twice as many.
struct PictureSource: MediaSource {
    /// What a test does with it.
    final class Control: Sendable {
        private let packets = Mutex(5)

        /// The packets of a picture: each makes 200 kbit/s.
        var packetsPerPicture: Int {
            get { packets.withLock { $0 } }
            set { packets.withLock { $0 = newValue } }
        }
    }

    let control: Control
    private(set) var deadline: MonotonicTime?
    private var due = MonotonicTime(nanoseconds: 0)
    private var picture: UInt32 = 0
    private var packet = 0
    private var count = 0
    private var number: UInt32 = 0

    init(control: Control) { self.control = control }

    mutating func start(at now: MonotonicTime) {
        due = now
        deadline = now
    }

    mutating func poll(at now: MonotonicTime, into payload: inout OutputRawSpan) -> OutgoingRTP? {
        guard let deadline, deadline <= now else { return nil }
        let isKeyFrame = picture % 50 == 0
        if packet == 0 { count = control.packetsPerPicture * (isKeyFrame ? 2 : 1) }
        payload.appendByte(packet == 0 ? 0x10 : 0x00)
        payload.appendByte(isKeyFrame ? 0x00 : 0x01)
        payload.appendUInt32(number)
        while payload.byteCount < 1_000 { payload.appendByte(0xEE) }
        number += 1
        packet += 1
        let isLast = packet == count
        let header = OutgoingRTP(
            payloadType: 96,
            marker: isLast,
            sequenceNumber: UInt16(truncatingIfNeeded: number),
            timestamp: picture * 3_600
        )
        if isLast {
            packet = 0
            picture += 1
            due = due + .milliseconds(40)
            self.deadline = due
        }
        return header
    }

    mutating func keyFrameRequested(at now: MonotonicTime) {}
}

/// Notes what it gets.
struct NumberSink: MediaSink {
    /// What a test sees of it.
    final class Record: Sendable {
        private struct State {
            var numbers: Set<UInt32> = []
            var bytes = 0
            /// The sequence numbers that came, without their wraps.
            var places: Set<Int> = []
            var highest: Int?
        }

        private let state = Mutex(State())

        /// The numbers in the packets.
        var numbers: Set<UInt32> { state.withLock(\.numbers) }
        /// All payload bytes.
        var bytes: Int { state.withLock(\.bytes) }
        /// How many sequence numbers are missing between those that came.
        var gaps: Int {
            state.withLock { state in
                guard let first = state.places.min(), let last = state.places.max() else { return 0 }
                return last - first + 1 - state.places.count
            }
        }

        fileprivate func note(_ number: UInt32, _ sequenceNumber: UInt16, _ bytes: Int) {
            state.withLock { state in
                state.numbers.insert(number)
                state.bytes += bytes
                let highest = state.highest ?? Int(sequenceNumber)
                let step = Int(Int16(bitPattern: sequenceNumber &- UInt16(truncatingIfNeeded: highest)))
                state.places.insert(highest + step)
                state.highest = max(highest, highest + step)
            }
        }
    }

    let record: Record

    func receive(_ packet: ReceivedPacket, payload: RawSpan) {
        guard payload.byteCount >= 6 else { return }
        record.note(payload.uint32(at: 2), packet.header.sequenceNumber, payload.byteCount)
    }
}
