// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// A key with a self-signed certificate: who this process is towards all its DTLS peers.
///
/// Peers recognise it by its fingerprint only (RFC 8827 §6.5), so one is enough for a process.
@safe
package final class Certificate: Sendable {
    /// The SHA-256 fingerprint for `a=fingerprint`.
    package let fingerprint: CertificateFingerprint

    /// What every DTLS connection with this certificate shares.
    let context: DTLSContext

    private init(fingerprint: CertificateFingerprint, context: DTLSContext) {
        self.fingerprint = fingerprint
        self.context = context
    }

    /// Makes a P-256 key and signs its certificate with ECDSA and SHA-256.
    package static func makeSelfSigned() throws(CryptoError) -> Certificate {
        ErrorQueue.clear()
        let key = try unsafe makeKey()
        defer { unsafe EVP_PKEY_free(key) }
        let certificate = try unsafe makeCertificate(for: key)
        defer { unsafe X509_free(certificate) }
        guard let fingerprint = unsafe CertificateFingerprint(of: certificate, by: .sha256) else {
            throw CryptoError("hash the certificate")
        }
        let context = try unsafe DTLSContext(certificate: certificate, key: key)
        return Certificate(fingerprint: fingerprint, context: context)
    }

    private static func makeKey() throws(CryptoError) -> OpaquePointer {
        guard let generator = unsafe EVP_PKEY_CTX_new_id(EVP_PKEY_EC, nil) else {
            throw CryptoError("prepare a key")
        }
        defer { unsafe EVP_PKEY_CTX_free(generator) }
        try unsafe check(EVP_PKEY_keygen_init(generator), "prepare a key")
        try unsafe check(EVP_PKEY_CTX_set_group_name(generator, "prime256v1"), "choose the curve")
        var key: OpaquePointer?
        try unsafe check(EVP_PKEY_generate(generator, &key), "make a key")
        guard let key = unsafe key else { throw CryptoError("make a key") }
        return unsafe key
    }

    private static func makeCertificate(for key: OpaquePointer) throws(CryptoError) -> OpaquePointer {
        guard let certificate = unsafe X509_new() else { throw CryptoError("make a certificate") }
        do throws(CryptoError) {
            try unsafe fill(certificate, key: key)
        } catch {
            unsafe X509_free(certificate)
            throw error
        }
        return unsafe certificate
    }

    private static func fill(_ certificate: OpaquePointer, key: OpaquePointer) throws(CryptoError) {
        var random = SecureRandomNumberGenerator()
        let day = 86_400
        let version3 = 2
        try unsafe check(X509_set_version(certificate, version3), "set the version")
        try unsafe check(
            ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), random.next() >> 1 | 1),
            "set the serial number"
        )
        // Nobody looks at these dates, and a process may run for years: the day before is for clocks that are late.
        guard
            unsafe X509_gmtime_adj(X509_getm_notBefore(certificate), -day) != nil,
            unsafe X509_gmtime_adj(X509_getm_notAfter(certificate), 3_650 * day) != nil
        else { throw CryptoError("set the validity") }
        let name = unsafe X509_get_subject_name(certificate)
        try unsafe check(
            X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, "WebRTC", -1, -1, 0),
            "set the name"
        )
        try unsafe check(X509_set_issuer_name(certificate, name), "set the issuer")
        try unsafe check(X509_set_pubkey(certificate, key), "set the public key")
        guard unsafe X509_sign(certificate, key, EVP_sha256()) > 0 else {
            throw CryptoError("sign the certificate")
        }
    }
}

extension CertificateFingerprint {
    /// Hashes an OpenSSL certificate; `nil` when OpenSSL can't.
    init?(of certificate: OpaquePointer, by algorithm: HashAlgorithm) {
        var length: UInt32 = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: algorithm.digestLength) { digest, initialized in
            let result = unsafe X509_digest(certificate, algorithm.evp, digest.baseAddress, &length)
            initialized = result == 1 ? min(Int(length), digest.count) : 0
        }
        self.init(algorithm: algorithm, bytes: bytes)
    }
}
