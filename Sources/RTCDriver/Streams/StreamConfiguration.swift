// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// How many TCP connections a worker takes, and how long it bears with them.
package struct StreamConfiguration: Hashable, Sendable {
    /// The TCP port; `nil` for the number of the UDP port, 0 for any.
    package var port: UInt16?
    /// The most connections at once.
    package var maximumConnections = 1024
    /// The most of them from one address, behind which there may be many viewers.
    package var maximumPerAddress = 256
    /// How long a connection may stay without a check that a session has accepted.
    package var proofTime: Duration = .seconds(10)
    /// How long a connection may stay without anything coming from it.
    package var idleTime: Duration = .seconds(60)
    /// How long a reader may be behind with what it is sent, without catching up once.
    package var patience: Duration = .seconds(10)

    /// Makes the defaults.
    package init() {}
}
