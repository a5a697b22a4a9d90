// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// An error of the RTC API, with the codes the SDK branches on (protocol page §2.7).
struct RPCError: Error, Hashable, Sendable, Encodable {
    /// What the SDK reads beside the code.
    struct Detail: Hashable, Sendable, Encodable {
        let code: Int
        let message: String
    }

    let code: Int
    let message: String
    let data: Detail?

    init(_ code: Int, _ message: String, detail: Int? = nil) {
        self.code = code
        self.message = message
        data = detail.map { Detail(code: $0, message: message) }
    }

    /// The text is not JSON (JSON-RPC 2.0 §5.1).
    static let unreadable = RPCError(-32700, "The message is not JSON.")
    /// The JSON is not a request.
    static let invalidRequest = RPCError(-32600, "The message is not a JSON-RPC 2.0 request.")
    /// The method does not exist.
    static let unknownMethod = RPCError(-32601, "There is no such method.")
    static let insufficientPermissions = RPCError(403, "The token does not allow this.", detail: 403_000)
    static let channelNotFound = RPCError(404, "There is no such channel.", detail: 404_000)
    static let channelNameTaken = RPCError(409, "A channel of that name exists.", detail: 409_000)

    /// The plan is used up: the SDK gives up its context (protocol page §2.7).
    static let usageLimitExceeded = RPCError(429, "The plan's usage limit is exceeded.", detail: 429_001)

    /// There is more than the service takes at a time.
    static func rateLimitExceeded(_ reason: String) -> RPCError { RPCError(429, reason, detail: 429_000) }

    /// Parameters are missing, of the wrong type or out of range.
    static func invalidParameters(_ reason: String) -> RPCError { RPCError(-32602, reason) }

    /// The token in the parameters is refused; the socket stays open (protocol page §9, 7).
    static func invalidToken(_ error: TokenError) -> RPCError { RPCError(401, "\(error)", detail: 401_000) }
}

extension RPCError {
    /// The error a refused channel operation is answered with.
    init(_ error: ChannelError) {
        switch error {
        case .memberNotFound: self.init(404, "There is no such member.", detail: 404_001)
        case .publicationNotFound: self.init(404, "There is no such publication.", detail: 404_002)
        case .subscriptionNotFound: self.init(404, "There is no such subscription.", detail: 404_003)
        case .memberNameTaken: self.init(409, "A member of that name is in the channel.", detail: 409_001)
        case .alreadySubscribed: self.init(409, "The member subscribes to it already.", detail: 409_002)
        case .nestedTooMuch: self.init(-32602, "A relay cannot be relayed.")
        case .limitExceeded(let limit): self.init(limit)
        }
    }

    private init(_ limit: ChannelLimits.Kind) {
        switch limit {
        case .members: self.init(403, "The channel is full.", detail: 403_001)
        case .publications: self.init(403, "The channel has too many publications.", detail: 403_002)
        case .subscriptions, .subscriptionsToPublication:
            self.init(403, "The channel has too many subscriptions.", detail: 403_003)
        case .publicationsOfMember: self.init(403, "The member has too many publications.", detail: 403_004)
        case .subscriptionsOfMember: self.init(403, "The member has too many subscriptions.", detail: 403_006)
        }
    }
}
