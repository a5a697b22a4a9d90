// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import RTC

/// A clip of encoded pictures and sound that is cut into RTP payloads once and can then be played by many sessions.
package struct Clip: Sendable {
    /// One RTP payload of the clip.
    package struct Packet: Sendable {
        /// Audio or video.
        package var kind: MediaKind
        /// The time since the loop's begin in units of the kind's clock.
        package var timestamp: UInt32
        /// Whether it is the last packet of its picture, or the first of a talk spurt.
        package var marker: Bool
        /// Whether it belongs to a picture that can be decoded by itself.
        package var isKeyFrame: Bool
        /// Where its bytes lie in the clip's payloads.
        package var payload: Range<Int>
    }

    /// Why bytes are not a clip.
    package enum ParseError: Error, Hashable, Sendable {
        /// They don't begin as a clip does.
        case notAClip
        /// They end in the middle of a record, or a record can't be.
        case malformed(offset: Int)
    }

    /// The clock rate of video.
    package static let videoClockRate: UInt32 = 90_000
    /// The clock rate of audio.
    package static let audioClockRate: UInt32 = 48_000

    /// The packets in the order of their times.
    package private(set) var packets: [Packet] = []
    /// The payloads of all packets, one after the other.
    package private(set) var payloads: [UInt8] = []
    /// The length of the loop.
    package private(set) var length: Duration
    /// How many pictures it has.
    package private(set) var pictures: Int

    private static let headerSize = 48
    private static let recordHeaderSize = 12

    /// Reads a clip in the format that `CSampleClip.h` describes.
    ///
    /// - Parameters:
    ///   - bytes: the whole clip.
    ///   - packetizer: cuts its pictures into payloads.
    /// - Throws: `ParseError` where the bytes are something else.
    package init(_ bytes: [UInt8], packetizer: H264Packetizer = H264Packetizer()) throws(ParseError) {
        guard bytes.count > Self.headerSize, bytes.starts(with: "SWGCLIP1".utf8) else { throw .notAClip }
        let span = bytes.span.bytes
        guard span.uint32(at: 8) == Self.videoClockRate, span.uint32(at: 12) == Self.audioClockRate else {
            throw .notAClip
        }
        length = .nanoseconds(Int64(span.uint32(at: 16)) * 1_000_000_000 / Int64(Self.videoClockRate))
        pictures = Int(span.uint32(at: 24))
        var offset = Self.headerSize
        while offset < bytes.count {
            guard offset + Self.recordHeaderSize <= bytes.count else { throw .malformed(offset: offset) }
            let count = Int(span.uint32(at: offset + 8))
            let start = offset + Self.recordHeaderSize
            guard count > 0, count <= bytes.count - start else { throw .malformed(offset: offset) }
            let isKeyFrame = span.byte(at: offset + 1) & 1 != 0
            let timestamp = span.uint32(at: offset + 4)
            let body = bytes[start..<start + count]
            switch span.byte(at: offset) {
            case 1:
                guard let units = Self.nalUnits(of: body) else { throw .malformed(offset: offset) }
                append(packetizer.payloads(of: units), .video, timestamp, isKeyFrame)
            case 2:
                append([Array(body)], .audio, timestamp, true)
            default:
                throw .malformed(offset: offset)
            }
            offset = start + count
        }
    }

    private mutating func append(_ cut: [[UInt8]], _ kind: MediaKind, _ timestamp: UInt32, _ isKeyFrame: Bool) {
        for (index, payload) in cut.enumerated() {
            let start = payloads.count
            payloads += payload
            packets.append(
                Packet(
                    kind: kind,
                    timestamp: timestamp,
                    marker: kind == .video && index == cut.count - 1,
                    isKeyFrame: isKeyFrame,
                    payload: start..<payloads.count
                )
            )
        }
    }

    private static func nalUnits(of body: ArraySlice<UInt8>) -> [ArraySlice<UInt8>]? {
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
