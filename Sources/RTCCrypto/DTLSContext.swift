// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// OpenSSL's `SSL_CTX`: what the DTLS connections of one certificate share.
///
/// DTLS 1.2 only, with lists so short that a ClientHello fits one datagram; no resumption; the peer must show a
/// certificate, which only its fingerprint makes valid (RFC 8827 §6.5).
@safe
final class DTLSContext: Sendable {
    /// Proof for the compiler: a pointer that never changes, to a reference-counted object that nothing changes
    /// after `init`; OpenSSL allows `SSL_new` on it from any thread.
    nonisolated(unsafe) private let pointer: OpaquePointer

    /// The cheapest ciphers first, as RFC 8827 §6.5 asks; CBC for peers with nothing better.
    private static let ciphers = [
        "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256",
        "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305",
        "ECDHE-ECDSA-AES128-SHA", "ECDHE-RSA-AES128-SHA",
    ].joined(separator: ":")
    private static let groups = "X25519:P-256:P-384"
    private static let signatureAlgorithms = "ECDSA+SHA256:RSA-PSS+SHA256:RSA+SHA256:ECDSA+SHA384"
    /// What a peer's certificate chain may take: WebRTC peers send one certificate of 300 to 1,500 bytes.
    private static let largestCertificateList = 16_384

    init(certificate: OpaquePointer, key: OpaquePointer) throws(CryptoError) {
        ErrorQueue.clear()
        guard let context = unsafe SSL_CTX_new(DTLS_method()) else { throw CryptoError("make a DTLS context") }
        unsafe pointer = unsafe context
        try unsafe check(openssl_SSL_CTX_set_dtls12_only(context), "choose DTLS 1.2")
        try unsafe check(SSL_CTX_use_certificate(context, certificate), "use the certificate")
        try unsafe check(SSL_CTX_use_PrivateKey(context, key), "use the key")
        // Set here so that the system's openssl.cnf has no say in it.
        unsafe SSL_CTX_set_security_level(context, 2)
        try unsafe check(SSL_CTX_set_cipher_list(context, Self.ciphers), "choose the ciphers")
        try unsafe check(openssl_SSL_CTX_set1_groups_list(context, Self.groups), "choose the curves")
        try unsafe check(
            openssl_SSL_CTX_set1_sigalgs_list(context, Self.signatureAlgorithms),
            "choose the signature algorithms"
        )
        _ = unsafe SSL_CTX_set_options(context, openssl_dtls_options())
        unsafe openssl_SSL_CTX_disable_session_cache(context)
        unsafe SSL_CTX_ctrl(context, SSL_CTRL_SET_MAX_CERT_LIST, Self.largestCertificateList, nil)
        unsafe SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
        unsafe SSL_CTX_set_cert_verify_callback(context, DTLSConnection.verifyPeer, nil)
    }

    deinit {
        unsafe SSL_CTX_free(pointer)
    }

    /// Makes an `SSL`, which the caller frees.
    func makeSSL() throws(CryptoError) -> OpaquePointer {
        guard let ssl = unsafe SSL_new(pointer) else { throw CryptoError("make a DTLS connection") }
        return unsafe ssl
    }
}
