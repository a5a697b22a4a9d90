// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
package import HTTPKit
package import Logging

/// The JSON-RPC client of SkyWay's RTC API over one WebSocket that is kept open (protocol page §2).
///
/// Nothing is sent before ``run()`` runs. Requests survive a lost connection: what has no answer yet is sent again, as
/// it was, within its own time. They leave at a pace that SkyWay takes (15 at once, 5 a second); what a broadcast lives
/// by goes before the rest.
package actor RTCAPIClient {
    /// What happens beside answers.
    package enum Event: Sendable {
        /// The connection is back, and unfinished requests were sent again.
        case resumed
        /// The connection is lost and will be made again.
        case interrupted
        case channelEvent(ChannelEvent)
        /// The token does not do any more; another one is waited for where there is no connection.
        case tokenRefused(AuthToken)
    }

    package nonisolated let events: AsyncStream<Event>
    private let eventContinuation: AsyncStream<Event>.Continuation
    private let socket: WebSocketClient
    private let host: SkyWayHost
    private let contextID = UUID().uuidString.lowercased()
    private let requestTimeout: Duration
    private let logger: Logger
    private let requests = RTCAPIRequests()
    private var token: AuthToken
    /// What the server is being told, or the next connection will tell it.
    private var nextToken: AuthToken?
    /// What connections were refused with since the last one that was open.
    private var refusedToken: AuthToken?
    /// How many tokens were refused in a row.
    private var refusals = 0
    private let tokenChanges = StateChanges()
    private var connection: WebSocketConnection?
    private var machine = RTCAPIConnectionStateMachine()
    private let pace: RecoveryPace
    /// The requests that are to be sent; more than get their turn within their time are not taken.
    private var queue = PacedQueue<String>(TokenBucket(burst: 15, perSecond: 5), limit: 100)
    private let queueChanges = StateChanges()

    /// Makes a client; `requestTimeout` is the SDK's 20 s unless a test is in a hurry, and `pace` is that of all clients
    /// which may lose their connections at once.
    package init(
        host: SkyWayHost,
        token: AuthToken,
        socket: WebSocketClient,
        pace: RecoveryPace = RecoveryPace(),
        logger: Logger,
        requestTimeout: Duration = .seconds(20)
    ) {
        self.host = host
        self.token = token
        self.socket = socket
        self.pace = pace
        self.logger = logger
        self.requestTimeout = requestTimeout
        // A slow reader loses the newest events, which shows as a gap and is then repaired.
        (events, eventContinuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(4096))
    }

    /// The token that requests carry.
    package var currentToken: AuthToken { token }

    /// Whether there is a connection.
    var isOpen: Bool { machine.isOpen }

    /// Uses another token from the next connection on.
    func announceToken(_ token: AuthToken) {
        nextToken = token
        tokenChanges.wake()
    }

    /// The server has taken another token.
    func replaceToken(_ token: AuthToken) {
        self.token = token
        if nextToken == token { nextToken = nil }
    }

    /// Ends the connection, to make it anew with the newest token.
    func reconnect() { connection?.close() }

    /// Waits until the token is another one than was refused; false when the task is cancelled.
    private func hasFreshToken() async -> Bool {
        while machine.stopReason == nil, nextToken ?? token == refusedToken {
            guard (try? await tokenChanges.next()) != nil else { return false }
        }
        return true
    }

    // MARK: The connection

    /// Keeps the connection until ``close()``, cancellation, or an error that no repetition mends.
    package func run() async -> SkyWayError {
        await withTaskGroup(of: SkyWayError?.self) { group in
            group.addTask { await self.keepConnection() }
            group.addTask {
                await self.sendInTurn()
                return nil
            }
            defer { group.cancelAll() }
            for await case let reason? in group { return reason }
            return SkyWayError(.stopped, .gateway)
        }
    }

    /// Runs while calls are made, then closes.
    ///
    /// - Parameter calls: the calls.
    /// - Returns: what they return.
    /// - Throws: what they throw.
    package nonisolated func whileRunning<Result: Sendable>(
        _ calls: @Sendable () async throws -> Result
    ) async throws -> Result {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { _ = await self.run() }
            do {
                let result = try await calls()
                await close()
                return result
            } catch {
                await close()
                throw error
            }
        }
    }

    private func keepConnection() async -> SkyWayError {
        var reason = SkyWayError(.stopped, .gateway)
        while machine.connecting() {
            switch await connectOnce() {
            case .reconnect(let wait):
                eventContinuation.yield(.interrupted)
                guard (try? await Task.sleep(for: max(wait, pace.waitForConnection()))) != nil else {
                    machine.stop(reason)
                    continue
                }
            case .renewToken(let wait):
                eventContinuation.yield(.interrupted)
                if let refusedToken { eventContinuation.yield(.tokenRefused(refusedToken)) }
                guard (try? await Task.sleep(for: wait)) != nil, await hasFreshToken() else {
                    machine.stop(reason)
                    continue
                }
            case .stop(let error):
                reason = error
            }
        }
        requests.failAll(reason)
        eventContinuation.finish()
        return reason
    }

    /// Ends the connection and ``run()``.
    package func close() {
        machine.stop(SkyWayError(.stopped, .gateway))
        connection?.close()
        tokenChanges.wake()
    }

    /// A connection that lasted less is one that could not be made.
    private static let brief = Duration.seconds(2)

    private func connectOnce() async -> RTCAPIConnectionStateMachine.LostAction {
        let address: WebSocketAddress
        do {
            address = try host.rtcAPIAddress(contextID: contextID)
        } catch {
            return machine.failed(error, jitter: 0)
        }
        let jitter = Double.random(in: 0..<1)
        let offered = nextToken ?? token
        defer { connection = nil }
        do {
            let subprotocols = [offered.encoded.exposed]
            let (closure, lasted) = try await socket.withConnection(
                to: address,
                subprotocols: subprotocols
            ) { connection in
                let openedAt = ContinuousClock.now
                await self.opened(connection, with: offered)
                for await message in connection.messages { await self.receive(message) }
                return (await connection.closed(), ContinuousClock.now - openedAt)
            }
            logger.debug(
                "RTC API connection ended",
                metadata: ["close.code": "\(closure.code)", "close.reason": "\(closure.reason)"]
            )
            return machine.lost(closeCode: closure.code, wasBrief: lasted < Self.brief, jitter: jitter)
        } catch let error as WebSocketOpenError {
            logger.debug("RTC API connection failed", metadata: ["error": "\(error)"])
            let error = SkyWayError(error)
            if error.code == .tokenRefused, refusedToken != offered {
                refusedToken = offered
                refusals += 1
            }
            return machine.failed(error, refusals: refusals, jitter: jitter)
        } catch {
            return machine.lost(closeCode: WebSocketCloseCode.abnormal, jitter: jitter)
        }
    }

    private func opened(_ connection: WebSocketConnection, with token: AuthToken) {
        replaceToken(token)
        refusedToken = nil
        refusals = 0
        switch machine.opened() {
        case .close:
            connection.close()
        case .ready, .resume:
            let isResumed = self.isResumed
            self.isResumed = true
            self.connection = connection
            queue.removeAll()
            for request in requests.unfinished { _ = queue.add(request.id, isUrgent: request.isUrgent) }
            sendDue()
            if isResumed { eventContinuation.yield(.resumed) }
        }
    }

    /// Whether the connection was open before.
    private var isResumed = false

    // MARK: Requests

    /// Calls a method and waits for its result, at most for the request timeout.
    package func call<Result: Decodable & Sendable>(
        _ method: RTCAPIMethod,
        _ parameters: [String: JSONValue?],
        returning: Result.Type = Result.self
    ) async throws -> Result {
        let answer = try await send(method, parameters)
        do {
            let decoded = try JSONDecoder().decode(RPCAnswer<Result>.self, from: answer)
            if let error = decoded.error { throw refusal(SkyWayError(error, method: method), of: method) }
            guard let result = decoded.result else { throw DecodingError.missingResult }
            return result
        } catch is DecodingError {
            throw SkyWayError(.badResponse, .rtcAPI, detail: "result of \(method.rawValue) is not as expected")
        }
    }

    /// Tells whoever keeps the token that it does not do any more.
    private func refusal(_ error: SkyWayError, of method: RTCAPIMethod) -> SkyWayError {
        if error.code == .tokenRefused, method != .updateAuthToken { eventContinuation.yield(.tokenRefused(token)) }
        return error
    }

    private func send(_ method: RTCAPIMethod, _ parameters: [String: JSONValue?]) async throws -> Data {
        let id = UUID().uuidString.lowercased()
        let text = try RPCRequest(id: id, method, parameters.compactMapValues { $0 }, token).text
        let late = SkyWayError(.timeout, .rtcAPI, detail: "\(method.rawValue) was not answered")
        return try await withTimeout(requestTimeout, error: late) {
            try await self.perform(id: id, text: text, isUrgent: method.isUrgent)
        }
    }

    private func perform(id: String, text: String, isUrgent: Bool) async throws -> Data {
        if let reason = machine.stopReason { throw reason }
        guard queue.add(id, isUrgent: isUrgent) else {
            throw SkyWayError(.rateLimited, .gateway, detail: "too many requests wait for their turn")
        }
        defer { queue.remove(id) }
        requests.begin(id, text: text, isUrgent: isUrgent)
        sendDue()
        return try await requests.answer(of: id)
    }

    /// Sends what has its turn; without a connection it waits for one.
    private func sendDue() {
        guard let connection else { return }
        while let id = queue.next(at: .now) {
            if let text = requests.text(of: id) { connection.send(text) }
        }
        if queue.count > 0 { queueChanges.wake() }
    }

    /// Sends what had to wait for its turn.
    private func sendInTurn() async {
        while !Task.isCancelled {
            sendDue()
            if connection != nil, let wait = queue.wait(at: .now) {
                try? await Task.sleep(for: wait)
            } else {
                try? await queueChanges.next()
            }
        }
    }

    // MARK: What arrives

    private func receive(_ message: WebSocketMessage) {
        guard case .text(let text) = message else { return }
        let data = Data(text.utf8)
        guard let envelope = try? JSONDecoder().decode(RPCEnvelope.self, from: data) else {
            logger.debug("RTC API sent something that is not JSON-RPC")
            return
        }
        if let id = envelope.id {
            requests.succeed(id, data)
        } else if envelope.method == "channelEventNotification" {
            receiveEvent(data)
        }
    }

    private func receiveEvent(_ data: Data) {
        do {
            let event = try JSONDecoder().decode(RPCNotification.self, from: data).params
            eventContinuation.yield(.channelEvent(event))
        } catch {
            logger.warning("RTC API sent an event that cannot be read", metadata: ["error": "\(error)"])
        }
    }
}

extension DecodingError {
    fileprivate static var missingResult: DecodingError {
        .valueNotFound(String.self, .init(codingPath: [], debugDescription: "neither result nor error"))
    }
}
