// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTCCrypto
import Testing

@Suite("Certificates and fingerprints")
struct CertificateTests {
    @Test("every certificate has a SHA-256 fingerprint of its own")
    func selfSigned() throws {
        let (one, other) = (try Certificate.makeSelfSigned(), try Certificate.makeSelfSigned())
        #expect(one.fingerprint.algorithm == .sha256)
        #expect(one.fingerprint.bytes.count == 32)
        #expect(one.fingerprint != other.fingerprint)
    }

    @Test("a fingerprint is read in any case and written in upper case", arguments: HashAlgorithm.allCases)
    func roundTrip(algorithm: HashAlgorithm) throws {
        let bytes = (0..<algorithm.digestLength).map { UInt8($0 * 3 % 256) }
        let fingerprint = try #require(CertificateFingerprint(algorithm: algorithm, bytes: bytes))
        #expect(fingerprint.text.hasPrefix("00:03:06:09:0C:0F:12"))
        #expect(CertificateFingerprint(parsing: "\(algorithm.rawValue) \(fingerprint.text)") == fingerprint)
        #expect(CertificateFingerprint(parsing: fingerprint.description.lowercased()) == fingerprint)
        #expect(
            CertificateFingerprint(algorithm: algorithm.rawValue.uppercased(), text: fingerprint.text) == fingerprint
        )
    }

    @Test(
        "what is not a fingerprint is refused",
        arguments: [
            "", "sha-1", "sha-1 ", "AA:BB", "md5 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF",
            "sha-1 00:11", "sha-1 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:3",
            "sha-1 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44",
            "sha-1 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:3G",
            "sha-1 00112233445566778899AABBCCDDEEFF00112233",
            "sha-1 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22::33",
        ]
    )
    func refused(text: String) {
        #expect(CertificateFingerprint(parsing: text) == nil)
    }

    @Test("keys never show in a text")
    func hidden() {
        let material = SRTPKeyingMaterial.sample(.aeadAES128GCM)
        let key = material.local.key.map(String.init).joined(separator: ", ")
        for text in [
            "\(material)", String(reflecting: material), "\(material.local)", "\(Mirror(reflecting: material))",
        ] {
            #expect(!text.contains(key))
        }
        var dumped = ""
        dump(material, to: &dumped)
        #expect(!dumped.contains("key"))
        #expect("\(material)" == "SRTPKeyingMaterial(SRTP_AEAD_AES_128_GCM)")
    }
}
