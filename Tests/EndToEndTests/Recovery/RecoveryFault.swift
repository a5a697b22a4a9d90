// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// One row of the table of faults: how it is made, and what has to come of it.
struct RecoveryFault: Sendable {
    /// What has to come of a fault.
    enum Goal: Sendable {
        /// The picture never stands.
        case unnoticed
        /// The picture moves so many seconds after what was lost is back.
        case back(Double)
        /// It is live so many seconds after the loss, or after what was lost is back.
        case live(Double)
    }

    /// When something was lost, and when it was back where it comes back by itself.
    struct Loss: Sendable {
        let at: Double
        var back: Double?
    }

    let name: String
    /// How it is made, for the table.
    let knob: String
    let goal: Goal
    /// Whether viewers stay subscribed.
    var keepsSubscriptions = false
    /// Breaks it; returns when all is back that comes back by itself.
    let make: @Sendable (RecoveryStage) async throws -> Loss

    /// A fault by one knob of SkyWayLocal.
    init(
        _ name: String,
        _ words: String...,
        goal: Goal,
        keepsSubscriptions: Bool = false,
        lasting seconds: Double = 0
    ) {
        self.init(name, knob: words.map { "`\($0)`" }.joined(separator: ", "), goal: goal, keepsSubscriptions: keepsSubscriptions) { on in
            for word in words.dropLast() { try await on.fault(word) }
            let lost = monotonicSeconds()
            if let last = words.last { try await on.fault(last) }
            guard seconds > 0 else { return Loss(at: lost) }
            try await on.pause(seconds)
            return Loss(at: lost, back: monotonicSeconds())
        }
    }

    /// A fault that takes more.
    init(
        _ name: String,
        knob: String,
        goal: Goal,
        keepsSubscriptions: Bool = false,
        make: @escaping @Sendable (RecoveryStage) async throws -> Loss
    ) {
        self.name = name
        self.knob = knob
        self.goal = goal
        self.keepsSubscriptions = keepsSubscriptions
        self.make = make
    }
}
