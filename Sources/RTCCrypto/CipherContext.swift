// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// A cipher with its key set once, for one direction, whose IV changes with each message.
@safe
struct CipherContext: ~Copyable {
    private let functions: UnsafePointer<openssl_cipher>
    private let pointer: UnsafeMutableRawPointer
    /// Begins a message of the direction, or sets its key.
    private let begin: Begin

    private typealias Begin =
        @convention(c) (
            UnsafeMutableRawPointer?, UnsafePointer<UInt8>?, Int, UnsafePointer<UInt8>?, Int, UnsafePointer<OSSL_PARAM>?
        ) -> Int32

    /// Sets the key, which must have the cipher's length.
    init(_ implementation: CipherImplementation?, key: [UInt8], isEncrypting: Bool) throws(CryptoError) {
        ErrorQueue.clear()
        guard let implementation else { throw CryptoError("find a cipher") }
        let functions = unsafe implementation.functions
        guard let context = unsafe functions.pointee.make_context(functions.pointee.provider) else {
            throw CryptoError("make a cipher")
        }
        let begin: Begin = unsafe isEncrypting ? functions.pointee.begin_encryption : functions.pointee.begin_decryption
        guard unsafe begin(context, key, key.count, nil, 0, nil) == 1 else {
            let error = CryptoError("set the cipher's key")
            unsafe functions.pointee.free_context(context)
            throw error
        }
        unsafe self.functions = unsafe functions
        unsafe pointer = unsafe context
        unsafe self.begin = unsafe begin
    }

    deinit {
        unsafe functions.pointee.free_context(pointer)
    }

    /// Begins a message; the IV is the number's first bytes, big-endian.
    @inline(__always)
    func begin(iv: UInt128, length: Int) -> Bool {
        unsafe withUnsafeBytes(of: iv.bigEndian) { iv in
            unsafe begin(pointer, nil, 0, iv.bytePointer, length, nil) == 1
        }
    }

    /// Runs bytes through the cipher; without a target, as data that is only authenticated.
    ///
    /// Source and target may be the same place but must not overlap otherwise.
    @inline(__always)
    func update(from source: UnsafeRawBufferPointer, to target: UnsafeMutableRawPointer?) -> Bool {
        guard source.count > 0 else { return true }
        var written = 0
        let (text, count) = unsafe (source.bytePointer, source.count)
        let target = unsafe target?.assumingMemoryBound(to: UInt8.self)
        return unsafe functions.pointee.update(pointer, target, &written, count, text, count) == 1 && written == count
    }

    /// Runs the last step, which writes nothing in these modes; of a message that is decrypted it checks the tag.
    @inline(__always)
    func finish() -> Bool {
        var written = 0
        return unsafe functions.pointee.finish(pointer, nil, &written, 0) == 1
    }

    /// Writes the tag of a message that was encrypted and has ended.
    @inline(__always)
    func writeTag(to target: UnsafeMutableRawPointer, length: Int) -> Bool {
        unsafe openssl_cipher_read_tag(functions, pointer, target, length) == 1
    }

    /// Sets the tag that a message has to have, before it ends.
    @inline(__always)
    func expectTag(_ tag: UnsafeRawPointer, length: Int) -> Bool {
        unsafe openssl_cipher_set_tag(functions, pointer, tag, length) == 1
    }
}

extension UnsafeRawBufferPointer {
    /// The first byte, as C sees it.
    @inline(__always)
    var bytePointer: UnsafePointer<UInt8>? { unsafe baseAddress?.assumingMemoryBound(to: UInt8.self) }
}
