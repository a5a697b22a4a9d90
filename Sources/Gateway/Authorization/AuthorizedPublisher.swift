// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPTypes
import Hummingbird
import RTC
import SkyWay

/// Who sent a request to publish, and what that may be.
struct AuthorizedPublisher: Sendable {
    var grant: PublishGrant
    /// The bearer token, or the stream key of the address.
    var token: BearerToken?
    /// The channel that the address names.
    var channel: ChannelReference?
    /// Where the request comes from.
    var address: String?
    /// The address of ours that the request came to, where no proxy is between.
    var reached: IPAddress?
}

extension PublishAuthorizer {
    /// Judges a request to publish by what can be known before its body is read.
    ///
    /// - Returns: who sent it.
    /// - Throws: `Refusal`.
    func authorize(
        _ request: Request,
        _ context: GatewayRequestContext
    ) async throws(Refusal) -> AuthorizedPublisher {
        let client = try rates.count(request, context)
        let channel = try channelName(of: context)
        let token = try token(of: request, context)
        let grant = try await grant(for: token, in: channel)
        try rates.count(grant.publisher)
        return AuthorizedPublisher(
            grant: grant,
            token: token,
            channel: channel,
            address: client.address.map { "\($0)" },
            reached: ClientAddress.reached(context, besides: rates.trustedProxies)
        )
    }

    /// The stream key of the path, for encoders with one field, or else the bearer token.
    private func token(of request: Request, _ context: GatewayRequestContext) throws(Refusal) -> BearerToken? {
        guard let key = context.parameters.get("key") else {
            return BearerToken(authorization: request.headers[.authorization])
        }
        guard let key = key.removingPercentEncoding else { throw .unauthorized(hadToken: true) }
        return BearerToken(key)
    }

    private func channelName(of context: GatewayRequestContext) throws(Refusal) -> ChannelReference? {
        guard let named = context.parameters.get("channel") else { return nil }
        guard let channel = named.removingPercentEncoding.flatMap({ ChannelReference($0) }) else {
            throw .invalidChannel
        }
        return channel
    }
}
