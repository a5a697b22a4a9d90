// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import HTTPKit
import HTTPTypes
import RTC
import SkyWay

extension Refusal {
    /// One row of the table of refusals.
    private struct Row {
        var status: HTTPResponse.Status
        var name: String
        var title: String
        var advice: String

        init(_ status: HTTPResponse.Status, _ name: String, _ title: String, _ advice: String) {
            self.status = status
            self.name = name
            self.title = title
            self.advice = advice
        }
    }

    /// The problem document: a stable type, a title and one sentence of advice (RFC 9457).
    package var problem: Problem {
        let row = row
        let problem = Problem(
            row.status,
            type: Self.typePrefix + row.name,
            title: row.title,
            detail: row.advice
        )
        return switch self {
        case .unauthorized(hadToken: false): problem.challenge()
        // RFC 6750 §3.1.
        case .unauthorized(hadToken: true), .keyExpired, .invalidToken: problem.challenge("invalid_token")
        case .channelNotAllowed: problem.challenge("insufficient_scope")
        case .tooManyRequests(let seconds): problem.header(.retryAfter, "\(seconds)")
        case .methodNotAllowed(let allowed): problem.header(.allow, allowed)
        case .unsupportedMediaType: problem.header(.acceptPost, MediaType.sdp)
        case .unsupportedPatchType: problem.header(.acceptPatch, MediaType.trickleICE)
        case .adminUnauthorized(let hadToken), .metricsUnauthorized(let hadToken):
            problem.challenge(hadToken ? "invalid_token" : nil, realm: Self.adminRealm)
        case .skyWayRefusesAll: problem.header(.retryAfter, "60")
        case .tooManyPublishers, .shuttingDown, .draining, .authorizationUnavailable, .keyInUse, .mediaUnreachable,
            .captureRunning:
            problem.header(.retryAfter, "5")
        case .skyWay(let error) where error.code == .rateLimited: problem.header(.retryAfter, "60")
        default: problem
        }
    }

    /// What the types of all problems begin with.
    static let typePrefix = "urn:skyway-whip-gateway:problem:"

    private static let adminRealm = "gateway administration"

