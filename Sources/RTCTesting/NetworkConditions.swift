// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// What a simulated link does to the datagrams on it.
package struct NetworkConditions: Sendable {
    /// The part of the datagrams that is lost, 0–1.
    package var loss: Double
    /// The part that arrives twice.
    package var duplication: Double
    /// The part that is held back.
    package var reordering: Double
    /// How many later datagrams may overtake one that is held back.
    package var reorderingDepth: Int
    /// The time from end to end.
    package var delay: Duration

    /// Makes conditions.
    package init(
        loss: Double = 0,
        duplication: Double = 0,
        reordering: Double = 0,
        reorderingDepth: Int = 0,
        delay: Duration = .milliseconds(20)
    ) {
        self.loss = loss
        self.duplication = duplication
        self.reordering = reordering
        self.reorderingDepth = reorderingDepth
        self.delay = delay
    }

    /// A link that loses nothing and keeps the order.
    package static let perfect = NetworkConditions()
}
