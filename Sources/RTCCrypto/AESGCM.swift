// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// AES in Galois/counter mode with its key set once, for one direction.
///
/// A message is ``begin(iv:)``, ``authenticate(_:)`` for each piece that stays readable, ``transform(_:to:)``, and
/// then the tag.
struct AESGCM: ~Copyable {
    /// Whether messages are made or read.
    enum Direction {
        case seal
        case open
    }

    static let tagLength = 16
    static let ivLength = 12

    private let context: CipherContext

    /// Sets the key: 16 or 32 bytes.
    init(key: [UInt8], direction: Direction) throws(CryptoError) {
        precondition(key.count == 16 || key.count == 32, "an AES key has 16 or 32 bytes")
        let cipher: CipherImplementation? = key.count == 16 ? .aes128GCM : .aes256GCM
        context = try CipherContext(cipher, key: key, isEncrypting: direction == .seal)
    }

    /// Begins a message; the IV is the first 12 bytes of the number, big-endian.
    @inline(__always)
    func begin(iv: UInt128) -> Bool {
        context.begin(iv: iv, length: Self.ivLength)
    }

    /// Adds bytes that are authenticated but not encrypted.
    @inline(__always)
    func authenticate(_ bytes: UnsafeRawBufferPointer) -> Bool {
        unsafe context.update(from: bytes, to: nil)
    }

    /// Adds a 32-bit number, big-endian, that is authenticated but not encrypted.
    @inline(__always)
    func authenticate(_ value: UInt32) -> Bool {
        unsafe withUnsafeBytes(of: value.bigEndian) { unsafe authenticate($0) }
    }

    /// Encrypts or decrypts; the places may be the same but must not overlap otherwise.
    @inline(__always)
    func transform(_ source: UnsafeRawBufferPointer, to target: UnsafeMutableRawPointer) -> Bool {
        unsafe context.update(from: source, to: target)
    }

    /// Ends a message that was made, and writes its tag.
    @inline(__always)
    func writeTag(to target: UnsafeMutableRawPointer) -> Bool {
        unsafe context.finish() && context.writeTag(to: target, length: Self.tagLength)
    }

    /// Ends a message that was read: whether the tag is right.
    @inline(__always)
    func isTag(_ tag: UnsafeRawPointer) -> Bool {
        unsafe context.expectTag(tag, length: Self.tagLength) && context.finish()
    }

    /// Decrypts in place and verifies the tag; text with a wrong tag is put back as it was.
    @inline(__always)
    func open(
        _ ciphertext: UnsafeRawBufferPointer,
        at text: UnsafeMutableRawPointer,
        tag: UnsafeRawPointer,
        iv: UInt128
    ) -> Bool {
        if unsafe transform(ciphertext, to: text) && isTag(tag) { return true }
        // The keystream once more gives the ciphertext back.
        _ = unsafe begin(iv: iv) && transform(ciphertext, to: text)
        return false
    }
}
