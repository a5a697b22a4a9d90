// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The credentials that requests of the peer are checked with.
///
/// Those from before a restart stay valid until the first request with the new ones (RFC 8445 §9, and mediasoup's way).
/// A peer that begins several restarts in a row keeps the credentials it uses, however many of the others come to
/// nothing (RFC 9725 §4.3.3).
struct ICELocalCredentials: Sendable {
    enum Verdict {
        case authentic(ICECredentials)
        case unknownUsername
        case integrityMismatch
    }

    private(set) var current: ICECredentials
    /// Those that the last request was made with, where they are not the current ones.
    private var used: ICECredentials?
    /// Those told before the current ones and never used.
    private var pending: ICECredentials?
    private var isCurrentUsed = false

    init(_ credentials: ICECredentials) {
        current = credentials
    }

    /// Every one that a request may be made with, the current one first.
    var accepted: [ICECredentials] { [current] + [pending, used].compactMap(\.self) }

    mutating func replace(with credentials: ICECredentials) {
        guard credentials != current else { return }
        if isCurrentUsed {
            used = current
            pending = nil
        } else {
            pending = current
        }
        current = credentials
        isCurrentUsed = false
    }

    func check(_ message: STUNMessage, in datagram: RawSpan) -> Verdict {
        var verdict = Verdict.unknownUsername
        for credentials in accepted {
            guard Self.names(credentials.usernameFragment, message, in: datagram) else { continue }
            if message.isAuthentic(password: credentials.password, in: datagram) { return .authentic(credentials) }
            verdict = .integrityMismatch
        }
        return verdict
    }

    /// Forgets the credentials from before those that are in use.
    ///
    /// - Parameter credentials: those of a request that was accepted.
    mutating func settle(on credentials: ICECredentials) {
        if credentials == current {
            isCurrentUsed = true
            used = nil
            pending = nil
        } else if credentials == pending {
            used = pending
            pending = nil
        }
    }

    /// Whether USERNAME begins with a fragment and a colon.
    private static func names(_ fragment: String, _ message: STUNMessage, in datagram: RawSpan) -> Bool {
        let size = fragment.utf8.count
        guard let username = message.username, username.count > size, username.upperBound <= datagram.byteCount,
            datagram.byte(at: username.lowerBound + size) == UInt8(ascii: ":")
        else { return false }
        return zip(fragment.utf8, username).allSatisfy { $0 == datagram.byte(at: $1) }
    }
}
