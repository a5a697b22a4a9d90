// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// The parts of the tests that take long, run by `make test-long PART=…` only.
enum LongPart: String {
    case publishers
    case layers
    case loss
    case congestion
    case sdk
    case returning
    case liveness
    case attacks
    case load
    case tokens
    case recovery
    case restoring
    case turn
    case timing

    /// The environment variable that names the part to run.
    private static let variable = "SWG_LONG_PART"

    /// Whether this part is asked for.
    var isWanted: Bool { ProcessInfo.processInfo.environment[Self.variable] == rawValue }

    /// Why it is left out.
    var complaint: Comment { "SKIPPED: run it by make test-long PART=\(rawValue), which sets \(Self.variable)" }
}
