// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCCrypto
import Testing

@Suite("What SRTP refuses")
struct SRTPRefusalTests {
    @Test("a change of any byte is noticed, and the packet left as it came", arguments: SRTPProfile.allCases)
    func tampering(profile: SRTPProfile) throws {
        let (sender, receiver) = try SRTPEndpoint.pair(profile)
        let first = try sender.protectRTP(SRTPSample.rtp(499, payload: [1, 2, 3]))
        _ = try receiver.unprotectRTP(first)
        let packet = try sender.protectRTP(SRTPSample.rtp(500, payload: [UInt8](0..<40)))
        for place in packet.indices {
            var changed = packet
            changed[place] ^= 0x10
            #expect(throws: SRTPError.self, "byte \(place)") { try receiver.unprotectRTP(inPlace: &changed) }
            changed[place] ^= 0x10
            #expect(changed == packet, "byte \(place)")
        }
        #expect(try receiver.unprotectRTP(packet).count == 52)
    }

    @Test("a change of any byte of RTCP is noticed", arguments: SRTPProfile.allCases)
    func tamperingRTCP(profile: SRTPProfile) throws {
        let (sender, receiver) = try SRTPEndpoint.pair(profile)
        let packet = try sender.protectRTCP(SRTPSample.rtcp(more: [UInt8](0..<24)))
        for place in packet.indices {
            for bit in [1, 0x80] as [UInt8] {
                var changed = packet
                changed[place] ^= bit
                #expect(throws: SRTPError.self, "byte \(place)") { try receiver.unprotectRTCP(changed) }
            }
        }
        #expect(try receiver.unprotectRTCP(packet).count == 32)
    }

    @Test("RTCP that says it is not encrypted", arguments: SRTPProfile.allCases)
    func unencrypted(profile: SRTPProfile) throws {
        let (sender, receiver) = try SRTPEndpoint.pair(profile)
        var packet = try sender.protectRTCP(SRTPSample.rtcp())
        packet[profile == .aes128CMHMACSHA1_80 ? packet.count - 14 : packet.count - 4] &= 0x7F
        #expect(throws: SRTPError.notEncrypted) { try receiver.unprotectRTCP(packet) }
    }

    @Test("packets under other keys")
    func otherKeys() throws {
        let sender = try SRTPEndpoint(.sample(.aeadAES128GCM, seed: 2))
        let receiver = try SRTPEndpoint(SRTPKeyingMaterial.sample(.aeadAES128GCM, seed: 3).mirrored)
        let (rtp, rtcp) = (try sender.protectRTP(SRTPSample.rtp(1)), try sender.protectRTCP(SRTPSample.rtcp()))
        #expect(throws: SRTPError.authenticationFailed) { try receiver.unprotectRTP(rtp) }
        #expect(throws: SRTPError.authenticationFailed) { try receiver.unprotectRTCP(rtcp) }
    }

    @Test("one stream more than it takes; streams of forged packets do not count", arguments: SRTPProfile.allCases)
    func tooManyStreams(profile: SRTPProfile) throws {
        let material = SRTPKeyingMaterial.sample(profile)
        let receiver = try SRTPEndpoint(material.mirrored)
        // A session for each SSRC: a sender is bounded as well.
        func packets(_ ssrc: UInt32) throws -> (rtp: [UInt8], rtcp: [UInt8]) {
            let sender = try SRTPEndpoint(material)
            return (
                try sender.protectRTP(SRTPSample.rtp(1, ssrc: ssrc)),
                try sender.protectRTCP(SRTPSample.rtcp(ssrc: ssrc))
            )
        }
        for ssrc in 1...200 as ClosedRange<UInt32> {
            var (rtp, rtcp) = try packets(ssrc + 1_000)
            rtp[13] ^= 1
            rtcp[9] ^= 1
            #expect(throws: SRTPError.authenticationFailed) { try receiver.unprotectRTP(rtp) }
            #expect(throws: SRTPError.authenticationFailed) { try receiver.unprotectRTCP(rtcp) }
        }
        for ssrc in 1...UInt32(SRTPSession.maximumStreams) {
            let (rtp, rtcp) = try packets(ssrc)
            _ = try receiver.unprotectRTP(rtp)
            _ = try receiver.unprotectRTCP(rtcp)
        }
        let (rtp, rtcp) = try packets(900)
        #expect(throws: SRTPError.tooManyStreams) { try receiver.unprotectRTP(rtp) }
        #expect(throws: SRTPError.tooManyStreams) { try receiver.unprotectRTCP(rtcp) }
        let known = try packets(1)
        #expect(throws: SRTPError.replayed) { try receiver.unprotectRTP(known.rtp) }
    }

    @Test("a sender's stream more than it takes")
    func tooManyOutgoing() throws {
        let sender = try SRTPEndpoint(.sample(.aeadAES128GCM))
        for ssrc in 1...UInt32(SRTPSession.maximumStreams) {
            _ = try sender.protectRTP(SRTPSample.rtp(1, ssrc: ssrc))
            _ = try sender.protectRTCP(SRTPSample.rtcp(ssrc: ssrc))
        }
        #expect(throws: SRTPError.tooManyStreams) { try sender.protectRTP(SRTPSample.rtp(1, ssrc: 900)) }
        #expect(throws: SRTPError.tooManyStreams) { try sender.protectRTCP(SRTPSample.rtcp(ssrc: 900)) }
    }

    @Test("packets of any length and content, without a trap", arguments: SRTPProfile.allCases)
    func rubbish(profile: SRTPProfile) throws {
        let receiver = try SRTPEndpoint(.sample(profile))
        var random = SplitMix64(seed: 7)
        for length in 0..<120 {
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            #expect(throws: SRTPError.self) { try receiver.unprotectRTP(bytes) }
            #expect(throws: SRTPError.self) { try receiver.unprotectRTP(bytes, headerLength: 76) }
            #expect(throws: SRTPError.self) { try receiver.unprotectRTCP(bytes) }
        }
        #expect(throws: SRTPError.malformed) { try receiver.unprotectRTP(SRTPSample.rtp(1), headerLength: 8) }
    }

    @Test("to protect what does not fit its buffer", arguments: SRTPProfile.allCases)
    func noRoom(profile: SRTPProfile) throws {
        let sender = try SRTPEndpoint(.sample(profile))
        var packet = SRTPSample.rtp(1)
        packet += [UInt8](repeating: 0, count: 2048 - packet.count - profile.tagLength + 1)
        #expect(throws: SRTPError.noRoom) { try sender.protectRTP(packet) }
        #expect(try sender.protectRTP(packet.dropLast()).count == 2048)
        let compound = SRTPSample.rtcp() + [UInt8](repeating: 0, count: 2048 - 8 - profile.tagLength - 4 + 1)
        #expect(throws: SRTPError.noRoom) { try sender.protectRTCP(compound) }
        #expect(try sender.protectRTCP(compound.dropLast()).count == 2048)
        #expect(throws: SRTPError.malformed) { try sender.protectRTCP([0x80, 201, 0, 0]) }
    }
}
