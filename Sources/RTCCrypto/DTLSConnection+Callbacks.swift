// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// What OpenSSL asks a connection in the middle of a handshake.
extension DTLSConnection {
    /// Decides about the peer's certificate, in place of OpenSSL's chain verification.
    ///
    /// Refusing here makes OpenSSL say an alert. The hellos have passed by now on either side, so a missing SRTP
    /// profile is refused here as well.
    static let verifyPeer: @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?) -> Int32 = { store, _ in
        guard
            let store = unsafe store,
            let ssl = unsafe openssl_X509_STORE_CTX_get_ssl(store),
            let connection = unsafe DTLSConnection.connection(of: ssl)
        else { return 0 }
        guard connection.selectedProfile != nil else {
            connection.refusal = .noCommonProfile
            unsafe X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION)  // handshake_failure
            return 0
        }
        guard let certificate = unsafe X509_STORE_CTX_get0_cert(store), unsafe connection.expects(certificate) else {
            connection.refusal = .fingerprintMismatch
            unsafe X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED)  // bad_certificate, RFC 8122 §6.2
            return 0
        }
        return 1
    }

    /// The timeout after one that has passed, in microseconds; 0 stands for none yet.
    static let nextTimeout: @convention(c) (OpaquePointer?, UInt32) -> UInt32 = { ssl, last in
        guard let ssl = unsafe ssl, let connection = unsafe DTLSConnection.connection(of: ssl) else { return 1_000_000 }
        connection.repetitions = last == 0 ? 0 : connection.repetitions + 1
        switch connection.repetitions {
        case 0: return max(20_000, DTLSConnection.microseconds(connection.configuration.firstTimeout))
        // By chance two datagrams in a row are lost now and then: that says nothing about the path yet.
        case 1: return last
        default: return min(last &* 2, DTLSConnection.microseconds(DTLSConnection.longestTimeout))
        }
    }

    private func expects(_ certificate: OpaquePointer) -> Bool {
        configuration.expectedFingerprints.contains { expected in
            unsafe CertificateFingerprint(of: certificate, by: expected.algorithm) == expected
        }
    }

    private static func microseconds(_ duration: Duration) -> UInt32 {
        let (seconds, attoseconds) = duration.components
        return UInt32(clamping: min(seconds, 4_000) * 1_000_000 + attoseconds / 1_000_000_000_000)
    }

    /// The connection an `SSL` belongs to; it outlives the `SSL`, which its `deinit` frees.
    private static func connection(of ssl: OpaquePointer) -> DTLSConnection? {
        guard let data = unsafe openssl_SSL_get_app_data(ssl) else { return nil }
        return unsafe Unmanaged<DTLSConnection>.fromOpaque(data).takeUnretainedValue()
    }
}
