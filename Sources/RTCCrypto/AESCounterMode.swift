// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// AES in counter mode with its key set once: SRTP's AES-CM (RFC 3711 §4.1.1).
package struct AESCounterMode: ~Copyable {
    private static let ivLength = 16
    private let context: CipherContext

    /// Sets the key: 16 or 32 bytes.
    package init(key: [UInt8]) throws(CryptoError) {
        precondition(key.count == 16 || key.count == 32, "an AES key has 16 or 32 bytes")
        let cipher: CipherImplementation? = key.count == 16 ? .aes128CTR : .aes256CTR
        context = try CipherContext(cipher, key: key, isEncrypting: true)
    }

    /// The first bytes of the keystream that begins at a counter block.
    package func keystream(iv: UInt128, count: Int) throws(CryptoError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let isDone = unsafe bytes.withUnsafeMutableBytes { bytes in
            guard let base = bytes.baseAddress else { return true }
            return unsafe apply(iv: iv, from: UnsafeRawBufferPointer(bytes), to: base)
        }
        guard isDone else { throw CryptoError("make a keystream") }
        return bytes
    }

    /// Encrypts, which is the same as to decrypt; the places may be the same but must not overlap otherwise.
    @inline(__always)
    func apply(iv: UInt128, from source: UnsafeRawBufferPointer, to target: UnsafeMutableRawPointer) -> Bool {
        unsafe context.begin(iv: iv, length: Self.ivLength) && context.update(from: source, to: target)
    }
}
