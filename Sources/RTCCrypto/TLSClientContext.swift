// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// Whom TLS clients trust: the roots of the system, and further ones.
///
/// Made once, since reading the system's roots takes milliseconds; connections on any thread share it.
@safe
package final class TLSClientContext: Sendable {
    /// Proof for the compiler: a pointer that never changes, to a reference-counted object that nothing changes
    /// after `init`; OpenSSL allows `SSL_new` on it from any thread.
    nonisolated(unsafe) private let pointer: OpaquePointer

    /// Reads the roots.
    ///
    /// - Parameter roots: a file with further roots in PEM; `nil` for the system's alone.
    /// - Throws: `CryptoError`, where the file can't be read or has no certificate.
    package init(roots: String? = nil) throws(CryptoError) {
        ErrorQueue.clear()
        guard let context = unsafe SSL_CTX_new(TLS_client_method()) else { throw CryptoError("make a TLS context") }
        unsafe pointer = unsafe context
        try unsafe check(openssl_SSL_CTX_set_min_tls12(context), "choose TLS 1.2 and later")
        unsafe openssl_SSL_CTX_disable_session_cache(context)
        unsafe SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
        try unsafe check(SSL_CTX_set_default_verify_paths(context), "find the system's roots")
        if let roots {
            try unsafe check(SSL_CTX_load_verify_locations(context, roots, nil), "read the roots in \(roots)")
        }
        // A system without roots is no error before there is a connection.
        ErrorQueue.clear()
    }

    deinit {
        unsafe SSL_CTX_free(pointer)
    }

    /// Makes an `SSL`, which the caller frees.
    func makeSSL() throws(CryptoError) -> OpaquePointer {
        guard let ssl = unsafe SSL_new(pointer) else { throw CryptoError("make a TLS connection") }
        return unsafe ssl
    }
}
