// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Methods on channels (protocol page §2.3).
extension ControlPlane {
    /// The token is already checked; what is left is that it stays with the socket's application and within the plan.
    func acceptToken(of caller: RPCCaller) throws(RPCError) -> RPCResult.Nothing {
        guard !isUsedUp else { throw .usageLimitExceeded }
        guard connections[caller.connectionID]?.appID == caller.token.appID else {
            throw RPCError(401, "The token is for another application.", detail: 401_000)
        }
        return RPCResult.Nothing()
    }

    func createChannel(
        _ params: RPCParameters.NewChannel,
        _ caller: RPCCaller
    ) throws(RPCError) -> RPCResult.CreatedChannel {
        let channel = try makeChannel(params, caller)
        return RPCResult.CreatedChannel(
            channel: ChannelSummary(id: channel.id, version: channel.version, metadata: channel.metadata)
        )
    }

    func findOrCreateChannel(
        _ params: RPCParameters.NewChannel,
        _ caller: RPCCaller
    ) throws(RPCError) -> RPCResult.FoundChannel {
        guard let channel = namedChannel(params.name, appID: caller.token.appID) else {
            return RPCResult.FoundChannel(channel: ChannelDocument(try makeChannel(params, caller)))
        }
        try require(caller.token.allows(.readChannel, channel: channel.target))
        listen(caller.connectionID, to: channel, offset: nil)
        return RPCResult.FoundChannel(channel: ChannelDocument(channel))
    }

    func getChannel(_ params: RPCParameters.ChannelID, _ caller: RPCCaller) throws(RPCError) -> RPCResult.FoundChannel {
        RPCResult.FoundChannel(channel: ChannelDocument(try channel(params.id, for: .readChannel, caller)))
    }

    func getChannelByName(
        _ params: RPCParameters.ChannelName,
        _ caller: RPCCaller
    ) throws(RPCError) -> RPCResult.FoundChannel {
        guard let channel = namedChannel(params.name, appID: caller.token.appID) else { throw .channelNotFound }
        try require(caller.token.allows(.readChannel, channel: channel.target))
        return RPCResult.FoundChannel(channel: ChannelDocument(channel))
    }

    func deleteChannel(_ params: RPCParameters.ChannelID, _ caller: RPCCaller) throws(RPCError) -> RPCResult.Version {
        _ = try channel(params.id, for: .deleteChannel, caller)
        return RPCResult.Version(
            version: try version(of: params.id) { channel throws(ChannelError) in channel.delete() }
        )
    }

    func updateChannelMetadata(
        _ params: RPCParameters.ChannelMetadata,
        _ caller: RPCCaller
    ) throws(RPCError) -> RPCResult.Version {
        _ = try channel(params.id, for: .updateChannelMetadata, caller)
        return RPCResult.Version(
            version: try version(of: params.id) { channel throws(ChannelError) in
                channel.updateMetadata(params.metadata)
            }
        )
    }

    func subscribeChannelEvents(
        _ params: RPCParameters.EventSubscription,
        _ caller: RPCCaller
    ) throws(RPCError) -> RPCResult.Nothing {
        let channel = try channel(params.channelId, for: .readChannel, caller)
        listen(caller.connectionID, to: channel, offset: params.offset ?? 0)
        return RPCResult.Nothing()
    }

    private func namedChannel(_ name: String?, appID: String) -> Channel? {
        name.flatMap { channelIDs[ChannelName(appID: appID, name: $0)] }.flatMap { channels[$0] }
    }

    /// Creates a channel and lets its creator listen from the first event on (protocol page §2.6).
    private func makeChannel(_ params: RPCParameters.NewChannel, _ caller: RPCCaller) throws(RPCError) -> Channel {
        if let name = params.name, !Name.isValid(name) { throw .invalidParameters("The name is not allowed.") }
        try require(caller.token.allows(.createChannel, channel: ScopeTarget(name: params.name)))
        guard namedChannel(params.name, appID: caller.token.appID) == nil else { throw .channelNameTaken }
        guard channels.count < usage.channels else { throw .rateLimitExceeded("There are too many channels.") }
        let channel = Channel(
            id: Identifier.make(),
            appID: caller.token.appID,
            name: params.name,
            metadata: params.metadata,
            limits: limits
        )
        keep(channel)
        listen(caller.connectionID, to: channel, offset: 0)
        return channel
    }
}
