// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC

/// Makes numbered frames of VP8 as an encoder would, each of several packets.
struct FrameSource {
    /// When key frames come.
    enum KeyFrames: Hashable {
        /// The first frame and whenever one is asked for, as browsers do it.
        case onRequest
        /// Each so many frames, and nobody is heard, as FFmpeg and OBS do it.
        case every(Int)
    }

    /// What a payload says of its frame.
    struct Part: Hashable {
        var frame: Int
        var index: Int
        var count: Int
        var isKeyFrame: Bool
        var layer = 0
    }

    static let interval: Duration = .nanoseconds(33_333_333)
    private static let length = 1_000
    /// How many packets a frame has: one that is the only layer, or the best of three, and the lower ones.
    private static let packets = [(key: 10, delta: 3), (key: 6, delta: 2), (key: 3, delta: 1)]
    /// After the payload descriptor and what a key frame begins with (RFC 7741 §4.2, RFC 6386 §9.1).
    private static let partOffset = 11

    let keyFrames: KeyFrames
    /// Its layer, and how many there are.
    let layer: Int
    private let layers: Int
    /// When the next frame is due.
    private(set) var due: MonotonicTime
    /// Its number.
    private(set) var number = 0
    /// The moments at which frames were made, by number.
    private(set) var madeAt: [MonotonicTime] = []
    private var wantsKeyFrame = true
    private var sequenceNumber: UInt16 = 65_000

    init(_ keyFrames: KeyFrames, layer: Int, of layers: Int, from start: MonotonicTime) {
        self.keyFrames = keyFrames
        self.layer = layer
        self.layers = layers
        due = start
    }

    /// Somebody asks for a key frame.
    mutating func requestKeyFrame() { wantsKeyFrame = true }

    /// The packets of the frame that is due.
    mutating func makeFrame(at now: MonotonicTime) -> [(packet: OutgoingRTP, payload: [UInt8])] {
        let isKeyFrame =
            switch keyFrames {
            case .onRequest: wantsKeyFrame
            case .every(let count): number % count == 0
            }
        if isKeyFrame { wantsKeyFrame = false }
        let packets = Self.packets[layers - 1 - layer]
        let count = isKeyFrame ? packets.key : packets.delta
        let frame = (0..<count).map { index in
            let part = Part(frame: number, index: index, count: count, isKeyFrame: isKeyFrame, layer: layer)
            let packet = OutgoingRTP(
                payloadType: 96,
                marker: index == count - 1,
                sequenceNumber: sequenceNumber &+ UInt16(index),
                timestamp: UInt32(truncatingIfNeeded: layer * 1_000_000_007 + number * 3_000)
            )
            return (packet, Self.payload(part))
        }
        sequenceNumber &+= UInt16(count)
        madeAt.append(now)
        number += 1
        due = due + Self.interval
        return frame
    }

    private static func payload(_ part: Part) -> [UInt8] {
        var payload: [UInt8] = [part.index == 0 ? 0x10 : 0x00, part.isKeyFrame ? 0x10 : 0x11, 0, 0]
        payload += [0x9D, 0x01, 0x2A]
        for side in [320, 180].map({ $0 << part.layer }) { payload += [UInt8(side & 0xFF), UInt8(side >> 8)] }
        for shift in [24, 16, 8, 0] { payload.append(UInt8(truncatingIfNeeded: part.frame >> shift)) }
        payload += [UInt8(part.index), UInt8(part.count), part.isKeyFrame ? 1 : 0, UInt8(part.layer)]
        return payload + [UInt8](repeating: 7, count: length - payload.count)
    }

    /// Reads what a payload says.
    static func part(_ payload: [UInt8]) -> Part {
        let fields = payload[partOffset...].prefix(8).map { Int($0) }
        return Part(
            frame: fields[0] << 24 | fields[1] << 16 | fields[2] << 8 | fields[3],
            index: fields[4],
            count: fields[5],
            isKeyFrame: fields[6] == 1,
            layer: fields[7]
        )
    }
}
