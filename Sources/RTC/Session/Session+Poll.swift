// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTCCrypto

extension Session {
    /// The next thing that the owner has to do; called until it answers `.wait`.
    ///
    /// - Parameter datagram: an empty buffer of at least 1,500 bytes, filled for `.transmit`.
    /// - Returns: a datagram to send, an event, or how long to wait.
    package mutating func poll(into datagram: inout OutputRawSpan) -> Output {
        if let address = ice.poll(into: &datagram) {
            noteConnectivity()
            return .transmit(to: address)
        }
        if let address = selectedAddress {
            if let dtls, dtls.poll(into: &datagram) { return .transmit(to: address) }
            if closeReason == nil, pollFeedback(into: &datagram) { return .transmit(to: address) }
        }
        if !events.isEmpty { return .event(events.removeFirst()) }
        isQuiet = true
        return .wait(until: nextDeadline())
    }

    /// The earliest moment at which something becomes due by itself.
    ///
    /// Mutating, so that the session is not copied for it.
    private mutating func nextDeadline() -> MonotonicTime? {
        guard closeReason == nil else { return farewell?.next }
        var earliest = ice.deadline
        Self.reduce(&earliest, dtlsDeadline)
        Self.reduce(&earliest, livenessDeadline)
        guard isConnected, selectedAddress != nil else { return earliest }
        Self.reduce(&earliest, feedbackDeadline)
        Self.reduce(&earliest, bitrateLimit?.deadline)
        return earliest
    }

    private static func reduce(_ earliest: inout MonotonicTime?, _ candidate: MonotonicTime?) {
        guard let candidate else { return }
        earliest = earliest.map { min($0, candidate) } ?? candidate
    }
}
