// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCDriver
import Synchronization

/// What one publisher of a benchmark sends.
struct MediaMix: Sendable {
    /// Pictures per second.
    var pictures = 25
    /// Packets per picture: all as long as the first, but the last.
    var packetsPerPicture = 8
    /// The payload of a packet of a picture.
    var videoPayload = 1_200
    /// The payload of the last one.
    var lastVideoPayload = 700
    /// Packets of sound per second.
    var sounds = 50
    /// The payload of a packet of sound.
    var audioPayload = 120

    /// Packets per second altogether.
    var packetsPerSecond: Int { pictures * packetsPerPicture + sounds }

    /// The rate in Mbit/s, payloads alone.
    var megabits: Double {
        let picture = (packetsPerPicture - 1) * videoPayload + lastVideoPayload
        return Double(8 * (pictures * picture + sounds * audioPayload)) / 1e6
    }
}

/// Sends one track of a mix, evenly paced, until it is told to stop.
struct MixSource: MediaSource {
    /// Ends all sources that share it.
    final class Switch: Sendable {
        private let isOffFlag = Atomic(false)

        var isOff: Bool { isOffFlag.load(ordering: .relaxed) }
        func turnOff() { isOffFlag.store(true, ordering: .relaxed) }
    }

    private let kind: MediaKind
    private let mix: MediaMix
    private let payloadType: UInt8
    private let interval: Duration
    private let phase: Duration
    private let power: Switch
    /// A payload as an encoder would make it is as good as any other: it is encrypted and never looked into.
    private let bytes: [UInt8]

    private var unit = 0
    private var part = 0
    private var begin: MonotonicTime?
    private(set) var deadline: MonotonicTime?

    /// Makes a source.
    ///
    /// - Parameters:
    ///   - kind: which track of the mix.
    ///   - mix: what is sent.
    ///   - payloadType: the payload type.
    ///   - phase: the place of this publisher's begin within an interval, 0..<1, so that publishers don't march in step.
    ///   - power: ends it.
    init(_ kind: MediaKind, _ mix: MediaMix, payloadType: UInt8, phase: Double, power: Switch) {
        self.kind = kind
        self.mix = mix
        self.payloadType = payloadType
        self.power = power
        interval = .seconds(1) / (kind == .video ? mix.pictures : mix.sounds)
        self.phase = interval * phase
        bytes = (0..<max(mix.videoPayload, mix.audioPayload)).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    }

    mutating func start(at now: MonotonicTime) {
        begin = now + phase
        deadline = begin
    }

    mutating func poll(at now: MonotonicTime, into payload: inout OutputRawSpan) -> OutgoingRTP? {
        guard let due = deadline, due <= now, let begin else { return nil }
        guard !power.isOff else {
            deadline = nil
            return nil
        }
        let parts = kind == .video ? mix.packetsPerPicture : 1
        let isLast = part == parts - 1
        write(isLast: isLast, into: &payload)
        let number = unit * parts + part
        let outgoing = OutgoingRTP(
            payloadType: payloadType,
            marker: kind == .video && isLast,
            sequenceNumber: UInt16(truncatingIfNeeded: 1_000 + number),
            timestamp: UInt32(truncatingIfNeeded: unit * (kind == .video ? 90_000 / mix.pictures : 48_000 / mix.sounds))
        )
        part += 1
        if isLast {
            part = 0
            unit += 1
            deadline = begin + interval * unit
        }
        return outgoing
    }

    mutating func keyFrameRequested(at now: MonotonicTime) {}

    /// One picture in a second begins with an SPS, as key frames do.
    private func write(isLast: Bool, into payload: inout OutputRawSpan) {
        guard kind == .video else {
            payload.append(contentsOf: bytes.span.bytes.extracting(0..<mix.audioPayload))
            return
        }
        payload.appendByte(part == 0 && unit % mix.pictures == 0 ? 0x67 : 0x41)
        let count = isLast ? mix.lastVideoPayload : mix.videoPayload
        payload.append(contentsOf: bytes.span.bytes.extracting(0..<count - 1))
    }
}
