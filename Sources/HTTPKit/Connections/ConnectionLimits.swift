// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import NIOCore
import Synchronization

/// What a connection may take of a server: time before it says something or takes what it is told, and a share of all
/// connections.
package struct ConnectionLimits: Sendable {
    /// From the first byte, or from the start of the connection, to the end of a request's head.
    package var headTimeout = Duration.seconds(10)
    /// From the end of a request's head to the end of its body.
    package var bodyTimeout = Duration.seconds(10)
    /// From the moment that something is sent until the other side has taken it, or as much more as fills a buffer.
    package var writeTimeout = Duration.seconds(20)
    /// Without a request.
    package var idleTimeout = Duration.seconds(60)
    /// Connections at a time of one client.
    package var connectionsPerClient = 256
    /// Who is at the other end; `nil` for somebody who is not counted, such as a proxy.
    package var client: @Sendable (SocketAddress) -> String?

    /// Makes limits by which clients are told apart by their addresses.
    package init(client: @escaping @Sendable (SocketAddress) -> String? = { $0.ipAddress }) {
        self.client = client
    }
}

/// Counts the connections of each client.
final class ConnectionCounter: Sendable {
    private let counts = Mutex<[String: Int]>([:])

    /// How many clients have connections.
    var clients: Int { counts.withLock { $0.count } }

    /// Counts a connection that opens, and later that it closes.
    ///
    /// - Parameters:
    ///   - channel: the connection.
    ///   - limits: how many there may be.
    /// - Returns: whether it may stay.
    func admit(_ channel: any Channel, _ limits: ConnectionLimits) -> Bool {
        guard let client = channel.remoteAddress.flatMap(limits.client) else { return true }
        let count = counts.withLock { counts in
            counts[client, default: 0] += 1
            return counts[client] ?? 0
        }
        channel.closeFuture.whenComplete { _ in
            self.counts.withLock { counts in
                let left = (counts[client] ?? 1) - 1
                counts[client] = left > 0 ? left : nil
            }
        }
        return count <= limits.connectionsPerClient
    }
}
