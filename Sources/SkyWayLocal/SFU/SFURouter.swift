// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes

/// The SFU as its API shows it: transports, producers and consumers with their ids and parameters.
///
/// It decides (negotiation, ids, MIDs and SSRCs, what ends with what); a ``MediaEngine`` carries it out.
actor SFURouter {
    /// What the router can take; the same for all channels.
    nonisolated let capabilities: RTPCapabilities
    let engine: any MediaEngine
    var transports: [String: SFUTransport] = [:]
    var producers: [String: SFUProducer] = [:]
    var consumers: [String: SFUConsumer] = [:]
    private let faults: LocalFaults
    private var owners: [TransportOwner: Opening] = [:]

    /// A transport that is being opened or is open.
    private struct Opening {
        let task: Task<SFUTransport, any Error>
        /// What it was opened for.
        let request: String
    }

    /// Makes a router.
    ///
    /// - Parameters:
    ///   - codecs: what it takes.
    ///   - engine: what moves its media.
    ///   - faults: what may go wrong on purpose.
    init(codecs: [RouterCodec], engine: any MediaEngine, faults: LocalFaults = LocalFaults(clock: .system)) {
        self.faults = faults
        capabilities = ORTC.routerCapabilities(codecs)
        self.engine = engine
    }

    /// The transport a member sends or receives on, made when there is none.
    ///
    /// Its options are told once, with the request that made it; the SDK makes a second transport of the same id
    /// when it gets them twice (protocol page §3.5 (5)). A repetition of that one request gets them again.
    ///
    /// - Parameters:
    ///   - owner: the member and the direction.
    ///   - request: what the transport is wanted for.
    ///   - opening: what is wanted of the transport.
    /// - Returns: the transport's id, and its options where they are to be told.
    /// - Throws: 500 when there is no way to open one.
    func transport(
        of owner: TransportOwner,
        for request: String,
        opening: TransportOpening
    ) async throws(SFUAPIError) -> (id: String, options: TransportOptions?) {
        let owner = faults.owner(owner, for: request, known: owners.mapValues(\.request))
        let task =
            owners[owner]?.task
            ?? Task { [engine, faults] in
                let id = Identifier.make()
                let options = try await engine.openTransport(id, options: opening)
                await faults.opened(id, of: owner)
                return SFUTransport(id: id, owner: owner, options: options, announcedFor: request)
            }
        if owners[owner] == nil { owners[owner] = Opening(task: task, request: request) }
        do {
            let opened = try await task.value
            if transports[opened.id] == nil, owners[owner]?.task == task { transports[opened.id] = opened }
            return (opened.id, opened.announcedFor == request ? opened.options : nil)
        } catch {
            if owners[owner]?.task == task { owners[owner] = nil }
            throw SFUAPIError(.internalServerError, "No transport can be opened: \(error)")
        }
    }

    /// Whose a transport is.
    func owner(of transportID: String) throws(SFUAPIError) -> TransportOwner {
        guard let transport = transports[transportID] else { throw .notFound("transport") }
        return transport.owner
    }

    /// Connects a transport; the same again succeeds, as the SDK repeats the call on any error (protocol page §7.5).
    func connect(_ transportID: String, remote: DTLSParameters) async throws(SFUAPIError) {
        guard let transport = transports[transportID] else { throw .notFound("transport") }
        if let connected = transport.remote {
            guard connected == remote else { throw .badRequest("The transport has been connected otherwise.") }
            return
        }
        guard let fingerprint = remote.fingerprints.first, fingerprint.isWellFormed else {
            throw .badRequest("The DTLS parameters have no usable fingerprint.")
        }
        transports[transportID]?.remote = remote
        do {
            try await engine.connectTransport(transportID, remote: remote)
        } catch {
            transports[transportID]?.remote = nil
            throw SFUAPIError(.internalServerError, "The transport cannot be connected: \(error)")
        }
    }

    /// Gives a transport new ICE credentials (protocol page §3.6).
    func restartICE(_ transportID: String) async throws(SFUAPIError) -> ICEParameters {
        guard transports[transportID] != nil else { throw .notFound("transport") }
        do {
            return try await engine.restartICE(ofTransport: transportID)
        } catch {
            throw SFUAPIError(.internalServerError, "The transport cannot be restarted: \(error)")
        }
    }

    /// Ends what channels have no use for any more.
    func end(_ ending: SFUEnding) async {
        switch ending {
        case .producer(let id): await endProducer(id)
        case .consumer(let id): await endConsumer(id)
        case .transports(let memberID):
            for (owner, opening) in owners where owner.memberID == memberID {
                guard let transport = try? await opening.task.value else { continue }
                await engine.closeTransport(transport.id)
                forget(transport.id)
            }
        }
    }

    /// Forgets a transport that has ended, and everything on it.
    ///
    /// - Returns: whose it was.
    @discardableResult
    func forget(_ transportID: String) -> TransportOwner? {
        guard let transport = transports.removeValue(forKey: transportID) else { return nil }
        owners[transport.owner] = nil
        faults.closed(transportID)
        let ended = producers.values.filter { $0.transportID == transportID }
        for producer in ended { producers[producer.id] = nil }
        for consumer in consumers.values
        where consumer.transportID == transportID || ended.contains(where: { $0.id == consumer.producerID }) {
            consumers[consumer.id] = nil
        }
        return transport.owner
    }
}

/// Whose transport it is, and which way its media go.
struct TransportOwner: Hashable, Sendable {
    /// Seen from the member.
    enum Direction: Hashable, Sendable {
        case sending
        case receiving
    }

    let memberID: String
    let direction: Direction
    /// Tells a member's transports of one direction apart; there is one, unless a fault made another.
    var ordinal = 0
}

/// A transport as the router sees it.
struct SFUTransport: Sendable {
    let id: String
    let owner: TransportOwner
    let options: TransportOptions
    /// The request its options are told to.
    let announcedFor: String
    /// What it has been connected to.
    var remote: DTLSParameters?
    /// The canonical name of its first producer, forced on the others (protocol page §7.4).
    var cname: String?
    /// The MID its next consumer gets.
    var nextMID = 0
}
