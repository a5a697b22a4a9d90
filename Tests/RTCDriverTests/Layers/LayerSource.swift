// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCDriver
import Testing

/// Makes one packet of VP8 for each picture, 50 a second, with the size of a layer; begins a key frame when asked.
struct LayerSource: MediaSource {
    /// What a test sees of it and does with it.
    final class Control {
        /// Whether it sends.
        var isOn: Bool
        /// How many key frames it has begun.
        fileprivate(set) var keyFrames = 0

        init(isOn: Bool) {
            self.isOn = isOn
        }
    }

    /// How a layer differs from others.
    struct Layer: Sendable {
        let place: UInt8
        /// The size that key frames tell; they can't be read where there is none.
        let size: PictureSize?
        /// The length of its payloads.
        let length: Int

        /// The sizes of three ranks, lowest first.
        static let sizes = [180, 360, 720].map { PictureSize(width: $0 * 16 / 9, height: $0) }

        /// Layers with the sizes of these ranks, in the order of the offer.
        static func ranked(_ ranks: [Int], length: Int) -> [Self] {
            ranks.enumerated().map { place, rank in Self(place: UInt8(place), size: sizes[rank], length: length) }
        }
    }

    let layer: Layer
    let control: Control
    private(set) var deadline: MonotonicTime?
    private static let interval = Duration.milliseconds(20)
    private var number: UInt32 = 0
    private var wantsKeyFrame = true
    private var wasOn = true

    init(_ layer: Layer, _ control: Control) {
        self.layer = layer
        self.control = control
    }

    mutating func start(at now: MonotonicTime) { deadline = now }

    mutating func poll(at now: MonotonicTime, into payload: inout OutputRawSpan) -> OutgoingRTP? {
        guard let due = deadline, due <= now else { return nil }
        deadline = due + Self.interval
        // The same for all layers at one moment.
        number = UInt32(truncatingIfNeeded: due.nanoseconds / UInt64(Self.interval.inNanoseconds))
        let isOn = control.isOn
        // As libwebrtc does: a layer that comes back begins with a key frame.
        if isOn, !wasOn { wantsKeyFrame = true }
        wasOn = isOn
        guard isOn else { return nil }
        payload.appendByte(0x10)
        payload.appendByte(wantsKeyFrame ? 0x00 : 0x01)
        payload.appendUInt16(0)
        payload.appendUInt24(layer.size == nil ? 0 : 0x9D_012A)
        for side in [layer.size?.width ?? 0, layer.size?.height ?? 0] { payload.appendUInt16(UInt16(side).byteSwapped) }
        payload.appendByte(layer.place)
        payload.appendUInt32(number)
        while payload.byteCount < layer.length { payload.appendByte(0xEE) }
        if wantsKeyFrame { control.keyFrames += 1 }
        wantsKeyFrame = false
        return OutgoingRTP(
            payloadType: 96,
            marker: true,
            sequenceNumber: UInt16(truncatingIfNeeded: 2_000 * UInt32(layer.place + 1) &+ number),
            timestamp: UInt32(layer.place + 1) * 1_000_000 &+ number &* 1_800
        )
    }

    mutating func keyFrameRequested(at now: MonotonicTime) { wantsKeyFrame = true }
}

/// Notes which layer each packet is of.
struct LayerSink: MediaSink {
    /// One packet.
    struct Packet: Sendable {
        let layer: UInt8
        let isKeyFrame: Bool
        /// The number of its picture, the same for those of one moment.
        let number: UInt32
        let sequenceNumber: UInt16
        let timestamp: UInt32
    }

    /// What has come.
    final class Record {
        fileprivate(set) var packets: [Packet] = []

        /// Nothing is missing in it and nothing goes back, and each layer begins with a key frame.
        func expectContinuity(sourceLocation: SourceLocation = #_sourceLocation) {
            #expect(packets.first?.isKeyFrame != false, sourceLocation: sourceLocation)
            for (earlier, later) in zip(packets, packets.dropFirst()) {
                #expect(later.sequenceNumber == earlier.sequenceNumber &+ 1, sourceLocation: sourceLocation)
                #expect(Int32(bitPattern: later.timestamp &- earlier.timestamp) > 0, sourceLocation: sourceLocation)
                if later.layer != earlier.layer { #expect(later.isKeyFrame, sourceLocation: sourceLocation) }
            }
        }
    }

    let record: Record

    func receive(_ packet: ReceivedPacket, payload: RawSpan) {
        record.packets.append(
            Packet(
                layer: payload.byte(at: 11),
                isKeyFrame: payload.byte(at: 1) == 0,
                number: payload.uint32(at: 12),
                sequenceNumber: packet.header.sequenceNumber,
                timestamp: packet.header.timestamp
            )
        )
    }
}
