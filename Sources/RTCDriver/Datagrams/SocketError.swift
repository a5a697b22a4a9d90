// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// A socket call that failed where the worker can't go on without it.
package struct SocketError: Error, Hashable, Sendable {
    /// What was being done.
    package enum Operation: String, Hashable, Sendable {
        /// `socket`.
        case open
        /// `bind`.
        case bind
        /// `listen`.
        case listen
        /// `connect`.
        case connect
        /// `getsockname`.
        case name
        /// `epoll_create1`, `eventfd`, `pipe` and their kin.
        case wait
        /// `pthread_create`.
        case thread
    }

    /// What was being done.
    package var operation: Operation
    /// The system's error number.
    package var number: Int32

    /// Whether somebody else has the port.
    package var isAddressInUse: Bool { number == EADDRINUSE }
}

extension SocketError: CustomStringConvertible {
    package var description: String {
        let text = unsafe strerror(number).map { unsafe String(cString: $0) } ?? "error \(number)"
        return "\(operation.rawValue): \(text)"
    }
}
