// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import RTC

/// A clip of encoded pictures and sound that is cut into RTP payloads once and can then be played by many sessions.
///
/// Copies share their storage, so handing a clip to another session costs nothing.
package struct Clip: Sendable {
    /// One RTP payload of the clip.
    package struct Packet: Hashable, Sendable, BitwiseCopyable {
        /// The time since the loop's begin in ticks of the track's clock.
        package var timestamp: UInt32
        /// Whether it is the last packet of its picture.
        package var marker: Bool
        /// Whether playing can begin with it: the first packet of a picture that needs no other, or any sound.
        package var isEntryPoint: Bool
        /// The begin of its bytes in the clip's payloads.
        package var start: Int32
        /// How many bytes it has.
        package var count: Int32
    }

    /// The packets of one kind.
    package struct Track: Sendable {
        /// The clock of the timestamps.
        package let clock: RTPClock
        /// The length of the loop in ticks of that clock.
        package let length: UInt32
        /// The packets in the order of their times.
        package fileprivate(set) var packets: [Packet] = []

        /// How long a number of ticks lasts.
        func nanoseconds(_ ticks: UInt32) -> UInt64 { UInt64(ticks) * 1_000_000_000 / UInt64(clock.rate) }
    }

    /// The pictures: H.264 in packetization mode 1.
    package private(set) var video: Track
    /// The sound: Opus.
    package private(set) var audio: Track
    /// The payloads of all packets, one after the other.
    package private(set) var payloads: [UInt8] = []
    /// How many pictures it has.
    package private(set) var pictures = 0

    /// The length of the loop.
    package var length: Duration { .nanoseconds(Int64(video.nanoseconds(video.length))) }

    /// The track of a kind.
    package func track(_ kind: MediaKind) -> Track {
        switch kind {
        case .audio: audio
        case .video: video
        }
    }

    // MARK: Reading

    /// Why bytes are not a clip.
    package enum ParseError: Error, Hashable, Sendable {
        /// They don't begin as a clip does, or they are too many.
        case notAClip
        /// They end in the middle of a record, or a record can't be.
        case malformed(offset: Int)
    }

    /// The most bytes that are taken for a clip.
    package static let maximumSize = 256 << 20

    private static let headerSize = 48
    private static let recordHeaderSize = 12

    /// Reads a clip in the format that `CSampleClip.h` describes.
    ///
    /// - Parameters:
    ///   - bytes: the whole clip.
    ///   - packetizer: cuts its pictures into payloads.
    /// - Throws: `ParseError` where the bytes are something else.
    package init(_ bytes: [UInt8], packetizer: H264Packetizer = H264Packetizer()) throws(ParseError) {
        guard bytes.count > Self.headerSize, bytes.count <= Self.maximumSize, bytes.starts(with: "SWGCLIP1".utf8) else {
            throw .notAClip
        }
        let span = bytes.span.bytes
        video = Track(clock: RTPClock(rate: 90_000), length: span.uint32(at: 16))
        audio = Track(clock: RTPClock(rate: 48_000), length: span.uint32(at: 20))
        guard span.uint32(at: 8) == video.clock.rate, span.uint32(at: 12) == audio.clock.rate else { throw .notAClip }
        // Both tracks have to begin again at one moment, or they would drift apart with every turn of the loop.
        guard video.length > 0,
            UInt64(video.length) * UInt64(audio.clock.rate) == UInt64(audio.length) * UInt64(video.clock.rate)
        else { throw .malformed(offset: 16) }
        var offset = Self.headerSize
        while offset < bytes.count {
            guard offset + Self.recordHeaderSize <= bytes.count else { throw .malformed(offset: offset) }
            let count = Int(span.uint32(at: offset + 8))
            let start = offset + Self.recordHeaderSize
            guard count > 0, count <= bytes.count - start else { throw .malformed(offset: offset) }
            let record = Record(
                kind: span.byte(at: offset),
                isKeyFrame: span.byte(at: offset + 1) & 1 != 0,
                timestamp: span.uint32(at: offset + 4),
                body: bytes[start..<start + count]
            )
            guard append(record, packetizer) else { throw .malformed(offset: offset) }
            offset = start + count
        }
        guard video.canBegin, audio.canBegin else { throw .malformed(offset: bytes.count) }
    }

    /// One record as it stands in the clip.
    private struct Record {
        var kind: UInt8
        var isKeyFrame: Bool
        var timestamp: UInt32
        var body: ArraySlice<UInt8>
    }

    /// Adds the packets of a record; says whether there can be such a one.
    private mutating func append(_ record: Record, _ packetizer: H264Packetizer) -> Bool {
        switch record.kind {
        case 1:
            guard video.admits(record.timestamp), let units = Self.units(of: record.body) else { return false }
            let payloads = packetizer.payloads(of: units)
            for (index, payload) in payloads.enumerated() {
                video.packets.append(
                    Packet(
                        timestamp: record.timestamp,
                        marker: index == payloads.count - 1,
                        isEntryPoint: record.isKeyFrame && index == 0,
                        start: Int32(self.payloads.count),
                        count: Int32(payload.count)
                    )
                )
                self.payloads += payload
            }
            pictures += 1
            return true
        case 2:
            guard audio.admits(record.timestamp), record.body.count <= packetizer.maximumPayload else { return false }
            audio.packets.append(
                Packet(
                    timestamp: record.timestamp,
                    marker: false,
                    isEntryPoint: true,
                    start: Int32(payloads.count),
                    count: Int32(record.body.count)
                )
            )
            payloads += record.body
            return true
        default:
            return false
        }
    }

    /// The NAL units of an access unit, each after its length; `nil` where the lengths don't come out even.
    private static func units(of body: ArraySlice<UInt8>) -> [ArraySlice<UInt8>]? {
        var units: [ArraySlice<UInt8>] = []
        var rest = body
        while !rest.isEmpty {
            guard rest.count > 4 else { return nil }
            let count = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            guard count > 0, count <= rest.count - 4 else { return nil }
            units.append(rest.dropFirst(4).prefix(count))
            rest = rest.dropFirst(4 + count)
        }
        return units
    }
}

extension Clip.Track {
    /// Whether a packet of this time may come next.
    fileprivate func admits(_ timestamp: UInt32) -> Bool {
        timestamp < length && timestamp >= packets.last?.timestamp ?? 0
    }

    /// Whether the track is empty or begins with what can be decoded.
    fileprivate var canBegin: Bool { packets.first?.isEntryPoint ?? true }
}
