// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// A DTLS 1.2 handshake that yields SRTP keys (RFC 5764), from datagrams to datagrams.
///
/// Feed it with ``start()``, ``receive(_:)`` and ``handleTimeout()``; after each, ``poll(into:)`` until it says
/// `false`, then look at ``state`` and ``timeout``. It has no socket; its only clock is OpenSSL's own, which sees
/// real time. Not `Sendable`: it belongs to the thread of its session.
@safe
package final class DTLSConnection {
    /// How far the connection is.
    package internal(set) var state: DTLSState = .handshaking

    /// Datagrams that were not DTLS at all, or came after the end.
    package private(set) var ignoredDatagrams: UInt64 = 0

    /// Whether `close_notify` was said and the peer's, which answers it (RFC 5246 §7.2.1), has not come.
    package private(set) var awaitsCloseNotify = false

    let configuration: DTLSConfiguration
    let ssl: OpaquePointer
    private let wire: DatagramBIO
    /// The record in which `close_notify` was said.
    private var closeNotify: [UInt8] = []

    /// How often the present flight was sent again.
    var repetitions = 0

    /// Why the certificate callback refused the peer, if it did.
    var refusal: DTLSFailure?

    /// The longest time between two repetitions; after 12 of them the handshake has failed.
    package static let longestTimeout: Duration = .seconds(2)

    /// Makes a connection that has said nothing yet.
    package init(_ configuration: DTLSConfiguration) throws(CryptoError) {
        self.configuration = configuration
        ErrorQueue.clear()
        unsafe ssl = try configuration.certificate.context.makeSSL()
        wire = DatagramBIO(mtu: configuration.mtu)
        let bio = try unsafe wire.makeBIO()
        unsafe SSL_set_bio(ssl, bio, bio)
        guard unsafe openssl_SSL_set_mtu(ssl, configuration.mtu) > 0 else { throw CryptoError("set the MTU") }
        let profiles = configuration.profiles.map(\.opensslName).joined(separator: ":")
        // The one call here that says 0 for success.
        guard unsafe SSL_set_tlsext_use_srtp(ssl, profiles) == 0 else { throw CryptoError("offer SRTP") }
        try unsafe check(
            openssl_SSL_set_app_data(ssl, Unmanaged.passUnretained(self).toOpaque()),
            "attach the connection"
        )
        unsafe DTLS_set_timer_cb(ssl, Self.nextTimeout)
        switch configuration.role {
        case .client: unsafe SSL_set_connect_state(ssl)
        case .server: unsafe SSL_set_accept_state(ssl)
        }
    }

    deinit {
        unsafe SSL_free(ssl)
    }

    /// Begins: a client says its ClientHello, a server waits for one.
    package func start() {
        guard configuration.role == .client, state == .handshaking else { return }
        advanceHandshake()
    }

    /// Takes a datagram; what it changes shows in ``state`` and ``poll(into:)``.
    ///
    /// Whatever is not a DTLS record is counted and has no other effect.
    package func receive(_ datagram: RawSpan) {
        guard isOpen || awaitsCloseNotify, DTLSRecords.areWellFormed(datagram) else {
            ignoredDatagrams += 1
            return
        }
        let wasRead = wire.offer(datagram) {
            // Not joined: OpenSSL may repeat a flight whose time is over before it goes on, and as a server it does not
            // look at what stands behind a repeated ClientHello.
            if state == .handshaking { advanceHandshake() }
            wire.joiningRecords { readAfterHandshake() }
            readAfterClosing()
        }
        if !wasRead { ignoredDatagrams += 1 }
    }

    /// Writes the next datagram to send into an empty buffer; `false` when there is none.
    package func poll(into datagram: inout OutputRawSpan) -> Bool {
        guard let bytes = wire.takeOutgoing() else { return false }
        precondition(bytes.count <= datagram.freeCapacity, "a buffer for datagrams must hold the MTU")
        for byte in bytes { datagram.append(byte) }
        return true
    }

    /// The time until ``handleTimeout()`` is due; `nil` when nothing waits for an answer.
    package var timeout: Duration? {
        guard state == .handshaking else { return nil }
        let microseconds = unsafe openssl_DTLSv1_get_timeout(ssl)
        return microseconds < 0 ? nil : .microseconds(microseconds)
    }

    /// Repeats the last flight if its time is over; does nothing when called early.
    package func handleTimeout() {
        guard state == .handshaking else { return }
        ErrorQueue.clear()
        // By itself OpenSSL sends each message of a flight again as a datagram of its own, any of which may be lost.
        let result = wire.joiningRecords { unsafe openssl_DTLSv1_handle_timeout(ssl) }
        if result < 0 { fail() }
    }

    /// Says `close_notify` if there is a connection to close.
    package func close() {
        if case .connected = state { awaitsCloseNotify = sayCloseNotify() }
        if isOpen { state = .closed }
    }

    /// Says `close_notify` once more, in the same record, until the peer's has come.
    ///
    /// DTLS repeats nothing but its handshake. A peer that has the record drops this one as replayed.
    package func repeatCloseNotify() {
        if awaitsCloseNotify { wire.send(closeNotify) }
    }

    private var isOpen: Bool {
        switch state {
        case .handshaking, .connected: true
        case .closed, .failed: false
        }
    }

    /// Says `close_notify`; whether the peer's is still to come.
    @discardableResult
    private func sayCloseNotify() -> Bool {
        ErrorQueue.clear()
        // 0: said, the peer's has not come; 1: both. An error only means that the peer won't hear it.
        let result = unsafe SSL_shutdown(ssl)
        ErrorQueue.clear()
        closeNotify = wire.newest ?? []
        return result == 0
    }
}

