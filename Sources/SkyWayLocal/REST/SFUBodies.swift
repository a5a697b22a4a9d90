// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The request and response bodies of the SFU API (protocol page §3.1); unknown keys are ignored.
enum SFUBodies {
    /// Of `POST /bots`.
    struct CreateBot: Decodable {
        let appId: String
        let channelId: String
    }

    /// Of `POST /bots/{botId}/forwardings`.
    struct StartForwarding: Decodable {
        /// The most subscribers a forwarding may ask for (protocol page §3.8).
        static let subscriberLimit = 99
        /// How many it gets when it does not say.
        static let defaultSubscribers = 10

        let publicationId: String
        let maxSubscribers: Int?
        let contentType: String
        let publisherId: String
        let forceTCP: Bool?

        /// The number asked for, held within what is possible.
        var maximumSubscribers: Int { min(max(1, maxSubscribers ?? Self.defaultSubscribers), Self.subscriberLimit) }
    }

    /// Of `PUT …/transports/producers`.
    struct CreateProducer: Decodable {
        let transportId: String
        let producerOptions: ProducerOptions
    }

    /// Of `POST …/transports/consumers`.
    struct CreateConsumer: Decodable {
        let rtpCapabilities: RTPCapabilities
        let subscriptionId: String
        let subscriberId: String
        let spatialLayer: Int?
        let originPublicationId: String?
        let forceTCP: Bool?
    }

    /// Of `PUT /transports/connections`.
    struct Connect: Decodable {
        let transportId: String
        let dtlsParameters: DTLSParameters
    }

    /// Of `PUT /transports/connections/ice`, and what several calls answer.
    struct TransportID: Codable {
        let transportId: String
    }

    /// Of `PUT /transports/consumers/{consumerId}/layers`.
    struct ChangeLayer: Decodable {
        let transportId: String
        let spatialLayer: Int
        let publicationId: String?
    }

    /// Of `POST /confirm-subscription`.
    struct ConfirmSubscription: Decodable {
        let forwardingId: String
        let subscriptionId: String
        let identifierKey: String
    }

    /// An id alone.
    struct Identified: Encodable {
        let id: String
    }

    /// What a forwarding is answered with.
    struct StartedForwarding: Encodable {
        let forwardingId: String
        let broadcasterTransportId: String
        let identifierKey: String
        let rtpCapabilities: RTPCapabilities
        let broadcasterTransportOptions: TransportOptions?
    }

    /// What a producer is answered with.
    struct CreatedProducer: Encodable {
        let producerId: String
    }

    /// What router capabilities are answered with.
    struct Capabilities: Encodable {
        let rtpCapabilities: RTPCapabilities
    }

    /// What a consumer is answered with.
    struct CreatedConsumer: Encodable {
        let consumerOptions: ConsumerOptions
        let producerId: String
        let transportId: String
        let transportOptions: TransportOptions?
    }

    /// What an ICE restart is answered with.
    struct RestartedICE: Encodable {
        let iceParameters: ICEParameters
    }

    /// What a confirmation is answered with (protocol page §9, 5).
    struct Confirmed: Encodable {
        let message = "success"
        let operationId = Identifier.make()
    }

    /// What every error is answered with.
    struct Failure: Encodable {
        let message: String
        let code: Int?
    }
}

/// What a producer is made from; `appData` is ours to ignore.
struct ProducerOptions: Codable, Hashable, Sendable {
    let kind: RTPKind
    let rtpParameters: RTPParameters
}

/// What a consumer is on its client's side (protocol page §3.5 (4)).
struct ConsumerOptions: Codable, Hashable, Sendable {
    let id: String
    let producerId: String
    let kind: RTPKind
    let rtpParameters: RTPParameters
}
