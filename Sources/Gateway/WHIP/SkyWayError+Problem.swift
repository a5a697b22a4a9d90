// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import SkyWay

extension SkyWayError.Code {
    /// The status of its problem.
    var status: HTTPResponse.Status {
        switch self {
        case .timeout: .gatewayTimeout
        case .channelNotFound, .channelDeleted: .notFound
        case .memberNameTaken: .conflict
        case .rateLimited, .limitReached: .serviceUnavailable
        default: .badGateway
        }
    }

    /// What the type of its problem ends with.
    var problemName: String {
        switch self {
        case .unreachable: "skyway-unreachable"
        case .timeout: "skyway-timeout"
        case .tokenRefused: "skyway-token-refused"
        case .scopeMissing: "skyway-scope-missing"
        case .channelNotFound, .channelDeleted: "channel-not-found"
        case .memberNameTaken: "member-name-taken"
        case .channelNameTaken: "channel-name-taken"
        case .limitReached: "skyway-limit-reached"
        case .rateLimited: "skyway-rate-limited"
        case .usageLimitReached: "skyway-usage-limit-reached"
        case .sfuFailure, .transportEnded: "skyway-sfu-failure"
        case .memberNotFound, .publicationNotFound, .invalidRequest, .serviceFailure, .badResponse, .stopped:
            "skyway-failure"
        }
    }

    /// The title of its problem.
    var problemTitle: String {
        switch self {
        case .unreachable: "SkyWay can't be reached"
        case .timeout: "SkyWay did not answer in time"
        case .tokenRefused: "SkyWay refused the gateway's token"
        case .scopeMissing: "The gateway's token does not allow this"
        case .channelNotFound, .channelDeleted: "There is no such room"
        case .memberNameTaken: "Another member has this name"
        case .channelNameTaken: "Another room has this name"
        case .limitReached: "The room is full"
        case .rateLimited: "Too many requests to SkyWay"
        case .usageLimitReached: "The plan of the SkyWay project is used up"
        case .sfuFailure, .transportEnded: "SkyWay's SFU failed"
        case .memberNotFound, .publicationNotFound, .invalidRequest, .serviceFailure, .badResponse, .stopped:
            "SkyWay failed"
        }
    }
}
