// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Where an agent stands.
package enum ICEState: Hashable, Sendable {
    /// Nothing has come yet (lite agent).
    case new
    /// Checks are under way; after a restart the old path may still be in use meanwhile.
    case checking
    /// A path works.
    case connected
    /// The path went silent; it is still in use, and the agent recovers by itself when it hears something.
    case disconnected
    /// No path works; only a restart helps.
    case failed
}
