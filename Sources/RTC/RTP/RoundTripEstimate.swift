// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The round-trip time towards a sender, as its receiver knows it.
///
/// The sender's answers to our reference times tell it exactly (RFC 3611 §4.5); without them the time from a request for
/// a packet to the packet does, which is longer by what the sender takes.
struct RoundTripEstimate: Sendable, BitwiseCopyable {
    private var measured: (value: Duration, at: MonotonicTime)?
    private var sampled: Duration?

    /// What is taken for it before anything is known.
    static let unknown: Duration = .milliseconds(100)
    /// For this long an exact value stands.
    static let validity: Duration = .seconds(10)
    /// What is longer is no round trip.
    static let longest: Duration = .seconds(10)

    /// The estimate at a moment; `nil` where nothing is known.
    func value(at now: MonotonicTime) -> Duration? {
        if let measured, now - measured.at < Self.validity { return measured.value }
        return sampled ?? measured?.value
    }

    /// Takes an exact value.
    mutating func measure(_ value: Duration, at now: MonotonicTime) {
        guard value >= .zero, value < Self.longest else { return }
        measured = (value, now)
    }

    /// Takes the time from a request to its answer; smoothed as RFC 6298 §2 has it, from the beginning on, since what
    /// seems an answer may be the packet itself that was overtaken.
    mutating func sample(_ value: Duration) {
        guard value >= .zero, value < Self.longest else { return }
        let former = sampled ?? Self.unknown
        sampled = former + (value - former) / 8
    }
}
