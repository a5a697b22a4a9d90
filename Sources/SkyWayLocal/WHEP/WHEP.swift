// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import HTTPTypes
import RTC
import RTCCrypto

/// Watching without SkyWay's SDK: an offer in, an answer out, and inside a member that subscribes, is confirmed by the
/// publisher and consumes like any other.
struct WHEP: Sendable {
    let controlPlane: ControlPlane
    let router: SFURouter
    /// How long a viewer waits for its confirmation and for producers.
    let patience: Duration
    /// How long a viewer that finds one kind of media waits for the other.
    let grace: Duration

    /// A session that has begun.
    struct Session: Sendable {
        let id: String
        /// The answer, as it is sent.
        let answer: String
    }

    /// Begins a session.
    ///
    /// - Parameters:
    ///   - channel: the channel's id, or its name.
    ///   - member: the publisher's id or name; the newest publisher where absent.
    ///   - offer: the viewer's offer.
    /// - Returns: the session.
    /// - Throws: what it is refused with; nothing is left of it then.
    func watch(_ channel: String, member: String?, offer: SDPOffer) async throws(SFUAPIError) -> Session {
        let kinds = Set(
            offer.description.tracks.filter(\.section.direction.receives).compactMap {
                RTPKind(rawValue: $0.kind.rawValue)
            }
        )
        let (channelID, relays) = try await controlPlane.relays(
            in: channel,
            of: member,
            kinds: kinds,
            patience: grace
        )
        let (viewer, subscriptions) = try await controlPlane.admitViewer(to: channelID, relays: relays)
        do {
            let consumables = try await consumables(of: subscriptions)
            let answer = try await answer(offer, to: viewer, consumables)
            return Session(id: viewer.sessionID, answer: answer)
        } catch {
            await controlPlane.removeViewer(viewer.sessionID)
            throw error
        }
    }

    /// Ends a session.
    ///
    /// - Returns: whether there was one.
    func end(_ sessionID: String) async -> Bool {
        await controlPlane.removeViewer(sessionID)
    }

    /// Waits for all subscriptions at once; what the publisher does not let through is left out.
    private func consumables(of subscriptions: [ViewerSubscription]) async throws(SFUAPIError) -> [Consumable] {
        let results = await withTaskGroup(of: Result<Consumable, SFUAPIError>.self) { group in
            for subscription in subscriptions {
                group.addTask { [controlPlane, patience] in
                    do throws(SFUAPIError) {
                        return .success(
                            try await controlPlane.waitForConsumable(
                                subscription.id,
                                forwardingID: subscription.relay.forwardingID,
                                patience: patience
                            )
                        )
                    } catch {
                        return .failure(error)
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        let consumables = results.compactMap { try? $0.get() }
        if consumables.isEmpty, case .failure(let error)? = results.first { throw error }
        return consumables
    }

    private func answer(
        _ offer: SDPOffer,
        to viewer: Viewer,
        _ consumables: [Consumable]
    ) async throws(SFUAPIError) -> String {
        let owner = TransportOwner(memberID: viewer.memberID, direction: .receiving)
        let (transportID, options) = try await router.transport(
            of: owner,
            for: viewer.sessionID,
            opening: TransportOpening(endsInSilence: true)
        )
        guard let local = options?.localTransport else {
            throw SFUAPIError(.internalServerError, "The transport cannot be described.")
        }
        var sources: [SDPSource] = []
        var producers: [UInt32: Consumable] = [:]
        for consumable in consumables {
            guard let producer = await router.producer(consumable.producerID), let source = SDPSource(producer) else {
                continue
            }
            sources.append(source)
            producers[source.ssrc] = consumable
        }
        let answer = try describe(sources, offer, local)
        try await router.connect(transportID, remote: DTLSParameters(answer.remote))
        for stream in answer.sendStreams {
            guard let consumable = producers[stream.ssrc] else { continue }
            let consumer = try await router.consume(
                consumable.producerID,
                on: transportID,
                as: RTPParameters(stream)
            )
            guard await controlPlane.occupy(consumable, consumerID: consumer.id) else {
                await router.end(.transports(memberID: viewer.memberID))
                throw .notFound("publisher any more")
            }
        }
        return answer.text
    }

    /// What is agreed on with viewers, as far as they offer it.
    private static var features: SDPMediaFeatures {
        var features = SDPMediaFeatures()
        features.usesNACK = true
        features.usesRetransmission = true
        features.usesReceiverReferenceTimes = true
        features.usesTransportWideFeedback = true
        return features
    }

    private func describe(
        _ sources: [SDPSource],
        _ offer: SDPOffer,
        _ local: SDPLocalTransport
    ) throws(SFUAPIError) -> SDPAnswer {
        do {
            return try SDPAnswer.sending(sources, to: offer, features: Self.features, local: local)
        } catch {
            throw SFUAPIError(error)
        }
    }
}

extension SFUAPIError {
    /// The refusal of an offer.
    init(_ error: SDPError) {
        self.init(error.isMalformed ? .badRequest : .unprocessableContent, error.message)
    }
}
