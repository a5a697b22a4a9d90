// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Bots and what they forward (protocol page §3.1, calls 1 to 4).
extension ControlPlane {
    /// Adds a bot to a channel.
    ///
    /// - Parameters:
    ///   - channelID: the channel.
    ///   - token: the caller's token.
    /// - Returns: the bot's member id.
    /// - Throws: what the call is refused with.
    func createBot(channelID: String, token: AuthToken) throws(SFUAPIError) -> String {
        guard let channel = channels[channelID], channel.appID == token.appID else { throw .notFound("channel") }
        try require(.createBot, in: channel, token)
        let id = Identifier.make()
        try apply(to: channelID) { channel throws(ChannelError) in try channel.add(.sfuBot, id: id) }
        return id
    }

    /// Removes a bot with everything it relays.
    func deleteBot(_ botID: String, token: AuthToken) throws(SFUAPIError) {
        let channel = try channel(ofBot: botID, token)
        try require(.deleteBot, in: channel, token)
        try apply(to: channel.id) { channel throws(ChannelError) in try channel.removeMember(botID) }
    }

    /// Decides whether a publication may be forwarded, before a transport is made for it.
    ///
    /// A repetition gets the forwarding that exists, as long as nothing is produced on it: the first answer may
    /// have been lost (protocol page §3.1, call 3 is retried).
    ///
    /// - Parameters:
    ///   - body: the request.
    ///   - botID: the bot.
    ///   - token: the caller's token.
    /// - Returns: the forwarding to make, or the one there is.
    /// - Throws: what the call is refused with.
    func planForwarding(
        _ body: SFUBodies.StartForwarding,
        botID: String,
        token: AuthToken
    ) throws(SFUAPIError) -> ForwardingPlan {
        let channel = try channel(ofBot: botID, token)
        let origin = try inChannel { () throws(ChannelError) in try channel.publication(body.publicationId) }
        let publisher = try inChannel { () throws(ChannelError) in try channel.member(origin.publisherID) }
        try require(.startForwarding, in: channel, token, member: publisher)
        guard publisher.id == body.publisherId else { throw .notFound("publication of that publisher") }
        guard origin.contentType != .data else { throw .badRequest("Data streams cannot be forwarded.") }
        guard body.contentType.lowercased() == origin.contentType.rawValue.lowercased() else {
            throw .badRequest("The contentType is not that of the publication.")
        }
        let existing = forwardings.values.first { $0.botID == botID && $0.originID == origin.id }
        if let existing, existing.producer != nil { throw .badRequest("The publication is forwarded already.") }
        let limit = token.maximumSubscribers(channel: channel.target) ?? SFUBodies.StartForwarding.subscriberLimit
        return ForwardingPlan(
            id: existing?.id ?? Identifier.make(),
            botID: botID,
            channelID: channel.id,
            originID: origin.id,
            publisherID: publisher.id,
            contentType: origin.contentType,
            maximumSubscribers: min(body.maximumSubscribers, limit)
        )
    }

    /// Starts a forwarding: the bot subscribes to the origin and publishes its relay.
    ///
    /// - Parameters:
    ///   - plan: what has been allowed.
    ///   - transportID: the transport the publisher will send on.
    /// - Returns: the forwarding.
    /// - Throws: what the call is refused with when the channel has changed meanwhile.
    func startForwarding(_ plan: ForwardingPlan, transportID: String) throws(SFUAPIError) -> Forwarding {
        if let existing = forwardings[plan.id], existing.transportID == transportID { return existing }
        let forwarding = Forwarding(plan, transportID: transportID)
        forwardings[plan.id] = forwarding
        do {
            try apply(to: plan.channelID) { channel throws(ChannelError) in
                try channel.relay(
                    plan.originID,
                    by: plan.botID,
                    relayID: plan.id,
                    subscriptionID: Identifier.make()
                )
            }
        } catch {
            forwardings[plan.id] = nil
            throw error
        }
        wakeForwardingListeners()
        return forwarding
    }

    /// Ends a forwarding: its relay is unpublished.
    func stopForwarding(_ id: String, botID: String, token: AuthToken) throws(SFUAPIError) {
        let forwarding = try forwarding(id, botID: botID, for: .stopForwarding, token: token)
        try apply(to: forwarding.channelID) { channel throws(ChannelError) in try channel.unpublish(id) }
    }

    /// A forwarding, if it exists and the caller may do something with it or its publisher.
    ///
    /// - Parameters:
    ///   - id: the forwarding.
    ///   - botID: its bot, where the call names one.
    ///   - permission: what is to be done.
    ///   - token: the caller's token.
    /// - Returns: the forwarding.
    /// - Throws: 404 or 403.
    func forwarding(
        _ id: String,
        botID: String?,
        for permission: Permission,
        token: AuthToken
    ) throws(SFUAPIError) -> Forwarding {
        guard let forwarding = forwardings[id], botID == nil || forwarding.botID == botID,
            let channel = channels[forwarding.channelID], channel.appID == token.appID
        else { throw .notFound("forwarding") }
        let publisher = try inChannel { () throws(ChannelError) in try channel.member(forwarding.publisherID) }
        try require(permission, in: channel, token, member: publisher)
        return forwarding
    }

    /// Checks that a token may act for the member that has a transport, in the transport's direction.
    func authorizeTransport(of owner: TransportOwner, token: AuthToken) throws(SFUAPIError) {
        for channel in channels.values where channel.appID == token.appID {
            guard let member = channel.members.first(where: { $0.id == owner.memberID }) else { continue }
            let permission: Permission = owner.direction == .sending ? .startForwarding : .subscribe
            return try require(permission, in: channel, token, member: member)
        }
        throw .notFound("transport")
    }

    /// Whether a member is in any channel of the server.
    func hasMember(_ id: String, channelID: String) -> Bool {
        channels[channelID]?.members.contains { $0.id == id } ?? false
    }

    private func channel(ofBot botID: String, _ token: AuthToken) throws(SFUAPIError) -> Channel {
        let channel = channels.values.first { channel in
            channel.appID == token.appID && channel.members.contains { $0.id == botID && $0.kind == .bot }
        }
        guard let channel else { throw .notFound("bot") }
        return channel
    }

    /// Refuses for want of permission.
    func require(
        _ permission: Permission,
        in channel: Channel,
        _ token: AuthToken,
        member: Member? = nil
    ) throws(SFUAPIError) {
        guard token.allows(permission, channel: channel.target, member: member?.target) else {
            throw .insufficientPermissions
        }
    }

    /// Changes a channel, with the refusal in the SFU API's words.
    func apply(
        to id: String,
        _ body: (inout Channel) throws(ChannelError) -> [ChannelEvent]
    ) throws(SFUAPIError) {
        do {
            try change(id, body)
        } catch {
            throw SFUAPIError(error)
        }
    }

    /// Looks something up in a channel, with the refusal in the SFU API's words.
    func inChannel<Value>(_ body: () throws(ChannelError) -> Value) throws(SFUAPIError) -> Value {
        do {
            return try body()
        } catch {
            throw SFUAPIError(error)
        }
    }
}
