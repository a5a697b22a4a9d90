// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The credentials that requests of the peer are checked with; those from before a restart stay valid until the
/// first request with the new ones (RFC 8445 §9, and mediasoup's way).
struct ICELocalCredentials: Sendable {
    enum Verdict {
        case authentic(ICECredentials)
        case unknownUsername
        case integrityMismatch
    }

    private(set) var current: ICECredentials
    private(set) var previous: ICECredentials?

    init(_ credentials: ICECredentials) {
        current = credentials
    }

    mutating func replace(with credentials: ICECredentials) {
        guard credentials != current else { return }
        previous = current
        current = credentials
    }

    func check(_ message: STUNMessage, in datagram: RawSpan) -> Verdict {
        var verdict = Verdict.unknownUsername
        for credentials in [current, previous] {
            guard let credentials, Self.names(credentials.usernameFragment, message, in: datagram) else { continue }
            if message.isAuthentic(password: credentials.password, in: datagram) { return .authentic(credentials) }
            verdict = .integrityMismatch
        }
        return verdict
    }

    /// Forgets the credentials from before the restart once the new ones are in use.
    ///
    /// - Parameter credentials: those of a request that was accepted.
    mutating func settle(on credentials: ICECredentials) {
        if credentials == current { previous = nil }
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
