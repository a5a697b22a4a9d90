// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import AsyncHTTPClient
import Foundation
package import Logging
import NIOCore
import NIOHTTP1
import RTCCrypto
package import SkyWay

/// Asks a service of the operator's whether somebody may publish, and tells it when that is over.
///
/// Requests are signed as Standard Webhooks has it (standardwebhooks.com): `webhook-id`, `webhook-timestamp` and
/// `webhook-signature`. A service that can't be asked lets nobody in.
package struct PublishHook: Sendable {
    /// Where the service is and how it is asked.
    package struct Configuration: Sendable {
        package var url: String
        /// What requests are signed with; `nil` for no signature.
        package var secret: Redacted<String>?
        /// Whether the bearer token goes with the question: where nobody else has judged it.
        package var sendsToken = false
        /// The limit of one attempt: a publisher waits for the answer.
        package var timeout = Duration.seconds(1)
        /// How often a question is put.
        package var attempts = 2
        /// How often an end is told.
        package var endAttempts = 3

        /// Makes a configuration of a service that is sent no signature.
        package init(url: String, secret: Redacted<String>? = nil) {
            self.url = url
            self.secret = secret
        }
    }

    private let configuration: Configuration
    private let client: HTTPClient
    private let logger: Logger
    private static let answerLimit = 64 * 1024

    /// Makes a hook.
    package init(
        _ configuration: Configuration,
        client: HTTPClient = SkyWayLink.Clients.sharedHTTP,
        logger: Logger
    ) {
        self.configuration = configuration
        self.client = client
        self.logger = logger
    }

    /// Makes the hook of a configuration, where it has one.
    static func make(
        _ configuration: GatewayConfiguration,
        _ authorizer: PublishAuthorizer,
        logger: Logger
    ) -> PublishHook? {
        configuration.hook.map { hook in
            var hook = hook
            hook.sendsToken = !authorizer.isNeeded
            return PublishHook(hook, logger: logger)
        }
    }

    // MARK: The question

    /// Asks whether somebody may publish.
    ///
    /// - Parameter request: who wants to publish what.
    /// - Returns: the request, with what the service grants put over it.
    /// - Throws: `Refusal`.
    package func asked(about request: PublishRequest) async throws(Refusal) -> PublishRequest {
        var request = request
        let id = SessionID.make().text
        request.question = id
        let question = PublishRequested(request, id: id, sendsToken: configuration.sendsToken)
        guard let response = await send("publish.requested", question, attempts: configuration.attempts) else {
            throw .authorizationUnavailable
        }
        switch response.status {
        case 200..<300: request.grant = try grant(response.body, over: request.grant)
        case 401: throw .unauthorized(hadToken: request.token != nil)
        case 429: throw .tooManyRequests(seconds: response.retryAfter ?? 5)
        default: throw .refusedByHook(response.detail)
        }
        request.channel = request.grant.channel ?? request.channel
        return request
    }

    private func grant(_ body: Data, over grant: PublishGrant) throws(Refusal) -> PublishGrant {
        guard !body.isEmpty else { return grant }
        do {
            let answer = try JSONDecoder().decode(HookAnswer.self, from: body)
            var grant = grant
            if let publisher = answer.publisher { grant.publisher = .named(publisher) }
            return try answer.grant.applied(to: grant)
        } catch {
            let reason = (error as? InvalidGrant)?.reason ?? "it is no JSON object of the known members"
            logger.warning("The hook's answer can't be used", metadata: ["reason": "\(reason)"])
            throw .authorizationUnavailable
        }
    }

    // MARK: What becomes of it

    /// Tells that a publisher goes on with what was granted to it before.
    ///
    /// - Parameters:
    ///   - origin: the request that it began with; nothing is told where nothing was asked.
    ///   - question: names the question about the request that goes on with it.
    func resumed(_ origin: PublishRequest, by question: String?) async {
        guard let id = origin.question else { return }
        let resumed = PublishResumed(id: id, resumedBy: question, channel: origin.channel?.text)
        _ = await send("publish.resumed", resumed, attempts: configuration.endAttempts)
    }

    /// Tells that what was asked for is over.
    ///
    /// - Parameters:
    ///   - end: what was asked for, and why it ended; nothing is told where nothing was asked.
    ///   - isShuttingDown: whether there is no time for a second attempt.
    package func ended(_ end: PublishEnded, isShuttingDown: Bool = false) async {
        guard end.id != nil else { return }
        _ = await send("publish.ended", end, attempts: isShuttingDown ? 1 : configuration.endAttempts)
    }

    // MARK: Sending

    /// Sends an event until there is an answer that is not a failure; `nil` where there is none.
    private func send(_ type: String, _ data: some Encodable & Sendable, attempts: Int) async -> HookResponse? {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        let event = HookEvent(type: type, timestamp: Date(), data: data)
        guard let body = try? encoder.encode(event) else { return nil }
        let id = "msg_" + SessionID.make().text
        for attempt in 1...attempts {
            do {
                let response = try await attemptSending(body, id: id)
                if response.isFinal { return response }
                log("answered \(response.status)", type, attempt)
            } catch {
                log("\(error)", type, attempt)
            }
            if attempt < attempts {
                guard (try? await Task.sleep(for: .milliseconds(100 * attempt * attempt))) != nil else { return nil }
            }
        }
        return nil
    }

    private func attemptSending(_ body: Data, id: String) async throws -> HookResponse {
        var request = HTTPClientRequest(url: configuration.url)
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/json")
        request.headers.add(name: "user-agent", value: "skyway-whip-gateway/\(GatewayVersion.text)")
        let time = Int(Date().timeIntervalSince1970)
        request.headers.add(name: "webhook-id", value: id)
        request.headers.add(name: "webhook-timestamp", value: "\(time)")
        if let secret = configuration.secret {
            let signature = HookSignature(secret).sign(id: id, time: time, body: body)
            request.headers.add(name: "webhook-signature", value: signature)
        }
        request.body = .bytes(ByteBuffer(bytes: body))
        let limit = TimeAmount(configuration.timeout)
        let response = try await client.execute(request, timeout: limit)
        let answer = try await response.body.collect(upTo: Self.answerLimit)
        return HookResponse(
            status: Int(response.status.code),
            retryAfter: response.headers.first(name: "retry-after").flatMap { Int($0) },
            body: Data(answer.readableBytesView)
        )
    }

    /// Reports without the address, which may hold a secret.
    private func log(_ failure: String, _ type: String, _ attempt: Int) {
        logger.warning(
            "The hook can't be asked",
            metadata: ["event": "\(type)", "attempt": "\(attempt)", "failure": "\(failure)"]
        )
    }
}
