// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Logging
package import RTC

/// What a link has the SFU do with its publications (protocol page §3.3).
extension SkyWayLink {
    /// How a transport took our certificate.
    package enum TransportConnection: Hashable, Sendable {
        case confirmed
        /// The answer was lost. It must not be asked again: ICE and DTLS will show (protocol page §7.5).
        case unconfirmed
    }

    /// Has the bot forward our publications, one after another: at once they might get two transports.
    package func startForwardings(_ kinds: [MediaKind]) async throws -> SkyWayForwardings {
        for kind in kinds { try await startForwarding(kind) }
        return try forwardings(of: kinds)
    }

    /// What the SFU has made for these.
    func forwardings(of kinds: [MediaKind]) throws -> SkyWayForwardings {
        var forwardings: [MediaKind: SkyWayForwardings.Forwarding] = [:]
        for kind in kinds {
            guard let forwarding = machine.forwarding(kind) else { continue }
            forwardings[kind] = .init(id: forwarding.forwardingId, transportID: forwarding.broadcasterTransportId)
        }
        guard let capabilities else {
            throw SkyWayError(.badResponse, .sfu, detail: "no router capabilities in the SFU's answers")
        }
        let ids = Set(forwardings.values.map(\.transportID))
        let used = ids.sorted().compactMap { transports[$0] }
        return SkyWayForwardings(
            capabilities: capabilities,
            forwardings: forwardings,
            encodings: machine.publications.mapValues(\.encodings),
            transports: used,
            published: Set(kinds.filter { machine.isRelayPublished($0) })
        )
    }

    func startForwarding(_ kind: MediaKind) async throws {
        guard let botID = machine.botID else { throw SkyWayError(.sfuFailure, .sfu, detail: "no bot in the room") }
        guard let publicationID = machine.publicationID(kind), let memberID = machine.memberID else {
            throw SkyWayError(.publicationNotFound, .gateway)
        }
        var request = SFUClient.ForwardingRequest(
            publicationId: publicationID,
            publisherId: memberID,
            contentType: kind.contentType,
            maxSubscribers: maximumSubscribers
        )
        request.forceTCP = configuration.forcesTCP
        let forwarding = try await authorized { token throws(SkyWayError) in
            try await sfu.startForwarding(
                botID: botID,
                publication: request,
                token: token,
                isRepeated: !isOpened
            )
        }
        capabilities = forwarding.rtpCapabilities ?? capabilities
        if let options = forwarding.broadcasterTransportOptions {
            transports[options.id] = options
            endedTransports.remove(options.id)
        }
        let transportID = forwarding.broadcasterTransportId
        guard transports[transportID] != nil else {
            if endedTransports.contains(transportID) { throw SkyWayError(.transportEnded, .sfu) }
            throw SkyWayError(.badResponse, .sfu, detail: "transport is neither new nor known")
        }
        // What it is of may have gone while it was made.
        guard machine.publicationID(kind) == publicationID else { return }
        handle(machine.forwarded(kind, forwarding))
    }

    /// What is wanted, as far as the token allows it.
    private var maximumSubscribers: Int {
        min(configuration.maximumSubscribers, tokens.token.subscribersLimit(for: request.channel) ?? .max)
    }

    /// Tells a transport our certificate, before ICE starts; a second time does nothing.
    package func connectTransport(
        _ id: String,
        fingerprint: SFUDTLSParameters.Fingerprint
    ) async throws -> TransportConnection {
        guard connectedTransports.insert(id).inserted else { return .confirmed }
        let parameters = SFUDTLSParameters(clientFingerprint: fingerprint)
        do {
            try await authorized { token throws(SkyWayError) in
                try await sfu.connectTransport(id: id, dtlsParameters: parameters, token: token)
            }
            return .confirmed
        } catch {
            guard error.status == nil, error.code != .stopped else { throw error }
            logger.debug("Answer to connecting the transport was lost", metadata: ["error": "\(error)"])
            return .unconfirmed
        }
    }

    /// Declares a stream; the result is the producer's id.
    package func produce(_ kind: MediaKind, _ options: ProducerOptions) async throws -> String {
        guard let botID = machine.botID, let forwarding = machine.forwarding(kind) else {
            throw SkyWayError(.publicationNotFound, .sfu, detail: "the forwarding is gone")
        }
        return try await authorized { token throws(SkyWayError) in
            try await sfu.createProducer(
                botID: botID,
                forwardingID: forwarding.forwardingId,
                transportID: forwarding.broadcasterTransportId,
                producer: options,
                token: token,
                isRepeated: !isOpened
            )
        }
    }
}
