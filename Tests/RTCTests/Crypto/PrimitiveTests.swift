// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTCCrypto
import Testing

@Suite("Hashes, keystreams and randomness")
struct PrimitiveTests {
    @Test(
        "HMAC-SHA1 gives RFC 2202's codes",
        arguments: [
            ([UInt8](repeating: 0x0B, count: 20), Array("Hi There".utf8), "b617318655057264e28bc0b6fb378c8ef146be00"),
            (
                Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
                "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"
            ),
            (
                [UInt8](repeating: 0xAA, count: 80),
                Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
                "aa4ae5e15272d00e95705637ce8a3b55ed402112"
            ),
        ]
    )
    func hmac(key: [UInt8], message: [UInt8], expected: String) {
        let hmac = HMACSHA1(key: key.span.bytes)
        let code = hmac.code(of: message.span.bytes).bytes
        #expect(Hex.text(code) == expected)
        var computation = hmac.begin()
        for byte in message { computation.update([byte].span.bytes) }
        let pieces = computation.finish().bytes
        #expect(Hex.text(pieces) == expected)
    }

    @Test(
        "digests of \"abc\" are FIPS 180's",
        arguments: [
            (HashAlgorithm.sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (.sha224, "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"),
            (.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                .sha384,
                "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"
            ),
            (
                .sha512,
                """
                ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
                2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f
                """
            ),
        ]
    )
    func digest(algorithm: HashAlgorithm, expected: String) {
        let digest = algorithm.digest(of: Array("abc".utf8).span.bytes)
        #expect(Hex.text(digest) == expected)
    }

    @Test("the AES-CM keystream is RFC 3711's, appendix B.2")
    func keystream() throws {
        let cipher = try AESCounterMode(key: Hex.bytes("2B7E151628AED2A6ABF7158809CF4F3C"))
        let stream = try cipher.keystream(iv: 0xF0F1_F2F3_F4F5_F6F7_F8F9_FAFB_FCFD_0000, count: 0xFF02 * 16)
        let blocks = [
            (0x0000, "E03EAD0935C95E80E166B16DD92B4EB4"), (0x0001, "D23513162B02D0F72A43A2FE4A5F97AB"),
            (0x0002, "41E95B3BB0A2E8DD477901E4FCA894C0"), (0xFEFF, "EC8CDF7398607CB0F2D21675EA9EA1E4"),
            (0xFF00, "362B7C3C6773516318A077D7FC5073AE"), (0xFF01, "6A2CC3787889374FBEB4C81B17BA6C44"),
        ]
        for (block, expected) in blocks {
            #expect(Array(stream[(block * 16)..<(block * 16 + 16)]) == Hex.bytes(expected), "block \(block)")
        }
    }

    @Test(
        "comparing in constant time compares",
        arguments: [
            ([1, 2, 3], [1, 2, 3], true), ([1, 2, 3], [1, 2, 4], false), ([1, 2, 3], [1, 2], false), ([], [], true),
        ]
            as [([UInt8], [UInt8], Bool)]
    )
    func constantTime(left: [UInt8], right: [UInt8], isEqual: Bool) {
        let result = isEqualInConstantTime(left.span.bytes, right.span.bytes)
        #expect(result == isEqual)
    }

    @Test("random bytes are as many as asked for, and never the same")
    func random() {
        var generator = SecureRandomNumberGenerator()
        #expect(generator.bytes(count: 0).isEmpty)
        #expect(generator.bytes(count: 33).count == 33)
        #expect(generator.bytes(count: 16) != generator.bytes(count: 16))
        #expect(generator.next() != generator.next())
    }
}

extension HMACSHA1.Code {
    /// The code as an array.
    var bytes: [UInt8] { indices.map { self[$0] } }
}
