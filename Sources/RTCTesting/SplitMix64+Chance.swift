// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import RTC

extension SplitMix64 {
    /// Whether something happens that has this probability.
    package mutating func happens(_ probability: Double) -> Bool {
        probability > 0 && Double.random(in: 0..<1, using: &self) < probability
    }
}
