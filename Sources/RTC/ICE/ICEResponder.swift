// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Checks the requests of a peer and keeps the answers to them until they are sent.
///
/// One answer at most per request. Requests that are not authentic get theirs only while few came lately, and only
/// where the answer is no longer than the request, so that nobody can have others flooded by us.
struct ICEResponder: Sendable {
    private struct Answer {
        var transaction: STUNTransactionID
        var address: TransportAddress
        var error: STUNErrorCode?
        var unknownAttributes: [UInt16] = []
        /// Signs the answer; `nil` where the request was not authentic.
        var credentials: ICECredentials?
    }

    private static let maximumAnswers = 16
    private static let refusalsPerSecond = 10
    /// Header, ERROR-CODE with its longest phrase, FINGERPRINT.
    private static let refusalSize = 20 + 8 + 16 + 8

    var counters = ICECounters()
    var local: ICELocalCredentials
    private let rules: ICERules
    private var answers: [Answer] = []
    private var refusalWindow = MonotonicTime(nanoseconds: 0)
    private var refusals = 0

    init(local: ICECredentials, rules: ICERules) {
        self.local = ICELocalCredentials(local)
        self.rules = rules
    }

    /// Checks that a Binding request is complete and authentic, in mediasoup's order; refuses it otherwise.
    ///
    /// - Returns: the credentials that the request was made with.
    mutating func admit(
        _ message: STUNMessage,
        in datagram: RawSpan,
        from source: TransportAddress,
        at now: MonotonicTime
    ) throws(ICEDropReason) -> ICECredentials {
        guard answers.count < Self.maximumAnswers else { throw .tooManyRequests }
        let credentials: ICECredentials
        do {
            credentials = try check(message, in: datagram)
        } catch {
            let isForeign = error == .unknownUsername || error == .integrityMismatch
            let code = isForeign ? STUNErrorCode.unauthenticated : .badRequest
            turnAway(message, code, from: source, size: datagram.byteCount, at: now)
            throw error
        }
        guard message.unknownAttributes.isEmpty else {
            refuse(message, .unknownAttribute, from: source, credentials: credentials)
            throw .unknownAttribute
        }
        return credentials
    }

    /// Answers a request with success.
    mutating func accept(_ message: STUNMessage, from source: TransportAddress, credentials: ICECredentials) {
        counters.requestsAccepted += 1
        answers.append(Answer(transaction: message.transaction, address: source, credentials: credentials))
    }

    /// Answers an authentic request with an error.
    mutating func refuse(
        _ message: STUNMessage,
        _ error: STUNErrorCode,
        from source: TransportAddress,
        credentials: ICECredentials
    ) {
        counters.refusalsSent += 1
        answers.append(
            Answer(
                transaction: message.transaction,
                address: source,
                error: error,
                unknownAttributes: error == .unknownAttribute ? message.unknownAttributes : [],
                credentials: credentials
            )
        )
    }

    /// Writes the oldest answer that waits, and says where it goes.
    mutating func poll(into output: inout OutputRawSpan) -> TransportAddress? {
        guard !answers.isEmpty else { return nil }
        let answer = answers.removeFirst()
        let messageClass: STUNMessageClass = answer.error == nil ? .success : .error
        let writer = STUNWriter(messageClass, transaction: answer.transaction, into: &output)
        if let error = answer.error {
            writer.writeErrorCode(error, to: &output)
        } else {
            writer.writeXORMappedAddress(answer.address, to: &output)
        }
        if !answer.unknownAttributes.isEmpty {
            writer.writeUnknownAttributes(answer.unknownAttributes, to: &output)
        }
        if let credentials = answer.credentials {
            writer.writeIntegrity(password: credentials.password, to: &output)
        }
        writer.writeFingerprint(to: &output)
        return answer.address
    }

    private func check(_ message: STUNMessage, in datagram: RawSpan) throws(ICEDropReason) -> ICECredentials {
        guard message.hasFingerprint || !rules.requiresFingerprint else { throw .missingFingerprint }
        guard (message.priority ?? 0) > 0 || !rules.requiresPriority else { throw .missingPriority }
        guard message.username != nil, message.integrityOffset != nil else { throw .missingCredentials }
        switch local.check(message, in: datagram) {
        case .unknownUsername: throw .unknownUsername
        case .integrityMismatch: throw .integrityMismatch
        case .authentic(let credentials): return credentials
        }
    }

    /// Answers a request that is not authentic, within the bounds.
    private mutating func turnAway(
        _ message: STUNMessage,
        _ error: STUNErrorCode,
        from source: TransportAddress,
        size: Int,
        at now: MonotonicTime
    ) {
        if now - refusalWindow >= .seconds(1) {
            refusalWindow = now
            refusals = 0
        }
        guard refusals < Self.refusalsPerSecond, size >= Self.refusalSize else { return }
        refusals += 1
        counters.refusalsSent += 1
        answers.append(Answer(transaction: message.transaction, address: source, error: error))
    }
}
