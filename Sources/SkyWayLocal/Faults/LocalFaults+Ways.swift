// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPKit
import HTTPTypes

/// Where faults lie on the way of others, one function for each way.
extension LocalFaults {
    // MARK: The RTC API

    /// Decides about a request to open a socket; nil lets it through.
    func refusal() -> SocketRefusal? {
        guard let fault = decide({ $0.refusal(at: $1) }) else { return nil }
        if let code = fault.integer(.code) { return .close(UInt16(code)) }
        if fault.flag(.abrupt) { return .drop }
        let status = HTTPResponse.Status(code: fault.integer(.status) ?? 503)
        return .answer(Problem(status, detail: "This socket was to be refused."))
    }

    /// Answers a request, or does not.
    ///
    /// - Parameters:
    ///   - request: the request.
    ///   - connection: where a late answer is sent.
    ///   - work: does the request and gives its answer.
    /// - Returns: the answer to send now.
    func answer(
        _ request: RPCRequest,
        on connection: WebSocketConnection,
        work: @escaping @Sendable () async -> String?
    ) async -> String? {
        guard let method = request.method, let verdict = verdict(onCall: method) else { return await work() }
        switch verdict {
        case .fail(let failure):
            return request.id.map { JSONText.encode(RPCResponse(id: $0, .failure(failure.error))) }
        case .lose:
            _ = await work()
            return nil
        case .delay(let milliseconds):
            later(milliseconds, .long { if let answer = await work() { connection.send(answer) } })
            return nil
        }
    }

    /// Tells an event to those who listen.
    func tell(_ event: ToldEvent, to listeners: [EventListener]) {
        let (told, late) = decide { $0.tell(event, to: listeners, at: $1) }
        for event in told { event.tell() }
        if let late { later(late.after, .quick { late.event.tell() }) }
    }

    // MARK: Tokens

    /// Whether a token counts as expired.
    func isExpired(_ token: AuthToken) -> Bool { decide { $0.isExpired(token, at: $1) } }

    // MARK: The SFU API

    /// What becomes of a call; nil lets it through.
    func verdict(onCall name: String) -> CallVerdict? { decide { $0.call(name, at: $1) } }

    /// Carries a confirmation out, now or later; one that is late has been acknowledged before.
    func confirm(_ work: @escaping @Sendable () async throws(SFUAPIError) -> Void) async throws(SFUAPIError) {
        guard let delay = decide({ $0.confirmationDelay(at: $1) }) else { return try await work() }
        later(delay, .long { try? await work() })
    }

    /// The owner that a forwarding's transport is looked up by: another one where it is to get one of its own.
    ///
    /// - Parameters:
    ///   - owner: the member and the direction.
    ///   - request: the forwarding.
    ///   - known: the transports there are, by owner, with the requests they were made for.
    /// - Returns: the owner, or one that has no transport yet.
    func owner(_ owner: TransportOwner, for request: String, known: [TransportOwner: String]) -> TransportOwner {
        let own = known.filter { $0.key.memberID == owner.memberID && $0.key.direction == owner.direction }
        // A repetition gets the transport of the first time.
        if let again = own.first(where: { $0.value == request })?.key { return again }
        guard owner.direction == .sending, !own.isEmpty, decide({ $0.wantsAnotherTransport(at: $1) }) else {
            return owner
        }
        var another = owner
        another.ordinal = (own.keys.map(\.ordinal).max() ?? 0) + 1
        return another
    }
}

/// How a socket of the RTC API is refused.
enum SocketRefusal: Sendable {
    /// With an HTTP answer.
    case answer(Problem)
    /// It is opened, and closed at once.
    case close(UInt16)
    /// The connection ends without an answer.
    case drop
}

extension LocalFaults {
    /// The time of day as `Date` tells it while the clock is skewed; nil while it is not.
    var skewedDate: String? {
        let skew = skew
        guard skew != 0 else { return nil }
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(secondsFromGMT: 0)
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return formatter.string(from: Date(timeIntervalSince1970: Double(clock.unixMilliseconds + skew) / 1000))
    }
}
