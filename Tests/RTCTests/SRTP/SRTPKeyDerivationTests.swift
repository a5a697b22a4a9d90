// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCCrypto
import Testing

@Suite("SRTP key derivation and packets of RFC 3711's keys")
struct SRTPKeyDerivationTests {
    private static let master = SRTPKeyingMaterial.Master(
        key: Hex.bytes("E1F97A0D3E018BE0D64FA32C06DE4139"),
        salt: Hex.bytes("0EC675AD498AFEEBB6960B3AABE6")
    )

    private static let material = SRTPKeyingMaterial(
        profile: .aes128CMHMACSHA1_80,
        local: master,
        remote: master
    )

    @Test("the keys are RFC 3711's, appendix B.3")
    func derivation() throws {
        let keys = try SRTPKeyDerivation(Self.master, profile: .aes128CMHMACSHA1_80).rtpKeys()
        #expect(keys.encryption == Hex.bytes("C61E7A93744F39EE10734AFE3FF7A087"))
        #expect(keys.salt == Hex.bytes("30CBBC08863D8C85D49DB34A9AE1"))
        #expect(keys.authentication == Hex.bytes("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4"))
    }

    @Test("with a key of 256 bits the keys are RFC 6188's, section 7.2")
    func derivation256() throws {
        let master = SRTPKeyingMaterial.Master(
            key: Hex.bytes("f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b6"),
            salt: Hex.bytes("3b04803de51ee7c96423ab5b78d2")
        )
        let keys = try SRTPKeyDerivation(master, profile: .aeadAES256GCM).rtpKeys()
        #expect(keys.encryption == Hex.bytes("5ba1064e30ec51613cad926c5a28ef731ec7fb397f70a960653caf06554cd8c4"))
        // RFC 7714 takes the first 12 of the 14 bytes.
        #expect(keys.salt == Hex.bytes("fa31791685ca444a9e07c6c6"))
        #expect(keys.authentication.isEmpty)
    }

    @Test("RTP and RTCP have keys of their own")
    func labels() throws {
        let derivation = try SRTPKeyDerivation(Self.master, profile: .aes128CMHMACSHA1_80)
        let (rtp, rtcp) = (try derivation.rtpKeys(), try derivation.rtcpKeys())
        #expect(rtp.encryption != rtcp.encryption)
        #expect(rtp.authentication != rtcp.authentication)
        #expect(rtp.salt != rtcp.salt)
    }

    @Test("a packet under these keys looks as libsrtp's own test has it")
    func knownRTP() throws {
        let plain = Hex.bytes("800f1234decafbadcafebabe abababababababababababababababab")
        let protected = Hex.bytes("800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb")
        let sender = try SRTPEndpoint(Self.material)
        let receiver = try SRTPEndpoint(Self.material)
        #expect(try sender.protectRTP(plain) == protected)
        #expect(try receiver.unprotectRTP(protected) == plain)
    }

    @Test("a compound packet under these keys looks as libsrtp's own test has it")
    func knownRTCP() throws {
        let plain = Hex.bytes("81c8000bcafebabe abababababababababababababababab")
        let protected = Hex.bytes("81c8000bcafebabe7128035be487b9bdbef89041f977a5a880000001993e08cd54d6c1230798")
        let sender = try SRTPEndpoint(Self.material)
        let receiver = try SRTPEndpoint(Self.material)
        #expect(try sender.protectRTCP(plain) == protected)
        #expect(try receiver.unprotectRTCP(protected) == plain)
    }
}
