// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The latest transactions of a peer, to know one that comes again.
///
/// Each check for consent is a transaction of its own (RFC 7675 §5.1), so that one that was seen before shows nothing:
/// STUN itself has no protection against replay.
struct STUNTransactionMemory: Sendable {
    /// How many are remembered: ten minutes of checks at the usual rate, and 2 KiB a session.
    static let capacity = 128

    private var seen: [STUNTransactionID] = []
    private var next = 0

    /// Remembers a transaction; whether it is a new one.
    mutating func note(_ transaction: STUNTransactionID) -> Bool {
        guard !seen.contains(transaction) else { return false }
        if seen.count < Self.capacity {
            seen.append(transaction)
        } else {
            seen[next] = transaction
            next = (next + 1) % Self.capacity
        }
        return true
    }
}
