// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCCrypto
import Testing

/// A packet of RFC 7714, plain and protected; the RFC gives session keys, not master keys.
struct GCMVector: Sendable, CustomTestStringConvertible {
    let section: String
    let profile: SRTPProfile
    let plain: [UInt8]
    let protected: [UInt8]

    var testDescription: String { "RFC 7714 §\(section)" }

    var keys: SRTPSessionKeys {
        SRTPSessionKeys(
            encryption: (0..<UInt8(profile.keyLength)).map { $0 },
            authentication: [],
            salt: Array("Quid pro quo".utf8)
        )
    }

    static let gallia = Hex.bytes("8040f17b8041f8d35501a0b2") + Array("Gallia est omnis divisa in partes tres".utf8)
    static let mars = Hex.bytes(
        """
        81c8000d4d6172734e5450314e545032525450200000042a0000e930
        4c756e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef
        """
    )

    static let rtp = [
        GCMVector(
            section: "16.1",
            profile: .aeadAES128GCM,
            plain: gallia,
            protected: Hex.bytes(
                """
                8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b
                36de3adf8833899d7f27beb16a9152cf765ee4390cce
                """
            )
        ),
        GCMVector(
            section: "16.2",
            profile: .aeadAES256GCM,
            plain: gallia,
            protected: Hex.bytes(
                """
                8040f17b8041f8d35501a0b232b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f
                1ba63799b87b7aa3db36dfffd6b0f9bb7878d7a76c13
                """
            )
        ),
    ]

    static let rtcp = [
        GCMVector(
            section: "17.1",
            profile: .aeadAES128GCM,
            plain: mars,
            protected: Hex.bytes(
                """
                81c8000d4d61727363e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda
                4ce09b4686303ded0bb9275bc84aa45896cf4d2fc5abf87245d9eade800005d4
                """
            )
        ),
        GCMVector(
            section: "17.2",
            profile: .aeadAES256GCM,
            plain: mars,
            protected: Hex.bytes(
                """
                81c8000d4d617273d50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe0a50a2eaa5c1110555be
                8415f658c61de0476f1b6fad1d1eb30c4446839f57ff6f6cb26ac3be800005d4
                """
            )
        ),
    ]
}

@Suite("SRTP packet ciphers against RFC 7714")
struct SRTPPacketCipherTests {
    private static let rtpSSRC: UInt32 = 0x5501_a0b2
    private static let rtpIndex: UInt64 = 0xf17b
    private static let rtcpSSRC: UInt32 = 0x4d61_7273
    private static let rtcpIndex: UInt32 = 0x5d4

    @Test("RTP is protected", arguments: GCMVector.rtp)
    func protectRTP(vector: GCMVector) throws {
        let cipher = try SRTPPacketCipher(profile: vector.profile, keys: vector.keys, direction: .protect)
        var isDone = false
        let packet = try written { output in
            output.append(contentsOf: vector.plain.span.bytes.extracting(first: 12))
            isDone = cipher.protectRTP(
                payload: vector.plain.span.bytes.extracting(droppingFirst: 12),
                into: &output,
                start: 0,
                ssrc: Self.rtpSSRC,
                index: Self.rtpIndex
            )
        }
        #expect(isDone)
        #expect(packet == vector.protected)
    }

    @Test("RTP behind other bytes in the buffer is protected alike", arguments: GCMVector.rtp)
    func protectRTPBehind(vector: GCMVector) throws {
        let cipher = try SRTPPacketCipher(profile: vector.profile, keys: vector.keys, direction: .protect)
        let packets = try written { output in
            for _ in 0..<2 {
                let start = output.byteCount
                output.append(contentsOf: vector.plain.span.bytes.extracting(first: 12))
                _ = cipher.protectRTP(
                    payload: vector.plain.span.bytes.extracting(droppingFirst: 12),
                    into: &output,
                    start: start,
                    ssrc: Self.rtpSSRC,
                    index: Self.rtpIndex
                )
            }
        }
        #expect(packets == vector.protected + vector.protected)
    }

    @Test("RTP is unprotected in place", arguments: GCMVector.rtp)
    func unprotectRTP(vector: GCMVector) throws {
        let cipher = try SRTPPacketCipher(profile: vector.profile, keys: vector.keys, direction: .unprotect)
        var packet = vector.protected
        var span = packet.mutableSpan
        var bytes = span.mutableBytes
        let length = cipher.unprotectRTP(&bytes, headerLength: 12, ssrc: Self.rtpSSRC, index: Self.rtpIndex)
        #expect(length == vector.plain.count)
        #expect(Array(packet[..<vector.plain.count]) == vector.plain)
    }

    @Test("a packet with a wrong tag is left as it was", arguments: GCMVector.rtp)
    func wrongTag(vector: GCMVector) throws {
        let cipher = try SRTPPacketCipher(profile: vector.profile, keys: vector.keys, direction: .unprotect)
        var packet = vector.protected
        packet[packet.count - 1] ^= 1
        let before = packet
        var span = packet.mutableSpan
        var bytes = span.mutableBytes
        let length = cipher.unprotectRTP(&bytes, headerLength: 12, ssrc: Self.rtpSSRC, index: Self.rtpIndex)
        #expect(length == nil)
        #expect(packet == before)
    }

    @Test("RTCP is protected", arguments: GCMVector.rtcp)
    func protectRTCP(vector: GCMVector) throws {
        let cipher = try SRTPPacketCipher(profile: vector.profile, keys: vector.keys, direction: .protect)
        var isDone = false
        let packet = try written { output in
            output.append(contentsOf: vector.plain.span.bytes)
            isDone = cipher.protectRTCP(&output, start: 0, ssrc: Self.rtcpSSRC, index: Self.rtcpIndex)
        }
        #expect(isDone)
        #expect(packet == vector.protected)
    }

    @Test("RTCP is unprotected in place", arguments: GCMVector.rtcp)
    func unprotectRTCP(vector: GCMVector) throws {
        let cipher = try SRTPPacketCipher(profile: vector.profile, keys: vector.keys, direction: .unprotect)
        var packet = vector.protected
        let found = cipher.rtcpIndex(of: packet.span.bytes)
        #expect(found?.index == Self.rtcpIndex)
        #expect(found?.isEncrypted == true)
        var span = packet.mutableSpan
        var bytes = span.mutableBytes
        let length = cipher.unprotectRTCP(&bytes, ssrc: Self.rtcpSSRC, index: Self.rtcpIndex)
        #expect(length == vector.plain.count)
        #expect(Array(packet[..<vector.plain.count]) == vector.plain)
    }
}