// MARK: Driving OpenSSL

extension DTLSConnection {
    private func advanceHandshake() {
        ErrorQueue.clear()
        let result = unsafe SSL_do_handshake(ssl)
        guard result != 1 else { return finishHandshake() }
        switch unsafe SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return
        case SSL_ERROR_ZERO_RETURN: state = .closed
        default: fail()
        }
    }

    private func finishHandshake() {
        guard let profile = selectedProfile else {
            sayCloseNotify()
            state = .failed(.noCommonProfile)
            return
        }
        let count = SRTPKeyingMaterial.exportedLength(of: profile)
        let label = "EXTRACTOR-dtls_srtp"
        var result: Int32 = 0
        let exported = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            unsafe result = SSL_export_keying_material(
                ssl,
                buffer.baseAddress,
                count,
                label,
                label.utf8.count,
                nil,
                0,
                0
            )
            initialized = result == 1 ? count : 0
        }
        guard result == 1 else { return fail() }
        state = .connected(SRTPKeyingMaterial(profile: profile, exported: exported, role: configuration.role))
    }

    /// Reads what comes after the handshake: `close_notify`, a repeated flight that OpenSSL answers by itself,
    /// and application data, which nobody here wants.
    private func readAfterHandshake() {
        guard case .connected = state else { return }
        switch read() {
        case nil, SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: break
        case SSL_ERROR_ZERO_RETURN:
            sayCloseNotify()
            state = .closed
        default: fail()
        }
    }

    /// Waits for the peer's `close_notify` after ours.
    private func readAfterClosing() {
        if awaitsCloseNotify, read() == SSL_ERROR_ZERO_RETURN { awaitsCloseNotify = false }
    }

    /// Reads and forgets application data; why there is no more, `nil` where there may be.
    private func read() -> Int32? {
        // A datagram holds few records; the bound is for a peer that packs it with empty ones.
        for _ in 0..<64 {
            ErrorQueue.clear()
            let result = unsafe withUnsafeTemporaryAllocation(byteCount: 2048, alignment: 1) { buffer in
                unsafe SSL_read(ssl, buffer.baseAddress, Int32(buffer.count))
            }
            if result <= 0 { return unsafe SSL_get_error(ssl, result) }
        }
        return nil
    }

    private func fail() {
        let isTimeout = ErrorQueue.hasTimeout
        let reason = ErrorQueue.drain()
        state = .failed(refusal ?? (isTimeout ? .timeout : .handshake(reason)))
    }

    /// The SRTP profile of the handshake, once the hellos have passed.
    var selectedProfile: SRTPProfile? {
        guard let profile = unsafe SSL_get_selected_srtp_profile(ssl) else { return nil }
        return unsafe SRTPProfile(rawValue: UInt16(truncatingIfNeeded: profile.pointee.id))
    }
}
