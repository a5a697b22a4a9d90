// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit

/// One socket of the signaling service, from its opening to its end (protocol page §5.2).
struct SignalingSocket: Sendable {
    let controlPlane: ControlPlane
    let hub: SignalingHub
    let verifier: TokenVerifier
    let address: SignalingHub.Address
    let memberName: String?

    /// Serves a connection until it ends.
    func serve(_ connection: WebSocketConnection) async {
        let id = await hub.enter(address) { connection.send($0) }
        connection.send(JSONText.encode(SignalingMessage.open))
        for await message in connection.messages {
            guard case .text(let text) = message else { continue }
            guard text.utf8.count <= SignalingRequest.maximumBytes else {
                connection.close(code: WebSocketCloseCode.messageTooLarge)
                break
            }
            guard let request = try? JSONText.decode(SignalingRequest.self, from: text) else { continue }
            let refusal =
                text.utf16.count > SignalingRequest.maximumLength ? .payloadLengthExceeded : await take(request)
            // The acknowledgement is for the sender; what was relayed has its own way to the other member.
            connection.send(JSONText.encode(SignalingMessage.acknowledge(request.eventId, refusal: refusal)))
        }
        await hub.leave(address, id: id)
    }

    /// Does what a message asks for.
    ///
    /// - Returns: why it cannot be done.
    private func take(_ request: SignalingRequest) async -> SignalingMessage.Refusal? {
        switch request.event {
        case "checkConnectivity": nil
        case "updateSkyWayAuthToken": await update(request.payload?.token)
        case "sendRequestSignalingMessage": await relay(request, requestID: request.eventId)
        case "sendResponseSignalingMessage": await relay(request, requestID: request.payload?.requestEventId)
        default: .invalidPayload
        }
    }

    private func update(_ token: String?) async -> SignalingMessage.Refusal? {
        guard let token else { return .invalidPayload }
        return (try? await verifier.verify(token)) == nil ? .permissionError : nil
    }

    private func relay(_ request: SignalingRequest, requestID: String?) async -> SignalingMessage.Refusal? {
        guard let payload = request.payload, let destination = payload.dst, case .object = payload.data, let requestID
        else { return .invalidPayload }
        guard Identifier.isUUID(destination.id) else { return .parameterError }
        guard await controlPlane.hasMember(address.memberID, channelID: address.channelID) else {
            return .permissionError
        }
        guard await controlPlane.hasMember(destination.id, channelID: address.channelID) else {
            return .targetNotFound
        }
        let message = SignalingMessage(
            event: request.event,
            payload: SignalingMessage.Payload(
                src: SignalingMessage.Source(id: address.memberID, name: memberName),
                requestEventId: requestID,
                data: payload.data
            )
        )
        let target = SignalingHub.Address(channelID: address.channelID, memberID: destination.id)
        return await hub.relay(message, to: target) ? nil : .targetNotFound
    }
}
