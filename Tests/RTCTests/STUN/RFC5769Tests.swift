// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

/// The sample messages of RFC 5769 §2.1 to §2.3; §2.4 is about long-term credentials, which ICE doesn't use.
@Suite struct RFC5769Tests {
    private static let password = "VOkJxbRl1RmTxUk/WvJxBt"
    private static let transaction = STUNTransactionID(high: 0xb7e7_a701, low: 0xbc34_d686_fa87_dfae)

    private static let request = STUNBytes.bytes(
        hex: """
            00010058 2112a442 b7e7a701 bc34d686 fa87dfae
            80220010 5354554e 20746573 7420636c 69656e74
            00240004 6e0001ff
            80290008 932ff9b1 51263b36
            00060009 6576746a 3a683676 59202020
            00080014 9aeaa70c bfd8cb56 781ef2b5 b2d3f249 c1b571a2
            80280004 e57a3bcf
            """
    )
    private static let responseIPv4 = STUNBytes.bytes(
        hex: """
            0101003c 2112a442 b7e7a701 bc34d686 fa87dfae
            8022000b 74657374 20766563 746f7220
            00200008 0001a147 e112a643
            00080014 2b91f599 fd9e90c3 8c7489f9 2af9ba53 f06be7d7
            80280004 c07d4c96
            """
    )
    private static let responseIPv6 = STUNBytes.bytes(
        hex: """
            01010048 2112a442 b7e7a701 bc34d686 fa87dfae
            8022000b 74657374 20766563 746f7220
            00200014 0002a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9
            00080014 a382954e 4be67bf1 1784c97c 8292c275 bfe3ed41
            80280004 c8fb0b4c
            """
    )

    @Test("§2.1: a request is read with all its attributes and is authentic")
    func sampleRequest() throws {
        let message = try STUNMessage(parsing: Self.request.span.bytes)
        #expect(message.messageClass == .request)
        #expect(message.method == STUNMessage.binding)
        #expect(message.transaction == Self.transaction)
        #expect(message.priority == 0x6e00_01ff)
        #expect(message.role == .controlled(tieBreaker: 0x932f_f9b1_5126_3b36))
        #expect(message.username.map { String(decoding: Self.request[$0], as: UTF8.self) } == "evtj:h6vY")
        #expect(message.software.map { String(decoding: Self.request[$0], as: UTF8.self) } == "STUN test client")
        #expect(message.hasFingerprint)
        #expect(message.unknownAttributes.isEmpty)
        let fragment = message.destinationUsernameFragment(in: Self.request.span.bytes)
        #expect(fragment == "evtj")
        let isAuthentic = message.isAuthentic(password: Self.password, in: Self.request.span.bytes)
        #expect(isAuthentic)
    }

    @Test(
        "§2.2, §2.3: a response tells the mapped address and is authentic",
        arguments: [
            (responseIPv4, "192.0.2.1"),
            (responseIPv6, "2001:db8:1234:5678:11:2233:4455:6677"),
        ]
    )
    func sampleResponse(response: [UInt8], ip: String) throws {
        let message = try STUNMessage(parsing: response.span.bytes)
        #expect(message.messageClass == .success)
        #expect(message.transaction == Self.transaction)
        #expect(message.xorMappedAddress == TransportAddress(try #require(IPAddress(ip)), port: 32853))
        let isAuthentic = message.isAuthentic(password: Self.password, in: response.span.bytes)
        #expect(isAuthentic)
    }

    @Test("A flipped bit anywhere behind the header is noticed", arguments: [20, 24, 41, 47, 60, 79, 99, 107])
    func flippedBit(offset: Int) {
        var datagram = Self.request
        datagram[offset] ^= 1
        #expect(throws: STUNError.self) { try STUNMessage(parsing: datagram.span.bytes) }
    }

    @Test("Another password is noticed")
    func otherPassword() throws {
        let message = try STUNMessage(parsing: Self.request.span.bytes)
        let isAuthentic = message.isAuthentic(password: Self.password + "x", in: Self.request.span.bytes)
        #expect(!isAuthentic)
    }
}
