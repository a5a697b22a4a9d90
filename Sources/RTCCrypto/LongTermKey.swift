// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// The key of STUN's long-term credentials: MD5 over user name, realm and password (RFC 8489 §9.2.2).
///
/// MD5 is weak, but this is the form that every TURN server takes; what it protects is worth an allocation, no more.
package struct LongTermKey: Hashable, Sendable {
    /// The 16 bytes.
    package let bytes: [UInt8]

    /// Makes the key.
    ///
    /// - Parameters:
    ///   - username: the user name.
    ///   - realm: the realm, byte for byte as the server told it.
    ///   - password: the password.
    /// - Throws: `CryptoError` where the system's OpenSSL does without MD5.
    package init(username: String, realm: [UInt8], password: String) throws(CryptoError) {
        ErrorQueue.clear()
        let separator = [UInt8(ascii: ":")]
        let text = Array(username.utf8) + separator + realm + separator + Array(password.utf8)
        var result: Int32 = 0
        bytes = unsafe [UInt8](unsafeUninitializedCapacity: 16) { digest, initialized in
            var length: UInt32 = 0
            unsafe result = EVP_Digest(text, text.count, digest.baseAddress, &length, EVP_md5(), nil)
            initialized = result == 1 && length == digest.count ? digest.count : 0
        }
        guard result == 1, bytes.count == 16 else { throw CryptoError("hash a password by MD5") }
    }
}

extension LongTermKey: CustomStringConvertible, CustomReflectable {
    package var description: String { "(hidden)" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
