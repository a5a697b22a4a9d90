// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import RTC
import RTCDriver

/// Captured packets as a file that Wireshark reads (pcapng, draft-ietf-opsawg-pcapng).
///
/// A packet stands behind the tags of Wireshark's "exported PDU", which name its dissector and both addresses: it is shown
/// as RTP or RTCP without anybody having to say so, while plain UDP would be taken for anything. One interface is one leg
/// of media.
struct CaptureFile: Sendable {
    /// A leg of media.
    struct Interface: Sendable {
        /// Such as `publisher`.
        var name: String
        /// A sentence on it.
        var comment: String
    }

    /// The content type.
    static let contentType = "application/x-pcapng"

    private enum Block {
        static let section: UInt32 = 0x0A0D_0D0A
        static let interface: UInt32 = 1
        static let statistics: UInt32 = 5
        static let packet: UInt32 = 6
    }

    /// LINKTYPE_WIRESHARK_UPPER_PDU.
    private static let linkType: UInt16 = 252

    private let interfaces: [Interface]
    private let clock: WallClock
    private var recorded: [UInt64]
    private var lastTime: UInt64

    /// Makes a file.
    ///
    /// - Parameters:
    ///   - interfaces: the legs of media, in the order in which packets name them.
    ///   - clock: tells the time of day of a packet.
    init(_ interfaces: [Interface], clock: WallClock) {
        self.interfaces = interfaces
        self.clock = clock
        recorded = Array(repeating: 0, count: interfaces.count)
        lastTime = clock.ntp.unixNanoseconds
    }

    /// What the file begins with.
    ///
    /// - Parameter comment: a sentence on the whole.
    /// - Returns: the bytes.
    func beginning(_ comment: String) -> [UInt8] {
        var section = LittleEndianBytes()
        section.append(UInt32(0x1A2B_3C4D))
        section.append(UInt16(1))
        section.append(UInt16(0))
        // The length of the section is not known.
        section.append(UInt64.max)
        section.append(option: 4, text: "skyway-whip-gateway \(GatewayVersion.text)")
        section.append(option: 1, text: comment)
        section.endOptions()
        var bytes = section.block(Block.section)
        for interface in interfaces {
            var description = LittleEndianBytes()
            description.append(Self.linkType)
            description.append(UInt16(0))
            description.append(UInt32(0))
            description.append(option: 2, text: interface.name)
            description.append(option: 1, text: interface.comment)
            // Times in nanoseconds.
            description.append(option: 9, bytes: [9])
            description.endOptions()
            bytes += description.block(Block.interface)
        }
        return bytes
    }

    /// Packets as they stand in the file.
    mutating func bytes(of chunk: CaptureChunk) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(chunk.bytes.count + chunk.packets.count * 160)
        for packet in chunk.packets where packet.leg < interfaces.count {
            recorded[packet.leg] += 1
            bytes += block(of: packet, chunk.bytes[packet.bytes])
        }
        return bytes
    }

    /// What the file ends with: how many packets of each interface there were, and how many are missing.
    ///
    /// - Parameter dropped: how many of each were not recorded.
    /// - Returns: the bytes.
    func end(dropped: [UInt64]) -> [UInt8] {
        interfaces.indices.flatMap { index in
            var statistics = LittleEndianBytes()
            statistics.append(UInt32(index))
            statistics.append(time: lastTime)
            statistics.append(option: 4, number: recorded[index] + dropped[index])
            statistics.append(option: 5, number: dropped[index])
            statistics.endOptions()
            return statistics.block(Block.statistics)
        }
    }

    private mutating func block(of packet: CapturedPacket, _ data: ArraySlice<UInt8>) -> [UInt8] {
        lastTime = clock.time(at: packet.moment).unixNanoseconds
        let tags = Self.tags(of: packet)
        let length = UInt32(tags.count + data.count)
        var block = LittleEndianBytes()
        block.append(UInt32(packet.leg))
        block.append(time: lastTime)
        block.append(length)
        block.append(length)
        block.append(padded: tags + data)
        // Inbound or outbound.
        block.append(option: 2, bytes: [packet.isOutgoing ? 2 : 1, 0, 0, 0])
        block.endOptions()
        return block.block(Block.packet)
    }

    /// The tags before a packet (Wireshark's `exported_pdu_tlvs.h`): dissector, addresses, kind of port and ports.
    private static func tags(of packet: CapturedPacket) -> [UInt8] {
        var tags = ExportedPDUTags()
        tags.append(12, Array((packet.content == .rtp ? "rtp" : "rtcp").utf8))
        tags.append(packet.source.ip, ipv4: 20, ipv6: 22)
        tags.append(packet.destination.ip, ipv4: 21, ipv6: 23)
        tags.append(24, number: packet.source.transport == .tcp ? 2 : 3)
        tags.append(25, number: UInt32(packet.source.port))
        tags.append(26, number: UInt32(packet.destination.port))
        tags.end()
        return tags.bytes
    }
}

/// The body of a pcapng block that is being written.
private struct LittleEndianBytes {
    private var bytes: [UInt8] = []

    mutating func append(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// Nanoseconds since 1970, the upper half first.
    mutating func append(time: UInt64) {
        append(UInt32(time >> 32))
        append(UInt32(truncatingIfNeeded: time))
    }

    mutating func append(padded more: [UInt8]) {
        bytes += more
        while bytes.count % 4 != 0 { bytes.append(0) }
    }

    mutating func append(option code: UInt16, bytes value: [UInt8]) {
        append(code)
        append(UInt16(clamping: value.count))
        append(padded: value)
    }

    mutating func append(option code: UInt16, text: String) {
        append(option: code, bytes: Array(text.utf8.prefix(1_024)))
    }

    mutating func append(option code: UInt16, number: UInt64) {
        append(option: code, bytes: withUnsafeBytes(of: number.littleEndian) { Array($0) })
    }

    mutating func endOptions() { append(UInt32(0)) }

    /// The whole block.
    func block(_ type: UInt32) -> [UInt8] {
        let length = UInt32(bytes.count + 12)
        var block = LittleEndianBytes()
        block.append(type)
        block.append(length)
        block.append(padded: bytes)
        block.append(length)
        return block.bytes
    }
}

/// Tags in network byte order, each value in multiples of four bytes.
private struct ExportedPDUTags {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ tag: UInt16, _ value: [UInt8]) {
        let length = (value.count + 3) & ~3
        append(tag)
        append(UInt16(length))
        bytes += value + Array(repeating: 0, count: length - value.count)
    }

    mutating func append(_ tag: UInt16, number: UInt32) {
        append(tag, withUnsafeBytes(of: number.bigEndian) { Array($0) })
    }

    mutating func append(_ address: IPAddress, ipv4: UInt16, ipv6: UInt16) {
        let all = withUnsafeBytes(of: (address.high.bigEndian, address.low.bigEndian)) { Array($0) }
        append(address.isIPv4 ? ipv4 : ipv6, address.isIPv4 ? Array(all.suffix(4)) : all)
    }

    mutating func end() { append(UInt32(0)) }

    private mutating func append(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
    }
}

extension NTPTime {
    /// Nanoseconds since 1970.
    var unixNanoseconds: UInt64 {
        let seconds = (rawValue >> 32) &- 2_208_988_800
        return seconds &* 1_000_000_000 &+ ((rawValue & 0xFFFF_FFFF) &* 1_000_000_000) >> 32
    }
}
