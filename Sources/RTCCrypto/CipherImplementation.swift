// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// A cipher as OpenSSL's provider implements it (provider-cipher(7)), found once for the process.
///
/// Its functions are called without `EVP_CIPHER_CTX` between (`docs/decisions/0030-ciphers-without-evp.md`).
@safe
struct CipherImplementation: @unchecked Sendable {
    static let aes128GCM = CipherImplementation("AES-128-GCM")
    static let aes256GCM = CipherImplementation("AES-256-GCM")
    static let aes128CTR = CipherImplementation("AES-128-CTR")
    static let aes256CTR = CipherImplementation("AES-256-CTR")

    /// The functions; they never change.
    let functions: UnsafePointer<openssl_cipher>

    /// Finds a cipher by its name at OpenSSL; `nil` where that does not have it.
    private init?(_ name: String) {
        ErrorQueue.clear()
        let found = UnsafeMutablePointer<openssl_cipher>.allocate(capacity: 1)
        unsafe found.initialize(to: openssl_cipher())
        guard unsafe openssl_cipher_find(found, name) == 1 else {
            unsafe found.deallocate()
            return nil
        }
        unsafe functions = unsafe UnsafePointer(found)
    }
}
