// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes

/// The calls of the SFU API (protocol page §3.1) without their HTTP: channels, router and their order.
struct SFUAPI: Sendable {
    let controlPlane: ControlPlane
    let router: SFURouter
    let faults: LocalFaults
    /// How long call 7 waits for confirmation and producer (protocol page §9, 6).
    let patience: Duration

    /// Starts a forwarding (call 3).
    func startForwarding(
        _ body: SFUBodies.StartForwarding,
        botID: String,
        token: AuthToken
    ) async throws(SFUAPIError) -> SFUBodies.StartedForwarding {
        let plan = try await controlPlane.planForwarding(body, botID: botID, token: token)
        let owner = TransportOwner(memberID: plan.publisherID, direction: .sending)
        let (transportID, options) = try await router.transport(
            of: owner,
            for: plan.id,
            opening: TransportOpening(forceTCP: body.forceTCP ?? false)
        )
        guard await controlPlane.hasMember(plan.publisherID, channelID: plan.channelID) else {
            await router.end(.transports(memberID: plan.publisherID))
            throw .notFound("publisher")
        }
        let forwarding = try await controlPlane.startForwarding(plan, transportID: transportID)
        return SFUBodies.StartedForwarding(
            forwardingId: forwarding.id,
            broadcasterTransportId: transportID,
            identifierKey: forwarding.identifierKey,
            rtpCapabilities: router.capabilities,
            broadcasterTransportOptions: options
        )
    }

    /// Makes a producer (call 5); the same request again gets the same producer.
    func createProducer(
        _ body: SFUBodies.CreateProducer,
        botID: String,
        forwardingID: String,
        token: AuthToken
    ) async throws(SFUAPIError) -> SFUBodies.CreatedProducer {
        let forwarding = try await controlPlane.forwarding(
            forwardingID,
            botID: botID,
            for: .startForwarding,
            token: token
        )
        guard forwarding.transportID == body.transportId else { throw .notFound("transport of this forwarding") }
        guard body.producerOptions.kind.rawValue == forwarding.contentType.rawValue.lowercased() else {
            throw .badRequest("The kind is not that of the publication.")
        }
        if let producer = forwarding.producer {
            guard producer.request == body.producerOptions else { throw .badRequest("There is a producer already.") }
            return SFUBodies.CreatedProducer(producerId: producer.id)
        }
        let id = try await router.produce(body.producerOptions, on: body.transportId)
        let producer = Forwarding.Producer(id: id, request: body.producerOptions)
        guard await controlPlane.attach(producer, to: forwardingID) else {
            await router.endProducer(id)
            throw .notFound("forwarding any more")
        }
        return SFUBodies.CreatedProducer(producerId: id)
    }

    /// Makes a consumer (call 7); the same subscription again gets the same consumer.
    func createConsumer(
        _ body: SFUBodies.CreateConsumer,
        botID: String,
        forwardingID: String,
        token: AuthToken
    ) async throws(SFUAPIError) -> SFUBodies.CreatedConsumer {
        try await controlPlane.authorizeConsumer(body, forwardingID: forwardingID, botID: botID, token: token)
        let consumable = try await controlPlane.waitForConsumable(
            body.subscriptionId,
            forwardingID: forwardingID,
            patience: patience
        )
        let owner = TransportOwner(memberID: consumable.subscriberID, direction: .receiving)
        do {
            let (transportID, options) = try await router.transport(
                of: owner,
                for: consumable.subscriptionID,
                opening: TransportOpening(forceTCP: body.forceTCP ?? false)
            )
            let consumer = try await consumer(for: consumable, on: transportID, body)
            return SFUBodies.CreatedConsumer(
                consumerOptions: consumer,
                producerId: consumer.producerId,
                transportId: transportID,
                transportOptions: options
            )
        } catch {
            await controlPlane.release(consumable)
            throw error
        }
    }

    /// Checks that a transport is of a member that the token may act for (calls 8 to 10).
    func authorize(_ token: AuthToken, forTransport id: String) async throws(SFUAPIError) {
        try await controlPlane.authorizeTransport(of: try await router.owner(of: id), token: token)
    }

    private func consumer(
        for consumable: Consumable,
        on transportID: String,
        _ body: SFUBodies.CreateConsumer
    ) async throws(SFUAPIError) -> ConsumerOptions {
        if let id = consumable.consumerID, let existing = await router.options(ofConsumer: id),
            existing.transportID == transportID
        {
            return existing.options
        }
        let consumer = try await router.consume(
            consumable.producerID,
            on: transportID,
            capabilities: body.rtpCapabilities,
            spatialLayer: body.spatialLayer
        )
        guard await controlPlane.occupy(consumable, consumerID: consumer.id) else {
            await router.endConsumer(consumer.id)
            if await !controlPlane.hasMember(consumable.subscriberID, channelID: consumable.channelID) {
                await router.end(.transports(memberID: consumable.subscriberID))
            }
            throw .notFound("subscription any more")
        }
        return consumer
    }
}
