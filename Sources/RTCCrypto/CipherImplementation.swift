// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// A cipher as OpenSSL's provider implements it (provider-cipher(7)), found once for the process.
///
/// Its functions are called without `EVP_CIPHER_CTX` between (`docs/decisions/0029-ciphers-without-evp.md`).
@safe
struct CipherImplementation: @unchecked Sendable {
    static let aes128GCM = CipherImplementation("AES-128-GCM")
    static let aes256GCM = CipherImplementation("AES-256-GCM")
    static let aes128CTR = CipherImplementation("AES-128-CTR")
    static let aes256CTR = CipherImplementation("AES-256-CTR")

    /// The functions; they and what they refer to never change.
    let functions: openssl_cipher

    /// Finds a cipher by its name at OpenSSL; `nil` where that does not have it.
    private init?(_ name: String) {
        ErrorQueue.clear()
        var functions = unsafe openssl_cipher()
        guard unsafe openssl_cipher_find(&functions, name) == 1 else { return nil }
        unsafe self.functions = unsafe functions
    }
}
