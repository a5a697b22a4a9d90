// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
package import HTTPKit
package import Logging
import NIOCore

/// Tries the RTC API by one connection, and says of a failure what ``RTCAPIClient`` would try to mend.
package struct RTCAPIProbe: Sendable {
    /// What the RTC API says the time is.
    package struct Reading: Hashable, Sendable {
        /// Seconds since 1970, when the answer came.
        package var unixTime: Double
        /// From the question to the answer.
        package var roundTrip: Duration
    }

    private let host: SkyWayHost
    private let socket: WebSocketClient
    private let timeout: Duration
    private let logger: Logger

    /// Makes a probe.
    ///
    /// - Parameters:
    ///   - host: where the RTC API is.
    ///   - socket: what opens the connection.
    ///   - timeout: the limit for opening it, and for the answer.
    ///   - logger: where connections report.
    package init(host: SkyWayHost, socket: WebSocketClient, timeout: Duration, logger: Logger) {
        self.host = host
        self.socket = socket
        self.timeout = timeout
        self.logger = logger
    }

    /// Opens a connection with a token and asks for the server's time: that shows that the connection was meant.
    ///
    /// - Parameter token: what lets us in.
    /// - Returns: the time.
    /// - Throws: why there is no connection, or no answer.
    package func serverTime(_ token: AuthToken) async throws -> Reading {
        let address = try host.rtcAPIAddress(contextID: UUID().uuidString.lowercased())
        let id = UUID().uuidString.lowercased()
        let question = try RPCRequest(id: id, .getServerUnixtime, [:], token).text
        do {
            return try await socket.withConnection(
                to: address,
                subprotocols: [token.encoded.exposed],
                openTimeout: TimeAmount(timeout)
            ) { connection in
                try await Self.ask(question, connection, timeout)
            }
        } catch let error as WebSocketOpenError {
            throw SkyWayError(error)
        }
    }

    private static func ask(
        _ question: String,
        _ connection: WebSocketConnection,
        _ timeout: Duration
    ) async throws -> Reading {
        let late = SkyWayError(.timeout, .rtcAPI, detail: "getServerUnixtime was not answered")
        return try await withTimeout(timeout, error: late) {
            let decoder = JSONDecoder()
            let began = ContinuousClock.now
            connection.send(question)
            for await message in connection.messages {
                guard case .text(let text) = message,
                    let answer = try? decoder.decode(RPCAnswer<RTCAPIClient.ServerTime>.self, from: Data(text.utf8))
                else { continue }
                if let error = answer.error { throw SkyWayError(error, method: .getServerUnixtime) }
                guard let time = answer.result else { continue }
                return Reading(unixTime: time.seconds, roundTrip: .now - began)
            }
            try Task.checkCancellation()
            let code = await connection.closed().code
            throw SkyWayError(closeCode: code)
                ?? SkyWayError(.unreachable, .rtcAPI, detail: "connection closed with \(code)")
        }
    }

    /// Uses a client of the RTC API for a few calls.
    ///
    /// - Parameters:
    ///   - token: what lets us in.
    ///   - body: the calls.
    /// - Returns: what `body` returns.
    /// - Throws: what it throws, or that there was no answer in time.
    package func withClient<Result: Sendable>(
        _ token: AuthToken,
        _ body: @escaping @Sendable (RTCAPIClient) async throws -> Result
    ) async throws -> Result {
        let client = RTCAPIClient(
            host: host,
            token: token,
            socket: socket,
            logger: logger,
            requestTimeout: timeout
        )
        return try await client.whileRunning { try await body(client) }
    }
}
