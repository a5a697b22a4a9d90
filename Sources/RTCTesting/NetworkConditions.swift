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
    /// How long it is held back at most.
    package var reorderingTime: Duration
    /// The time from end to end.
    package var delay: Duration
    /// How much later than that a datagram may arrive; those behind it wait for it.
    package var jitter: Duration
    /// Losses in bursts, beside those by `loss`.
    package var bursts: BurstLoss?

    /// Makes conditions.
    package init(
        loss: Double = 0,
        duplication: Double = 0,
        reordering: Double = 0,
        reorderingDepth: Int = 0,
        reorderingTime: Duration = .seconds(1),
        delay: Duration = .milliseconds(20),
        jitter: Duration = .zero,
        bursts: BurstLoss? = nil
    ) {
        self.loss = loss
        self.duplication = duplication
        self.reordering = reordering
        self.reorderingDepth = reorderingDepth
        self.reorderingTime = reorderingTime
        self.delay = delay
        self.jitter = jitter
        self.bursts = bursts
    }

    /// A link that loses nothing and keeps the order.
    package static let perfect = NetworkConditions()
}

/// Losses in bursts: the model of Gilbert and Elliott, a link that is good or bad for a while.
package struct BurstLoss: Sendable {
    /// The probability that a good link turns bad before a datagram.
    package var beginning: Double
    /// The probability that a bad link turns good before a datagram.
    package var ending: Double
    /// The part of the datagrams that a bad link loses.
    package var loss: Double

    /// Makes a model.
    package init(beginning: Double, ending: Double, loss: Double) {
        self.beginning = beginning
        self.ending = ending
        self.loss = loss
    }

    /// Makes a model in which a bad link loses everything.
    ///
    /// - Parameters:
    ///   - meanLoss: the part of all datagrams that is lost in the long run.
    ///   - meanLength: how many datagrams a burst takes on average.
    package init(meanLoss: Double, meanLength: Double) {
        let ending = 1 / meanLength
        self.init(beginning: meanLoss * ending / (1 - meanLoss), ending: ending, loss: 1)
    }

    /// The part of all datagrams that is lost in the long run.
    package var meanLoss: Double { loss * beginning / (beginning + ending) }
}
