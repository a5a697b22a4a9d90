// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit

/// One socket of the RTC API, from its opening to its end (protocol page §2).
///
/// Requests are answered one after another; events come in between from the control plane. Nothing that arrives
/// closes the socket, an expired token least of all (protocol page §9, 7).
struct RPCSocket: Sendable {
    /// The longest message taken, in bytes.
    static let maximumLength = 64 * 1024

    let controlPlane: ControlPlane
    let verifier: TokenVerifier
    let appID: String
    let contextID: String?
    let leavesWhenDisconnected: Bool
    /// The most requests in a second; `nil` for any number.
    let requestsPerSecond: Int?
    let clock: ServerClock
    let faults: LocalFaults

    /// The close code that tells the SDK that the plan is used up (protocol page §2.8).
    static let usageLimitExceeded: UInt16 = 4291

    /// Serves a connection until it ends.
    func serve(_ connection: WebSocketConnection) async {
        let id = await controlPlane.connect(
            Connection(
                appID: appID,
                contextID: contextID,
                leavesWhenDisconnected: leavesWhenDisconnected,
                send: { connection.send($0) },
                end: { connection.end($0) }
            )
        )
        guard let id else {
            connection.close(code: Self.usageLimitExceeded, reason: "usage limit exceeded")
            return
        }
        var rate = RequestRate(limit: requestsPerSecond)
        for await message in connection.messages {
            guard case .text(let text) = message else { continue }
            faults.count(.calls)
            guard text.utf8.count <= Self.maximumLength else {
                connection.close(code: WebSocketCloseCode.messageTooLarge)
                break
            }
            let isInTime = rate.take(at: clock.unixSeconds)
            let request = RPCRequest(parsing: text)
            let answer = await faults.answer(request, on: connection) {
                await self.answer(request, text, isInTime: isInTime, connectionID: id)
            }
            if let answer { connection.send(answer) }
        }
        await controlPlane.disconnect(id)
    }

    private func answer(_ request: RPCRequest, _ text: String, isInTime: Bool, connectionID: Int) async -> String? {
        do throws(RPCError) {
            guard isInTime else { throw RPCError.rateLimitExceeded("There are too many requests in a second.") }
            let call = try request.call.get()
            let token = try await verify(request, allowingExpired: call.takesExpiredToken)
            let caller = RPCCaller(token: token, connectionID: connectionID)
            return await controlPlane.answer(request, text: text, caller: caller)
        } catch {
            return request.id.map { JSONText.encode(RPCResponse(id: $0, .failure(error))) }
        }
    }

    private func verify(_ request: RPCRequest, allowingExpired: Bool) async throws(RPCError) -> AuthToken {
        guard let text = request.credentials?.authToken else {
            throw .invalidParameters("The parameter authToken is missing.")
        }
        let token: AuthToken
        do {
            token = try await verifier.verify(text, allowingExpired: allowingExpired)
        } catch {
            throw .invalidToken(error)
        }
        guard request.isOfApplication(token.appID) else {
            throw .invalidParameters("The parameter appId is not that of the token.")
        }
        return token
    }
}

extension WebSocketConnection {
    /// Ends a socket as a fault says.
    fileprivate func end(_ ending: SocketEnding) {
        if let code = ending.code { close(code: code, reason: ending.reason) } else { abort() }
    }
}
