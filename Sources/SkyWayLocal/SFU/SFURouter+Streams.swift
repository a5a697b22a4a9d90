// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes

/// A stream that comes in.
struct SFUProducer: Sendable {
    let id: String
    let transportID: String
    let kind: RTPKind
    let parameters: RTPParameters
    let mapping: ProducerMapping
    /// What can be given of it to anybody.
    let consumable: RTPParameters
}

/// A stream that goes out.
struct SFUConsumer: Sendable {
    let id: String
    let transportID: String
    let producerID: String
    let options: ConsumerOptions
}

extension SFURouter {
    /// Takes in a stream (protocol page §7.4).
    ///
    /// - Parameters:
    ///   - options: kind and parameters.
    ///   - transportID: the transport it will arrive on.
    /// - Returns: the producer's id.
    /// - Throws: 400 for parameters that do not fit, 404 for an unknown transport.
    func produce(_ options: ProducerOptions, on transportID: String) async throws(SFUAPIError) -> String {
        guard let transport = transports[transportID] else { throw .notFound("transport") }
        var parameters: RTPParameters
        let mapping: ProducerMapping
        do {
            parameters = try ORTC.validated(options.rtpParameters, kind: options.kind)
            try refuseCollision(of: parameters, on: transportID)
            mapping = try ORTC.mapping(
                of: parameters,
                router: capabilities,
                firstSSRC: UInt32.random(in: 100_000_000...900_000_000)
            )
            try refuseSimulcast(of: parameters)
        } catch {
            throw .badRequest("\(error)")
        }
        let cname = transport.cname ?? parameters.rtcp.cname ?? String(Identifier.make().prefix(8))
        transports[transportID]?.cname = cname
        parameters.rtcp.cname = cname
        let producer = SFUProducer(
            id: Identifier.make(),
            transportID: transportID,
            kind: options.kind,
            parameters: parameters,
            mapping: mapping,
            consumable: ORTC.consumable(parameters, kind: options.kind, router: capabilities, mapping: mapping)
        )
        producers[producer.id] = producer
        do {
            try await engine.startProducer(
                ProducerStart(id: producer.id, transportID: transportID, kind: producer.kind, parameters: parameters)
            )
        } catch {
            producers[producer.id] = nil
            throw SFUAPIError(.internalServerError, "The producer cannot be started: \(error)")
        }
        return producer.id
    }

    /// Sends a stream out.
    ///
    /// - Parameters:
    ///   - producerID: the stream.
    ///   - transportID: the transport it will leave by.
    ///   - capabilities: what its client takes.
    ///   - spatialLayer: the best encoding wanted; clamped, the highest where absent (protocol page §3.5 (3)).
    /// - Returns: what its client needs to know.
    /// - Throws: 400 when the client takes no codec of the producer, 404 for what is unknown.
    func consume(
        _ producerID: String,
        on transportID: String,
        capabilities: RTPCapabilities,
        spatialLayer: Int?
    ) async throws(SFUAPIError) -> ConsumerOptions {
        guard let transport = transports[transportID] else { throw .notFound("transport") }
        guard let producer = producers[producerID] else { throw .notFound("producer") }
        transports[transportID]?.nextMID = (transport.nextMID + 1) % 100_000_000
        let parameters: RTPParameters
        do {
            parameters = try ORTC.consumerParameters(
                of: producer.consumable,
                kind: producer.kind,
                capabilities: capabilities,
                ssrc: UInt32.random(in: 100_000_000...900_000_000),
                mid: "\(transport.nextMID)"
            )
        } catch {
            throw .badRequest("\(error)")
        }
        return try await start(parameters, of: producer, on: transportID, spatialLayer: spatialLayer)
    }

    /// Sends a stream out as its client has asked in its own words: with its payload type, MID and extension ids.
    ///
    /// - Parameters:
    ///   - producerID: the stream.
    ///   - transportID: the transport it will leave by.
    ///   - parameters: one codec, the producer's, and one encoding.
    /// - Returns: what its client needs to know.
    /// - Throws: 404 for what is unknown.
    func consume(
        _ producerID: String,
        on transportID: String,
        as parameters: RTPParameters
    ) async throws(SFUAPIError) -> ConsumerOptions {
        guard transports[transportID] != nil else { throw .notFound("transport") }
        guard let producer = producers[producerID] else { throw .notFound("producer") }
        return try await start(parameters, of: producer, on: transportID, spatialLayer: nil)
    }

