// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// The client's side of a TLS connection without a socket: bytes in, bytes out.
///
/// The server has to show a certificate that is for its name and leads to a trusted root. What is written before the
/// handshake is over waits for it. Not `Sendable`: it belongs to the thread of its owner.
@safe
package final class TLSClientConnection {
    /// How far the connection is.
    package enum State: Hashable, Sendable {
        /// The handshake is under way.
        case handshaking
        /// Bytes pass.
        case connected
        /// The server has said that it is over.
        case closed
        /// It broke, or the server is not who it should be.
        case failed(String)
    }

    /// How far it is.
    package private(set) var state = State.handshaking

    /// The most that waits for the end of the handshake.
    private static let maximumWaiting = 64 << 10

    private let ssl: OpaquePointer
    /// What came from the server, and what goes to it; OpenSSL frees both with `ssl`.
    private let incoming: OpaquePointer
    private let outgoing: OpaquePointer
    private var waiting: [UInt8] = []

    /// Makes a connection, whose first bytes are there to be sent.
    ///
    /// - Parameters:
    ///   - name: the name, or the IP address, that the server's certificate has to be for.
    ///   - context: whom to trust.
    /// - Throws: `CryptoError`.
    package init(to name: String, trusting context: TLSClientContext) throws(CryptoError) {
        ErrorQueue.clear()
        unsafe ssl = try context.makeSSL()
        guard let input = unsafe BIO_new(BIO_s_mem()), let output = unsafe BIO_new(BIO_s_mem()) else {
            unsafe SSL_free(ssl)
            throw CryptoError("make buffers for TLS")
        }
        unsafe incoming = unsafe input
        unsafe outgoing = unsafe output
        unsafe SSL_set_bio(ssl, input, output)
        unsafe SSL_set_connect_state(ssl)
        guard unsafe openssl_SSL_expect_name(ssl, name) == 1 else {
            unsafe SSL_free(ssl)
            throw CryptoError("expect a server named \(name)")
        }
        advance()
    }

    deinit {
        unsafe SSL_free(ssl)
    }

    /// Takes bytes that came from the server.
    package func receive(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count > 0, isOpen else { return }
        ErrorQueue.clear()
        guard unsafe BIO_write(incoming, bytes.baseAddress, Int32(bytes.count)) == bytes.count else {
            return fail("no memory")
        }
        if state == .handshaking { advance() }
    }

    /// Reads what the server has said.
    ///
    /// - Parameter room: where it goes.
    /// - Returns: how many bytes there were; 0 for none at the moment, or where `state` says that it is over.
    package func read(into room: UnsafeMutableRawBufferPointer) -> Int {
        guard state == .connected, room.count > 0 else { return 0 }
        ErrorQueue.clear()
        let count = unsafe SSL_read(ssl, room.baseAddress, Int32(room.count))
        guard count <= 0 else { return Int(count) }
        switch unsafe SSL_get_error(ssl, count) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: break
        case SSL_ERROR_ZERO_RETURN: state = .closed
        default: fail(ErrorQueue.drain())
        }
        return 0
    }

    /// Says something to the server; what is said before the handshake is over waits.
    ///
    /// - Parameter bytes: what to say.
    /// - Returns: whether there was room for it.
    package func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
        switch state {
        case .handshaking:
            guard waiting.count + bytes.count <= Self.maximumWaiting else { return false }
            unsafe waiting.append(contentsOf: bytes)
            return true
        case .connected:
            return unsafe encrypt(bytes)
        case .closed, .failed:
            return false
        }
    }

    /// How many bytes wait to be sent to the server.
    package var pendingCount: Int { unsafe Int(BIO_ctrl_pending(outgoing)) }

    /// Takes bytes that are to be sent to the server.
    ///
    /// - Parameter room: where they go.
    /// - Returns: how many there were.
    package func poll(into room: UnsafeMutableRawBufferPointer) -> Int {
        guard room.count > 0 else { return 0 }
        return unsafe Int(max(0, BIO_read(outgoing, room.baseAddress, Int32(room.count))))
    }

    /// Says that it is over.
    package func close() {
        guard state == .connected else { return }
        ErrorQueue.clear()
        _ = unsafe SSL_shutdown(ssl)
        ErrorQueue.clear()
        state = .closed
    }

    /// Whether it is neither over nor broken.
    package var isOpen: Bool { state == .handshaking || state == .connected }

    /// Whether something has been received that has not been read.
    package var hasMore: Bool { unsafe SSL_has_pending(ssl) == 1 || BIO_ctrl_pending(incoming) > 0 }

    private func encrypt(_ bytes: UnsafeRawBufferPointer) -> Bool {
        ErrorQueue.clear()
        // A buffer in memory takes all that is written to it.
        guard unsafe bytes.count == 0 || SSL_write(ssl, bytes.baseAddress, Int32(bytes.count)) == bytes.count else {
            fail(ErrorQueue.drain())
            return false
        }
        return true
    }

    private func advance() {
        ErrorQueue.clear()
        let result = unsafe SSL_do_handshake(ssl)
        guard result != 1 else {
            state = .connected
            let said = waiting
            waiting = []
            _ = unsafe said.withUnsafeBytes { unsafe encrypt($0) }
            return
        }
        switch unsafe SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: break
        case SSL_ERROR_ZERO_RETURN: state = .closed
        default: fail(ErrorQueue.drain())
        }
    }

    private func fail(_ reason: String) {
        let verification = unsafe SSL_get_verify_result(ssl)
        guard verification != X509_V_OK else {
            state = .failed(reason)
            return
        }
        let text = unsafe X509_verify_cert_error_string(verification).map { unsafe String(cString: $0) }
        state = .failed(text ?? reason)
    }
}
