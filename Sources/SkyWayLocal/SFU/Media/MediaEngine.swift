// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCDriver

/// Where the SFU's media travel: the boundary between what ``SFURouter`` decides and what moves packets.
///
/// Everything is named by the router's ids. A transport is ICE-lite, waits for its peer and starts DTLS only once it
/// is connected; closing one ends everything on it (protocol page §7).
protocol MediaEngine: Sendable {
    /// Transports that have ended by themselves: DTLS closed or failed.
    var closedTransports: AsyncStream<String> { get }

    /// What happens to transports between their opening and their end.
    var transportChanges: AsyncStream<TransportChange> { get }

    /// Opens a transport.
    ///
    /// - Parameters:
    ///   - id: its id.
    ///   - options: what is wanted of it.
    /// - Returns: what its client needs.
    /// - Throws: when no transport can be opened.
    func openTransport(_ id: String, options: TransportOpening) async throws -> TransportOptions

    /// Lets a transport start DTLS with its client: as server unless the client wants to be one.
    func connectTransport(_ id: String, remote: DTLSParameters) async throws

    /// Gives a transport new credentials; the old ones stay good until the first request with the new ones.
    func restartICE(ofTransport id: String) async throws -> ICEParameters

    /// Closes a transport and everything on it.
    func closeTransport(_ id: String) async

    /// Expects a stream.
    func startProducer(_ producer: ProducerStart) async throws

    /// Expects a stream no more.
    func stopProducer(_ id: String) async

    /// Sends a producer's stream on, from its next key frame, and asks for one.
    func startConsumer(_ consumer: ConsumerStart) async throws

    /// Sends at best another encoding of the same producer, from its next key frame.
    func selectEncoding(_ index: Int, ofConsumer id: String) async throws

    /// Stops sending.
    func stopConsumer(_ id: String) async

    /// What a transport has done so far; `nil` when there is none.
    func statistics(ofTransport id: String) async -> TransportStatistics?

    /// Lets things go wrong on a transport's way; `nil` ends that.
    func impair(_ transportID: String, _ impairment: Impairment?) async

    /// Closes everything.
    func shutdown() async
}

/// What is wanted of a transport.
struct TransportOpening: Hashable, Sendable {
    /// Whether only TCP candidates are wanted; they are where the engine has any.
    var forceTCP = false
    /// Whether it ends when nothing valid comes for half a minute, instead of waiting for its client to return.
    var endsInSilence = false

    /// The candidates that a client is told, of those that there are.
    func select(_ candidates: [ICECandidateEntry]) -> [ICECandidateEntry] {
        let streams = candidates.filter { $0.protocol == "tcp" }
        return forceTCP && !streams.isEmpty ? streams : candidates
    }
}

/// A stream to expect.
struct ProducerStart: Hashable, Sendable {
    let id: String
    let transportID: String
    let kind: RTPKind
    /// Validated, with the transport's canonical name.
    let parameters: RTPParameters
}

/// A stream to send.
struct ConsumerStart: Hashable, Sendable {
    let id: String
    let transportID: String
    let producerID: String
    let kind: RTPKind
    /// With exactly one encoding.
    let parameters: RTPParameters
    /// The consumer's payload type by the producer's; what is not in it is not sent.
    let payloadTypes: [UInt8: UInt8]
    /// The best of the producer's encodings to send.
    let encoding: Int
}

/// Something that has happened to a transport.
struct TransportChange: Sendable {
    let transportID: String
    let event: SessionEvent
}
