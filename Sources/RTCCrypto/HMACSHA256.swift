// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// HMAC-SHA256 (RFC 2104) of a message in one piece: for signatures of requests, not for packets.
package enum HMACSHA256 {
    /// The code of a message; the key may have any length.
    package static func code(of message: RawSpan, key: RawSpan) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: 32) { code, initialized in
            var length: UInt32 = 0
            let result = unsafe key.withUnsafeBytes { key in
                unsafe message.withUnsafeBytes { message in
                    unsafe HMAC(
                        EVP_sha256(),
                        key.baseAddress,
                        Int32(key.count),
                        message.baseAddress?.assumingMemoryBound(to: UInt8.self),
                        message.count,
                        code.baseAddress,
                        &length
                    )
                }
            }
            precondition(unsafe result != nil && length == 32, "OpenSSL has no HMAC-SHA256")
            initialized = 32
        }
    }
}
