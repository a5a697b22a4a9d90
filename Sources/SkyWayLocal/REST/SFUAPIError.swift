// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes

/// An error of the SFU API: the SDK reads the status, people the message (protocol page §3.2).
struct SFUAPIError: Error, Hashable, Sendable {
    let status: HTTPResponse.Status
    let message: String
    /// The inner code, where the service has one.
    let code: Int?

    init(_ status: HTTPResponse.Status, _ message: String, code: Int? = nil) {
        self.status = status
        self.message = message
        self.code = code
    }

    /// The request does not fit.
    static func badRequest(_ message: String) -> SFUAPIError { SFUAPIError(.badRequest, message) }

    /// The token is missing or refused.
    static func unauthorized(_ message: String) -> SFUAPIError { SFUAPIError(.unauthorized, message) }

    /// The token does not allow it, or the publisher does not.
    static func forbidden(_ message: String) -> SFUAPIError { SFUAPIError(.forbidden, message) }

    /// There is no such thing.
    static func notFound(_ what: String) -> SFUAPIError { SFUAPIError(.notFound, "There is no such \(what).") }

    /// The token's scope does not cover it.
    static let insufficientPermissions = SFUAPIError(.forbidden, "The token does not allow this.", code: 403_000)

    /// A forwarding's key was not given (protocol page §9, 5).
    static let wrongIdentifierKey = badRequest("IdentifierKey is invalid")
}

extension SFUAPIError {
    /// The error a refused channel operation is answered with.
    init(_ error: ChannelError) {
        switch error {
        case .memberNotFound: self = .notFound("member")
        case .publicationNotFound: self = .notFound("publication")
        case .subscriptionNotFound: self = .notFound("subscription")
        case .alreadySubscribed, .memberNameTaken: self = .badRequest("The publication is forwarded already.")
        case .nestedTooMuch: self = .badRequest("A relay cannot be forwarded.")
        case .limitExceeded: self.init(.tooManyRequests, "The channel is full.")
        }
    }
}
