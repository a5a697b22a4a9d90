// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import Hummingbird
package import NIOCore

/// What goes with a request on its way: who sent it, beside what Hummingbird needs.
package struct GatewayRequestContext: RequestContext, RemoteAddressRequestContext {
    package var coreContext: CoreRequestContextStorage
    /// The other end of the connection.
    package let remoteAddress: SocketAddress?
    /// This end of the connection.
    let localAddress: SocketAddress?
    /// The connection, or the stream of HTTP/2.
    let channel: any Channel

    package init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        remoteAddress = source.channel.remoteAddress
        localAddress = source.channel.localAddress
        channel = source.channel
    }

    /// The broadcast that the address names, by `:id` in the route.
    ///
    /// - Returns: its name, whether there is such a broadcast or not.
    /// - Throws: `Refusal.broadcastNotFound` where it can't be one.
    func broadcastID() throws(Refusal) -> BroadcastID {
        guard let number = parameters.get("id").flatMap({ UInt64($0) }) else { throw .broadcastNotFound }
        return BroadcastID(number)
    }
}
