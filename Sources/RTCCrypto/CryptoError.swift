// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// What OpenSSL refused to do.
///
/// None of these is a peer's doing: a peer's faults are ``DTLSFailure`` and a packet cipher's `false`.
package struct CryptoError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was being done, such as `"make a key"`.
    package var operation: String

    /// What OpenSSL's error queue said about it; may be empty.
    package var reason: String

    /// Makes an error from what was being done and OpenSSL's error queue, which is emptied.
    init(_ operation: String) {
        self.operation = operation
        self.reason = ErrorQueue.drain()
    }

    package var description: String {
        reason.isEmpty ? "could not \(operation)" : "could not \(operation): \(reason)"
    }
}

/// OpenSSL's queue of errors of the current thread.
enum ErrorQueue {
    /// Empties the queue; called before any call whose outcome is read from the queue.
    static func clear() {
        ERR_clear_error()
    }

    /// Whether the oldest error is that DTLS repeated itself too often.
    static var hasTimeout: Bool {
        openssl_ERR_GET_REASON(ERR_peek_error()) == SSL_R_READ_TIMEOUT_EXPIRED
    }

    /// Empties the queue into one line: the reasons, oldest first.
    static func drain() -> String {
        var reasons: [String] = []
        while case let code = ERR_get_error(), code != 0 {
            guard reasons.count < 8 else { continue }
            if let reason = unsafe ERR_reason_error_string(code) {
                unsafe reasons.append(String(cString: reason))
            } else {
                reasons.append("error \(code)")
            }
        }
        return reasons.joined(separator: "; ")
    }
}

/// Throws unless an OpenSSL call returned 1, which is how nearly all of them say success.
@inline(__always)
func check(_ result: Int32, _ operation: @autoclosure () -> String) throws(CryptoError) {
    guard result == 1 else { throw CryptoError(operation()) }
}
