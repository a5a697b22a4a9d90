// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import AsyncHTTPClient
package import HTTPKit
import NIOCore

extension SkyWayLink {
    /// What the links of a process share: connections that are kept open, what is known of SkyWay, and the pace.
    package struct Clients: Sendable {
        package var http: HTTPClient
        package var socket: WebSocketClient
        /// What is known of the server's clock.
        package var clock: SkyWayClock
        /// How fast links come back that have lost something at once.
        package var pace: RecoveryPace
        /// The bots that were just made.
        package var bots: SharedBots
        /// The members that links of this process have.
        let members = LivingMembers()

        package init(
            http: HTTPClient = Clients.sharedHTTP,
            socket: WebSocketClient = Clients.makeSocket(),
            clock: SkyWayClock = SkyWayClock(),
            pace: RecoveryPace = RecoveryPace(),
            bots: SharedBots = SharedBots()
        ) {
            self.http = http
            self.socket = socket
            self.clock = clock
            self.pace = pace
            self.bots = bots
        }

        /// An HTTP client for the life of the process.
        ///
        /// It says at once that a service is not there, instead of trying until the request's time is over: a WHIP
        /// publisher waits for the answer.
        package static let sharedHTTP: HTTPClient = {
            var configuration = HTTPClient.Configuration()
            configuration.connectionPool.retryConnectionEstablishment = false
            configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
            configuration.timeout.connect = .seconds(5)
            configuration.redirectConfiguration = .disallow
            return HTTPClient(eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: configuration)
        }()

        /// A WebSocket client for the RTC API: a room with many members makes long messages.
        package static func makeSocket() -> WebSocketClient {
            var configuration = WebSocketConfiguration()
            configuration.maximumMessageSize = 8 << 20
            return WebSocketClient(configuration: configuration)
        }
    }
}
