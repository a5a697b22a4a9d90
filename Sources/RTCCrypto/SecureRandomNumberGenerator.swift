// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// OpenSSL's random generator: for keys, passwords and identifiers that must not be guessed.
package struct SecureRandomNumberGenerator: RandomNumberGenerator, Sendable {
    /// Makes a generator; all of them draw from the same source.
    package init() {}

    package mutating func next() -> UInt64 {
        var value: UInt64 = 0
        let result = unsafe withUnsafeMutableBytes(of: &value) { bytes in
            unsafe RAND_bytes(bytes.baseAddress, Int32(bytes.count))
        }
        precondition(result == 1, "the system has no randomness to give")
        return value
    }

    /// A number of random bytes.
    package mutating func bytes(count: Int) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            guard count > 0 else { return }
            let result = unsafe RAND_bytes(buffer.baseAddress, Int32(count))
            precondition(result == 1, "the system has no randomness to give")
            initialized = count
        }
    }
}