    private func start(
        _ parameters: RTPParameters,
        of producer: SFUProducer,
        on transportID: String,
        spatialLayer: Int?
    ) async throws(SFUAPIError) -> ConsumerOptions {
        let options = ConsumerOptions(
            id: Identifier.make(),
            producerId: producer.id,
            kind: producer.kind,
            rtpParameters: parameters
        )
        consumers[options.id] = SFUConsumer(
            id: options.id,
            transportID: transportID,
            producerID: producer.id,
            options: options
        )
        do {
            try await engine.startConsumer(
                ConsumerStart(
                    id: options.id,
                    transportID: transportID,
                    producerID: producer.id,
                    kind: producer.kind,
                    parameters: parameters,
                    payloadTypes: producer.payloadTypes(towards: parameters),
                    encoding: producer.encoding(spatialLayer)
                )
            )
        } catch {
            consumers[options.id] = nil
            throw SFUAPIError(.internalServerError, "The consumer cannot be started: \(error)")
        }
        return options
    }

    /// Sends at best another encoding (protocol page §3.5 (7)).
    func selectLayer(_ spatialLayer: Int, ofConsumer id: String, transportID: String) async throws(SFUAPIError) {
        guard let consumer = consumers[id], consumer.transportID == transportID,
            let producer = producers[consumer.producerID]
        else { throw .notFound("consumer") }
        do {
            try await engine.selectEncoding(producer.encoding(spatialLayer), ofConsumer: id)
        } catch {
            throw SFUAPIError(.internalServerError, "The layer cannot be selected: \(error)")
        }
    }

    /// A producer, while there is one.
    func producer(_ id: String) -> SFUProducer? { producers[id] }

    /// What a consumer's client was told.
    func options(ofConsumer id: String) -> (options: ConsumerOptions, transportID: String)? {
        consumers[id].map { ($0.options, $0.transportID) }
    }

    /// Ends a producer and everything that consumes it.
    func endProducer(_ id: String) async {
        for consumer in consumers.values where consumer.producerID == id { await endConsumer(consumer.id) }
        guard producers.removeValue(forKey: id) != nil else { return }
        await engine.stopProducer(id)
    }

    /// Ends a consumer.
    func endConsumer(_ id: String) async {
        guard consumers.removeValue(forKey: id) != nil else { return }
        await engine.stopConsumer(id)
    }

    /// MIDs and SSRCs are unique on a transport, and RIDs where there is no MID (protocol page §7.4).
    private func refuseCollision(of parameters: RTPParameters, on transportID: String) throws(ORTCError) {
        let others = producers.values.filter { $0.transportID == transportID }.map(\.parameters)
        if let mid = parameters.mid, others.contains(where: { $0.mid == mid }) {
            throw .invalid("the mid \(mid) is used by another producer")
        }
        let used = Set(others.flatMap(\.ssrcs))
        guard used.isDisjoint(with: parameters.ssrcs) else { throw .invalid("an SSRC is used by another producer") }
        let rids = Set(others.filter { $0.mid == nil }.flatMap(\.encodings).compactMap(\.rid))
        guard parameters.mid != nil || rids.isDisjoint(with: parameters.encodings.compactMap(\.rid)) else {
            throw .invalid("a RID is used by another producer")
        }
    }

    /// Only VP8 and H264 come in several encodings (protocol page §7.4).
    private func refuseSimulcast(of parameters: RTPParameters) throws(ORTCError) {
        guard parameters.encodings.count > 1, let codec = parameters.codecs.first?.mimeType.lowercased() else { return }
        guard ["video/vp8", "video/h264"].contains(codec) else {
            throw .unsupported("\(codec) cannot be sent in several encodings")
        }
    }
}

extension SFUProducer {
    /// Which payload type its packets get on the way to a consumer: the router's, or the consumer's one of its own.
    func payloadTypes(towards consumer: RTPParameters) -> [UInt8: UInt8] {
        var result: [UInt8: UInt8] = [:]
        for codec in parameters.codecs where !codec.isRTX {
            let match = consumer.codecs.first { !$0.isRTX && ORTC.matches($0.identity, codec.identity) }
            if let match { result[codec.payloadType] = match.payloadType }
        }
        return result
    }

    /// The index of an encoding, held within those there are; the highest where none is asked for, as mediasoup has it.
    func encoding(_ spatialLayer: Int?) -> Int {
        min(max(0, spatialLayer ?? .max), parameters.encodings.count - 1)
    }
}

extension RTPParameters {
    /// All SSRCs it names.
    fileprivate var ssrcs: Set<UInt32> { Set(encodings.flatMap { [$0.ssrc, $0.rtx?.ssrc] }.compactMap(\.self)) }
}

extension DTLSParameters.Fingerprint {
    /// Whether algorithm and value can be a certificate's hash.
    var isWellFormed: Bool {
        let lengths = ["sha-1": 20, "sha-224": 28, "sha-256": 32, "sha-384": 48, "sha-512": 64]
        let bytes = value.split(separator: ":", omittingEmptySubsequences: false)
        return lengths[algorithm.lowercased()] == bytes.count
            && bytes.allSatisfy { $0.utf8.count == 2 && UInt8($0, radix: 16) != nil }
    }
}
