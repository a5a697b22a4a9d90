// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// A failure towards SkyWay, with what follows from it as data.
package struct SkyWayError: Error, Sendable {
    /// What went wrong, apart from where.
    package enum Code: String, Hashable, Sendable, CaseIterable {
        /// No connection to the service, or one that broke.
        case unreachable
        /// The service did not answer in time.
        case timeout
        /// The token is wrong, expired or not accepted.
        case tokenRefused
        /// The token is valid but does not allow this.
        case scopeMissing
        case channelNotFound
        case channelDeleted
        /// Our member is gone, or the one named never was.
        case memberNotFound
        case publicationNotFound
        /// Another member of the channel has our name.
        case memberNameTaken
        case channelNameTaken
        /// Members, publications or subscriptions of a room or member are at their limit.
        case limitReached
        /// Too many requests for now.
        case rateLimited
        /// The plan of the project is used up.
        case usageLimitReached
        /// The SFU failed or lost what we refer to.
        case sfuFailure
        /// The SFU wants media on a transport that has ended.
        case transportEnded
        /// The service says that our request is wrong.
        case invalidRequest
        /// The RTC API failed.
        case serviceFailure
        /// An answer that the protocol does not have.
        case badResponse
        /// Ended from our side.
        case stopped
    }

    /// Who said no.
    package enum Service: String, Hashable, Sendable {
        /// Tokens that are made or judged here; what is wrong is a sentence already.
        case token
        /// The user's server of tokens; the same.
        case tokenServer
        case rtcAPI
        case sfu
        case iceParameters
        case gateway
    }

    /// When a repetition makes sense.
    package enum Retryability: Hashable, Sendable {
        /// Someone has to change something first.
        case never
        /// It may pass by itself; wait before trying again.
        case afterWaiting
        /// The link has to be made anew, and that may succeed at once.
        case afterReconnecting
    }

    package var code: Code
    package var service: Service
    /// The HTTP status, where there was one.
    package var status: Int?
    /// What the service said, for the log; holds no token.
    package var detail: String

    package init(_ code: Code, _ service: Service, status: Int? = nil, detail: String = "") {
        self.code = code
        self.service = service
        self.status = status
        self.detail = detail
    }
}

extension SkyWayError: Hashable {
    /// Two failures are the same when their codes are.
    package static func == (left: SkyWayError, right: SkyWayError) -> Bool { left.code == right.code }

    package func hash(into hasher: inout Hasher) { hasher.combine(code) }
}

extension SkyWayError: CustomStringConvertible {
    package var description: String {
        let status = status.map { " (HTTP \($0))" } ?? ""
        return detail.isEmpty
            ? "\(service.rawValue): \(code.rawValue)\(status)"
            : "\(service.rawValue): \(code.rawValue)\(status): \(detail)"
    }
}

extension SkyWayError {
    /// Whether a call may have been done although it failed.
    var isUnsure: Bool {
        switch code {
        case .unreachable, .timeout, .badResponse: true
        case .serviceFailure, .sfuFailure: (status ?? 500) >= 500
        default: false
        }
    }

    package var retryability: Retryability {
        switch code {
        case .unreachable, .timeout, .rateLimited, .serviceFailure, .sfuFailure, .badResponse: .afterWaiting
        case .memberNotFound, .publicationNotFound, .transportEnded: .afterReconnecting
        case .tokenRefused, .scopeMissing, .channelNotFound, .channelDeleted, .memberNameTaken, .channelNameTaken,
            .limitReached, .usageLimitReached, .invalidRequest, .stopped:
            .never
        }
    }

    /// What the operator should do, in a sentence.
    package var advice: String {
        if service == .token || service == .tokenServer, !detail.isEmpty { return detail }
        return switch code {
        case .unreachable: "Check that this machine reaches \(service.hostHint)."
        case .timeout: "Check the network to \(service.hostHint), and try again."
        case .tokenRefused: "Check SKYWAY_APP_ID, SKYWAY_SECRET_KEY and the clock of this machine."
        case .scopeMissing: "Use a token whose scope allows this, or let the gateway make its own."
        case .channelNotFound: "Create the room first, or allow the gateway to create rooms."
        case .channelDeleted: "The room was closed; start again in a new one."
        case .memberNotFound: "The member was removed from the room; publish again."
        case .publicationNotFound: "The publication was removed; publish again."
        case .memberNameTaken: "Choose another member name, or wait until the old member's time is over."
        case .channelNameTaken: "Choose another room name."
        case .limitReached: "The room is full by SkyWay's limits; remove members or use another room."
        case .rateLimited: "Too many requests; wait a minute and try again."
        case .usageLimitReached: "The plan of this SkyWay project is used up; see the SkyWay console."
        case .sfuFailure: "The SFU failed; try again, and see SkyWay's status page if it stays so."
        case .transportEnded: "The SFU lost the connection; publish again."
        case .invalidRequest: "SkyWay refused the request; look at the log for its reason."
        case .serviceFailure: "SkyWay failed; try again, and see its status page if it stays so."
        case .badResponse: "SkyWay answered in an unknown way; look for a newer version of the gateway."
        case .stopped: "Nothing: it was ended here."
        }
    }
}

extension SkyWayError.Service {
    fileprivate var hostHint: String {
        switch self {
        case .rtcAPI: "SkyWay's RTC API (rtc-api.skyway.ntt.com unless configured otherwise)"
        case .sfu: "SkyWay's SFU API (sfu.skyway.ntt.com unless configured otherwise)"
        case .iceParameters: "SkyWay's ICE parameter server (ice-params.skyway.ntt.com unless configured otherwise)"
        case .tokenServer: "the token server (SKYWAY_TOKEN_URL)"
        case .token, .gateway: "SkyWay"
        }
    }
}
