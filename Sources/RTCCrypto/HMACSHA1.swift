// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// HMAC-SHA1 (RFC 2104) with its key hashed once: for SRTP's tags and STUN's MESSAGE-INTEGRITY.
///
/// A value of two SHA-1 states, so that a code costs no allocation; OpenSSL's own HMAC allocates for each.
package struct HMACSHA1 {
    /// An authentication code.
    package typealias Code = InlineArray<20, UInt8>

    private let inner: SHA_CTX
    private let outer: SHA_CTX

    /// Hashes the key; it may have any length.
    package init(key: RawSpan) {
        let blockLength = 64
        var block = [UInt8](repeating: 0, count: blockLength)
        let shortKey =
            unsafe key.byteCount > blockLength
            ? HashAlgorithm.sha1.digest(of: key)
            : key.withUnsafeBytes { unsafe Array($0) }
        block.replaceSubrange(0..<shortKey.count, with: shortKey)
        inner = Self.state(after: block, xor: 0x36)
        outer = Self.state(after: block, xor: 0x5C)
    }

    /// The code of some bytes.
    package func code(of bytes: RawSpan) -> Code {
        var computation = begin()
        computation.update(bytes)
        return computation.finish()
    }

    /// Begins a code of bytes that come in pieces.
    @inline(__always)
    package func begin() -> Computation { Computation(state: inner, outer: outer) }

    /// A code that is being computed.
    package struct Computation {
        fileprivate var state: SHA_CTX
        fileprivate let outer: SHA_CTX

        /// Adds bytes.
        package mutating func update(_ bytes: RawSpan) {
            unsafe bytes.withUnsafeBytes { unsafe update($0) }
        }

        /// Adds a 32-bit number, big-endian.
        package mutating func update(_ value: UInt32) {
            unsafe withUnsafeBytes(of: value.bigEndian) { unsafe update($0) }
        }

        /// Ends the computation.
        package consuming func finish() -> Code {
            var code = Code(repeating: 0)
            var mutableCode = code.mutableSpan
            var outer = self.outer
            var state = self.state
            unsafe mutableCode.withUnsafeMutableBufferPointer { code in
                let isDone =
                    unsafe SHA1_Final(code.baseAddress, &state) == 1
                    && SHA1_Update(&outer, code.baseAddress, code.count) == 1
                    && SHA1_Final(code.baseAddress, &outer) == 1
                precondition(isDone, "SHA-1 can't fail")
            }
            return code
        }

        @inline(__always)
        mutating func update(_ bytes: UnsafeRawBufferPointer) {
            guard bytes.count > 0 else { return }
            let result = unsafe SHA1_Update(&state, bytes.baseAddress, bytes.count)
            precondition(result == 1, "SHA-1 can't fail")
        }
    }

    private static func state(after block: [UInt8], xor mask: UInt8) -> SHA_CTX {
        var state = SHA_CTX()
        let masked = block.map { $0 ^ mask }
        let isDone = unsafe SHA1_Init(&state) == 1 && SHA1_Update(&state, masked, masked.count) == 1
        precondition(isDone, "SHA-1 can't fail")
        return state
    }
}
