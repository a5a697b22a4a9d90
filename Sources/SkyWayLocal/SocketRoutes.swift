// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import HTTPTypes
import Hummingbird

/// Decides which request to upgrade becomes which socket.
///
/// The sub-protocol carries the token and is echoed exactly; a browser fails the connection otherwise (protocol page
/// §0.1). A token that is refused is answered with 401 before the upgrade (protocol page §9, 7).
struct SocketRoutes: Sendable {
    let controlPlane: ControlPlane
    let hub: SignalingHub
    let verifier: TokenVerifier
    let refusesAnalytics: Bool
    let faults: LocalFaults

    /// What precedes the token in the sub-protocol of signaling and analytics.
    static let tokenPrefix = "SkyWayAuthToken!"

    /// Decides about one request.
    func decide(_ request: WebSocketUpgradeRequest) async -> WebSocketDecision {
        do {
            switch request.uri.path {
            case "/ws": return try await rtcAPI(request)
            case "/v1/ws": return try await signaling(request)
            case "/v2/client/ws": return try await analytics(request)
            default: return .pass
            }
        } catch {
            return .reject(Problem(error.status, detail: error.message))
        }
    }

    private func rtcAPI(_ request: WebSocketUpgradeRequest) async throws(SFUAPIError) -> WebSocketDecision {
        faults.count(.sockets)
        let refusal = faults.refusal()
        if case .answer(let problem) = refusal { return .reject(problem) }
        if case .drop = refusal { return .drop }
        let (subprotocol, token) = try await token(of: request, prefix: "")
        if case .close(let code) = refusal { return .accept(subprotocol: subprotocol) { $0.close(code: code) } }
        let socket = RPCSocket(
            controlPlane: controlPlane,
            verifier: verifier,
            appID: token.appID,
            contextID: request.query("contextId"),
            leavesWhenDisconnected: request.query("leaveWhenDisconnected") == "true",
            requestsPerSecond: await controlPlane.usage.requestsPerSecond,
            clock: controlPlane.clock,
            faults: faults
        )
        return .accept(subprotocol: subprotocol) { await socket.serve($0) }
    }

    private func signaling(_ request: WebSocketUpgradeRequest) async throws(SFUAPIError) -> WebSocketDecision {
        let (subprotocol, token) = try await token(of: request, prefix: Self.tokenPrefix)
        guard let channelID = request.query("channelId"), let memberID = request.query("memberId") else {
            throw .badRequest("channelId or memberId is missing.")
        }
        let member = try await controlPlane.signalingMember(memberID, channelID: channelID, token: token)
        let socket = SignalingSocket(
            controlPlane: controlPlane,
            hub: hub,
            verifier: verifier,
            address: SignalingHub.Address(channelID: channelID, memberID: memberID),
            memberName: member.name
        )
        return .accept(subprotocol: subprotocol) { await socket.serve($0) }
    }

    private func analytics(_ request: WebSocketUpgradeRequest) async throws(SFUAPIError) -> WebSocketDecision {
        let (subprotocol, token) = try await token(of: request, prefix: Self.tokenPrefix)
        let socket = AnalyticsSocket(refuses: refusesAnalytics || !token.isAnalyticsEnabled)
        return .accept(subprotocol: subprotocol) { await socket.serve($0) }
    }

    private func token(
        of request: WebSocketUpgradeRequest,
        prefix: String
    ) async throws(SFUAPIError) -> (subprotocol: String, AuthToken) {
        let offered = request.subprotocols
        guard offered.count == 1, let subprotocol = offered.first, subprotocol.hasPrefix(prefix) else {
            throw .unauthorized("The sub-protocol does not carry a token.")
        }
        do {
            return (subprotocol, try await verifier.verify(String(subprotocol.dropFirst(prefix.count))))
        } catch {
            throw .unauthorized("\(error)")
        }
    }
}

extension ControlPlane {
    /// A member that may use signaling.
    func signalingMember(_ id: String, channelID: String, token: AuthToken) throws(SFUAPIError) -> Member {
        guard let channel = channels[channelID], channel.appID == token.appID else { throw .notFound("channel") }
        let member = try inChannel { () throws(ChannelError) in try channel.member(id) }
        try require(.signal, in: channel, token, member: member)
        return member
    }
}
