// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPKit
import SkyWay

/// What SkyWay says no with, and what follows from it here.
extension Doctor {
    /// A failure in words.
    static func text(_ error: any Error) -> String {
        guard let error = error as? SkyWayError else { return "\(error)" }
        let said = said(error.detail).map { ": \($0)" } ?? ""
        let status = error.status.map { " (status \($0))" } ?? ""
        return "\(text(error.code))\(status)\(said)"
    }

    private static func text(_ code: SkyWayError.Code) -> String {
        switch code {
        case .unreachable: "no connection"
        case .timeout: "no answer in time"
        case .tokenRefused: "the token is refused"
        case .scopeMissing: "the token does not allow this"
        case .channelNotFound: "the room is not there"
        case .channelDeleted: "the room was closed"
        case .memberNotFound: "the member is gone"
        case .publicationNotFound: "the publication is gone"
        case .memberNameTaken: "a member of this name is in the room"
        case .channelNameTaken: "a room of this name is there"
        case .limitReached: "the room is at its limit"
        case .rateLimited: "too many requests"
        case .usageLimitReached: "the plan is used up"
        case .sfuFailure: "the SFU fails"
        case .transportEnded: "the transport has ended"
        case .invalidRequest: "the request is refused"
        case .serviceFailure: "the RTC API fails"
        case .badResponse: "an unknown answer"
        case .stopped: "the connection ended"
        default: code.rawValue
        }
    }

    /// What the service said: the sentence of a JSON body, or a short text.
    private static func said(_ detail: String) -> String? {
        guard detail.hasPrefix("{") else { return detail.isEmpty ? nil : detail }
        guard case .object(let fields)? = try? JSONDecoder().decode(JSONValue.self, from: Data(detail.utf8)) else {
            return nil
        }
        for key in ["detail", "message", "error"] { if case .string(let text)? = fields[key] { return text } }
        return nil
    }

    /// What to do about a failure.
    static func advice(_ error: any Error, _ source: TokenSource) -> String {
        guard let error = error as? SkyWayError else { return "Try again, with a larger --timeout." }
        switch (error.code, source) {
        case (.tokenRefused, .secret) where error.service != .token:
            return """
                SKYWAY_APP_ID and SKYWAY_SECRET_KEY have to be those of one application: copy both anew from the SkyWay \
                console.
                """
        case (.tokenRefused, .server) where error.service != .tokenServer:
            return
                "The server at SKYWAY_TOKEN_URL signs with another secret key than the application has: correct it there."
        case (.tokenRefused, .fixed):
            return "SKYWAY_AUTH_TOKEN is not signed by its application, or has run out: make another one."
        default:
            return error.advice
        }
    }
}
