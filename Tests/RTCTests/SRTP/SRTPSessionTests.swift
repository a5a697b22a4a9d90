// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCCrypto
import Testing

@Suite("SRTP between two of ours")
struct SRTPSessionTests {
    @Test("RTP arrives as it was sent, protected in between", arguments: SRTPProfile.allCases)
    func rtpRoundTrip(profile: SRTPProfile) throws {
        let material = SRTPKeyingMaterial.sample(profile)
        var sender = try SRTPSession(material)
        var receiver = try SRTPSession(material.mirrored)
        for length in [0, 1, 15, 16, 17, 1200] {
            let packet = rtpPacket(UInt16(100 + length), payload: [UInt8](repeating: 7, count: length))
            let protected = try sender.protectRTP(packet)
            #expect(protected.count == packet.count + profile.tagLength)
            #expect(protected[..<12] == packet[..<12])
            if length > 0 { #expect(protected[12..<packet.count] != packet[12...]) }
            #expect(try receiver.unprotectRTP(protected) == packet)
        }
    }

    @Test("RTCP arrives as it was sent, protected in between", arguments: SRTPProfile.allCases)
    func rtcpRoundTrip(profile: SRTPProfile) throws {
        let material = SRTPKeyingMaterial.sample(profile)
        var sender: SRTPSession? = try SRTPSession(material)
        var receiver: SRTPSession? = try SRTPSession(material.mirrored)
        for words in [0, 1, 5, 250] {
            let packet = rtcpPacket(more: [UInt8](repeating: 9, count: words * 4))
            let protected = try #require(try sender?.protectRTCP(packet))
            #expect(protected.count == packet.count + profile.tagLength + 4)
            #expect(protected[..<8] == packet[..<8])
            #expect(try receiver?.unprotectRTCP(protected) == packet)
        }
    }
}
