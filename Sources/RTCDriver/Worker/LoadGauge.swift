// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// How many sessions a worker has, readable from everywhere.
final class LoadGauge: Sendable {
    private let count = Atomic<Int>(0)

    /// The present number.
    var value: Int { count.load(ordering: .relaxed) }

    /// Counts sessions that came, or with a negative number left.
    func add(_ number: Int) { count.add(number, ordering: .relaxed) }
}
