// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// An `EVP_CIPHER_CTX`: a cipher with its key set once, whose IV changes with each message.
@safe
struct CipherContext: ~Copyable {
    let pointer: OpaquePointer

    /// Sets the key, which must have the cipher's length.
    init(_ cipher: OpaquePointer?, key: [UInt8], isEncrypting: Bool) throws(CryptoError) {
        ErrorQueue.clear()
        guard let context = unsafe EVP_CIPHER_CTX_new() else { throw CryptoError("make a cipher") }
        guard unsafe EVP_CipherInit_ex(context, cipher, nil, key, nil, isEncrypting ? 1 : 0) == 1 else {
            let error = CryptoError("set the cipher's key")
            unsafe EVP_CIPHER_CTX_free(context)
            throw error
        }
        unsafe pointer = unsafe context
    }

    deinit {
        unsafe EVP_CIPHER_CTX_free(pointer)
    }

    /// Begins a message; the IV is the number's first bytes, big-endian, as many as the cipher wants.
    @inline(__always)
    func begin(iv: UInt128) -> Bool {
        unsafe withUnsafeBytes(of: iv.bigEndian) { iv in
            unsafe EVP_CipherInit_ex(pointer, nil, nil, nil, iv.bytePointer, -1) == 1
        }
    }

    /// Runs bytes through the cipher; without a target, as data that is only authenticated.
    ///
    /// Source and target may be the same place but must not overlap otherwise.
    @inline(__always)
    func update(from source: UnsafeRawBufferPointer, to target: UnsafeMutableRawPointer?) -> Bool {
        guard source.count > 0 else { return true }
        var written: Int32 = 0
        let target = unsafe target?.assumingMemoryBound(to: UInt8.self)
        return unsafe EVP_CipherUpdate(pointer, target, &written, source.bytePointer, Int32(source.count)) == 1
            && Int(written) == source.count
    }
}

extension UnsafeRawBufferPointer {
    /// The first byte, as C sees it.
    @inline(__always)
    var bytePointer: UnsafePointer<UInt8>? { unsafe baseAddress?.assumingMemoryBound(to: UInt8.self) }
}
