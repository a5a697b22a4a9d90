// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

extension STUNMessage {
    /// Reads a message of a connectivity check.
    ///
    /// - Parameter datagram: exactly one message.
    /// - Throws: why it is none.
    init(check datagram: RawSpan) throws(ICEDropReason) {
        do {
            try self.init(parsing: datagram)
        } catch {
            throw error == .fingerprintMismatch ? .fingerprintMismatch : .malformed
        }
        guard method == Self.binding else { throw .unknownMethod }
    }
}
