// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCCrypto
import Testing

@Suite("SRTP between two of ours")
struct SRTPSessionTests {
    @Test("RTP arrives as it was sent, protected in between", arguments: SRTPProfile.allCases)
    func rtpRoundTrip(profile: SRTPProfile) throws {
        let (sender, receiver) = try SRTPEndpoint.pair(profile)
        for length in [0, 1, 15, 16, 17, 1200] {
            let packet = SRTPSample.rtp(UInt16(100 + length), payload: [UInt8](repeating: 7, count: length))
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
        let sender = try SRTPEndpoint(material)
        let receiver = try SRTPEndpoint(material.mirrored)
        for words in [0, 1, 5, 250] {
            let packet = SRTPSample.rtcp(more: [UInt8](repeating: 9, count: words * 4))
            let protected = try sender.protectRTCP(packet)
            #expect(protected.count == packet.count + profile.tagLength + 4)
            #expect(protected[..<8] == packet[..<8])
            #expect(try receiver.unprotectRTCP(protected) == packet)
        }
    }
}