    private var row: Row {
        switch self {
        case .bodyTooLarge:
            Row(
                .contentTooLarge,
                "body-too-large",
                "The body is too long",
                "Send at most 64 KiB; fewer codecs or candidates make it shorter."
            )
        case .unsupportedMediaType:
            Row(
                .unsupportedMediaType,
                "unsupported-media-type",
                "Not a session description",
                "Send the offer with the header Content-Type: application/sdp."
            )
        case .unsupportedPatchType:
            Row(
                .unsupportedMediaType,
                "unsupported-patch-type",
                "Not an SDP fragment",
                "Send candidates with the header Content-Type: application/trickle-ice-sdpfrag."
            )
        case .malformedFragment(let error):
            Row(.badRequest, "malformed-fragment", "The fragment can't be read", error.message)
        case .preconditionRequired:
            Row(
                .preconditionRequired,
                "precondition-required",
                "If-Match is missing",
                "Send If-Match with the last ETag of this session, or with * to restart ICE."
            )
        case .preconditionFailed:
            Row(
                .preconditionFailed,
                "precondition-failed",
                "The ICE session is another one by now",
                "Use the last ETag of this session, or restart ICE with new credentials and If-Match: *."
            )
        case .malformedOffer(let error):
            Row(.badRequest, "malformed-offer", "The offer can't be read", error.message)
        case .unacceptableOffer(let error):
            Row(.unprocessableContent, error.code.problemName, error.code.problemTitle, error.message)
        case .unauthorized:
            Row(
                .unauthorized,
                "unauthorized",
                "A stream key is needed",
                "Enter the stream key that you were given as the bearer token of your encoder."
            )
        case .keyExpired:
            Row(.unauthorized, "key-expired", "The stream key has expired", "Ask the operator for another stream key.")
        case .invalidToken(let flaw):
            Row(.unauthorized, "invalid-token", "The token can't be taken", flaw.advice)
        case .channelNotAllowed:
            Row(
                .forbidden,
                "channel-not-allowed",
                "The key is for another channel",
                "Publish to the channel that the key is for; plain /whip does so by itself."
            )
        case .refusedByHook(let detail):
            Row(
                .forbidden,
                "refused-by-hook",
                "The operator's service refused",
                detail ?? "Ask the operator why you may not publish."
            )
        case .authorizationUnavailable:
            Row(
                .serviceUnavailable,
                "authorization-unavailable",
                "Who may publish can't be found out",
                "Publish again later; the operator finds the reason in the gateway's log."
            )
        case .keyInUse:
            Row(
                .conflict,
                "key-in-use",
                "The key is in use",
                "End another session of this key, or publish again later."
            )
        case .tooManyRequests(let seconds):
            Row(
                .tooManyRequests,
                "too-many-requests",
                "Too many requests",
                "Publish again after \(seconds) s, as the header Retry-After says."
            )
        case .invalidChannel:
            Row(
                .notFound,
                "invalid-channel",
                "No room can have this name",
                "Use a room id, or a name of 1 to 128 letters, digits and -._%* that is not \"sessions\"."
            )
        case .channelNotConfigured:
            Row(
                .notFound,
                "channel-not-configured",
                "No channel is configured",
                "Publish to /whip/{channel} with the id or the name of a room, or start the gateway with --channel."
            )
        case .malformedMetadata(let flaw):
            Row(.badRequest, "malformed-metadata", "The metadata can't be taken", "The metadata \(flaw.reason).")
        case .metadataNotAllowed(let subject):
            Row(
                .forbidden,
                "metadata-not-allowed",
                "Publishers may not say this metadata",
                "Leave out the metadata of the \(subject.rawValue), which the operator keeps."
            )
        case .broadcastNotFound:
            Row(
                .notFound,
                "broadcast-not-found",
                "There is no such broadcast",
                "Use an id of GET /api/v1/broadcasts; those that ended long ago are forgotten."
            )
        case .malformedQuery(let detail): Row(.badRequest, "malformed-query", "The query can't be read", detail)
        case .captureRunning:
            Row(
                .conflict,
                "capture-running",
                "As many captures run as may",
                "Wait until one has ended: there is one of a broadcast, and two in all, at a time."
            )
        case .sessionNotFound:
            Row(
                .notFound,
                "session-not-found",
                "There is no such session",
                "The session has ended, or never was; publish again with a POST."
            )
        case .methodNotAllowed(let allowed):
            Row(
                .methodNotAllowed,
                "method-not-allowed",
                "The method is not supported here",
                "Use one of \(allowed)."
            )
        case .skyWay(let error):
            Row(error.code.status, error.code.problemName, error.code.problemTitle, error.advice)
        case .skyWayTooSlow:
            Row(
                .gatewayTimeout,
                "skyway-timeout",
                "SkyWay did not answer in time",
                "Check the network between the gateway and SkyWay, and publish again."
            )
        case .tooManyPublishers:
            Row(
                .serviceUnavailable,
                "too-many-publishers",
                "The gateway is full",
                "End another session, or publish again later."
            )
        case .shuttingDown:
            Row(
                .serviceUnavailable,
                "shutting-down",
                "The gateway is being shut down",
                "Publish again when it is back."
            )
        case .draining:
            Row(
                .serviceUnavailable,
                "draining",
                "The gateway is being drained",
                "Publish again after some seconds: another gateway may take you, or this one when it is back."
            )
        case .adminUnavailable:
            Row(
                .notFound,
                "admin-unavailable",
                "There is no administrative key",
                "Set GATEWAY_ADMIN_KEY and start the gateway again; SIGUSR1 and SIGUSR2 drain it without a key."
            )
        case .adminUnauthorized:
            Row(
                .unauthorized,
                "admin-unauthorized",
                "The administrative key is needed",
                "Send what GATEWAY_ADMIN_KEY says as bearer token."
            )
        case .metricsUnavailable:
            Row(
                .notFound,
                "metrics-unavailable",
                "There is no key for metrics",
                "Set GATEWAY_METRICS_KEY, or GATEWAY_ADMIN_KEY, and start the gateway again."
            )
        case .metricsUnauthorized:
            Row(
                .unauthorized,
                "metrics-unauthorized",
                "A key is needed to read metrics",
                "Send what GATEWAY_METRICS_KEY or GATEWAY_ADMIN_KEY says as bearer token."
            )
        case .skyWayRefusesAll(let error):
            Row(.serviceUnavailable, error.code.problemName, error.code.problemTitle, error.advice)
        case .malformedDrain(let detail):
            Row(.badRequest, "malformed-drain", "What to do while draining can't be read", detail)
        case .mediaUnavailable:
            Row(
                .serviceUnavailable,
                "media-unavailable",
                "The gateway can't open a media session",
                "Look at the gateway's log; it may be out of sockets or memory."
            )
        case .mediaUnreachable:
            Row(
                .serviceUnavailable,
                "media-unreachable",
                "The gateway knows no address for media",
                "Tell the operator that no host name in GATEWAY_ANNOUNCE is found at the moment, and publish again."
            )
        }
    }
}

extension Problem {
    /// Adds the challenge of a bearer token, with an error code only where there was one (RFC 6750 §3).
    fileprivate func challenge(_ error: String? = nil, realm: String? = nil) -> Problem {
        let scheme = realm.map { "Bearer realm=\"\($0)\"" } ?? "Bearer realm=\"whip\""
        return header(.wwwAuthenticate, scheme + (error.map { ", error=\"\($0)\"" } ?? ""))
    }
}
