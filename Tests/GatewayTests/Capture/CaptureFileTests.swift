// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@testable import Gateway
@testable import RTCDriver

@Suite("A capture as a file")
struct CaptureFileTests {
    private static let clock = WallClock(
        monotonic: MonotonicTime(nanoseconds: 1_000),
        ntp: NTPTime(unixNanoseconds: 1_790_000_000_000_000_000)
    )

    private static func chunk(_ packets: [(CapturedPacket, [UInt8])]) -> CaptureChunk {
        var chunk = CaptureChunk()
        for (packet, bytes) in packets {
            var packet = packet
            packet.start = chunk.bytes.count
            packet.length = bytes.count
            chunk.packets.append(packet)
            chunk.bytes += bytes
        }
        return chunk
    }

    private static func packet(
        _ content: CapturedPacket.Content,
        from source: TransportAddress,
        to destination: TransportAddress,
        leg: Int = 0,
        isOutgoing: Bool = false
    ) -> CapturedPacket {
        CapturedPacket(
            leg: leg,
            isOutgoing: isOutgoing,
            content: content,
            source: source,
            destination: destination,
            moment: MonotonicTime(nanoseconds: 1_501_000)
        )
    }

    private static let source = TransportAddress(IPAddress(ipv4: 0xC000_0201), port: 5_000)
    private static let destination = TransportAddress(IPAddress(ipv4: 0xC000_0202), port: 40_000)

    @Test("It begins with a section in little-endian order and one interface for each leg")
    func beginning() throws {
        let file = CaptureFile(
            [.init(name: "publisher", comment: "one"), .init(name: "sfu", comment: "two")],
            clock: Self.clock
        )
        let blocks = try CaptureBlock.blocks(file.beginning("broadcast 7"))
        #expect(blocks.map(\.type) == [0x0A0D_0D0A, 1, 1])
        let head: [UInt8] = [0x4D, 0x3C, 0x2B, 0x1A, 1, 0, 0, 0] + Array(repeating: 0xFF, count: 8)
        #expect(Array(blocks[0].body.prefix(16)) == head)
        // LINKTYPE_WIRESHARK_UPPER_PDU, no limit of length, and the name as first option.
        #expect(blocks[1].body.prefix(8) == [252, 0, 0, 0, 0, 0, 0, 0])
        #expect(Array(blocks[1].body.dropFirst(8).prefix(13)) == [2, 0, 9, 0] + Array("publisher".utf8))
        #expect(blocks.map(\.body.count).allSatisfy { $0 % 4 == 0 })
    }

    @Test("A packet stands behind tags that name its dissector and its addresses")
    func packet() throws {
        var file = CaptureFile([.init(name: "publisher", comment: "")], clock: Self.clock)
        let payload: [UInt8] = [0x80, 96, 1, 2, 3]
        let bytes = file.bytes(of: Self.chunk([(Self.packet(.rtp, from: Self.source, to: Self.destination), payload)]))
        let block = try #require(try CaptureBlock.blocks(bytes).first)
        #expect(block.type == 6)
        let fields = stride(from: 0, to: 20, by: 4).map { CaptureBlock.number(block.body[$0..<$0 + 4]) }
        let tags: [UInt8] =
            [0, 12, 0, 4] + Array("rtp".utf8) + [0]
            + [0, 20, 0, 4, 192, 0, 2, 1, 0, 21, 0, 4, 192, 0, 2, 2, 0, 24, 0, 4, 0, 0, 0, 3]
            + [0, 25, 0, 4, 0, 0, 0x13, 0x88, 0, 26, 0, 4, 0, 0, 0x9C, 0x40, 0, 0, 0, 0]
        #expect(fields[0] == 0 && fields[3] == UInt32(tags.count + 5) && fields[4] == fields[3])
        // One and a half milliseconds after the reading of the clocks, but for what NTP's fraction can't say.
        let time = UInt64(fields[1]) << 32 | UInt64(fields[2])
        #expect(time.distance(to: 1_790_000_000_001_500_000).magnitude <= 2)
        #expect(Array(block.body.dropFirst(20).prefix(tags.count + 5)) == tags + payload)
        // Inbound.
        #expect(block.body.suffix(12) == [2, 0, 4, 0, 1, 0, 0, 0, 0, 0, 0, 0])
    }

    @Test("IPv6, TCP and RTCP have tags of their own")
    func others() throws {
        var file = CaptureFile([.init(name: "publisher", comment: "")], clock: Self.clock)
        let six = try #require(IPAddress("2001:db8::1"))
        let packet = Self.packet(
            .rtcp,
            from: TransportAddress(six, port: 1, transport: .tcp),
            to: TransportAddress(six, port: 2, transport: .tcp),
            isOutgoing: true
        )
        let block = try #require(try CaptureBlock.blocks(file.bytes(of: Self.chunk([(packet, [0x80, 201])]))).first)
        let tags = Array(block.body.dropFirst(20))
        #expect(tags.starts(with: [0, 12, 0, 4] + Array("rtcp".utf8) + [0, 22, 0, 16, 0x20, 0x01, 0x0D, 0xB8]))
        #expect(tags.dropFirst(8 + 40).starts(with: [0, 24, 0, 4, 0, 0, 0, 2]))
        #expect(block.body.suffix(8).prefix(4) == [2, 0, 0, 0])
    }

    @Test("It ends with how many packets there were and how many are missing")
    func end() throws {
        var file = CaptureFile([.init(name: "a", comment: ""), .init(name: "b", comment: "")], clock: Self.clock)
        let packet = Self.packet(.rtp, from: Self.source, to: Self.destination, leg: 1)
        _ = file.bytes(of: Self.chunk([(packet, [1, 2]), (packet, [1, 2])]))
        let blocks = try CaptureBlock.blocks(file.end(dropped: [0, 3]))
        #expect(blocks.map(\.type) == [5, 5] && blocks.map { $0.body[0] } == [0, 1])
        let counts = [4, 0, 8, 0, 5, 0, 0, 0, 0, 0, 0, 0, 5, 0, 8, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] as [UInt8]
        #expect(Array(blocks[1].body.dropFirst(12)) == counts)
    }
}
