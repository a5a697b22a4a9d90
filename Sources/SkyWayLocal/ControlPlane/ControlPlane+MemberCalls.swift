// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Methods on members (protocol page §2.3).
extension ControlPlane {
    func addMember(_ params: RPCParameters.AddMember, _ caller: RPCCaller) throws(RPCError) -> RPCResult.AddedMember {
        let channel = try channel(params.channelId, appID: caller.token.appID)
        try require(
            caller.token.allows(.join, channel: channel.target, member: ScopeTarget(name: params.name))
        )
        if let name = params.name, !Name.isValid(name) { throw .invalidParameters("The name is not allowed.") }
        // Bots come by the SFU API only.
        guard params.type.lowercased() == "person", params.subtype.utf8.count <= 128 else {
            throw .invalidParameters("Only persons can be added.")
        }
        let new = NewMember(
            name: params.name,
            subtype: params.subtype,
            metadata: params.metadata,
            expiresAt: params.ttlSec
        )
        let id = Identifier.make()
        if params.subscribeChannelEvents == true { listen(caller.connectionID, to: channel, offset: nil) }
        let version = try version(of: channel.id) { channel throws(ChannelError) in try channel.add(new, id: id) }
        if connections[caller.connectionID]?.leavesWhenDisconnected == true {
            connections[caller.connectionID]?.members.append((channel.id, id))
        }
        return RPCResult.AddedMember(memberId: id, version: version, memberName: params.name)
    }

    func updateMemberTtl(
        _ params: RPCParameters.MemberTimeToLive,
        _ caller: RPCCaller
    ) throws(RPCError) -> RPCResult.Version {
        let channel = try channel(params.channelId, for: .join, member: params.memberId, caller)
        try found { () throws(ChannelError) in
            try change(channel.id) { channel throws(ChannelError) in
                try channel.updateTimeToLive(of: params.memberId, expiresAt: params.ttlSec)
                return []
            }
        }
        return RPCResult.Version(version: channel.version)
    }

    func updateMemberMetadata(
        _ params: RPCParameters.MemberMetadata,
        _ caller: RPCCaller
    ) throws(RPCError) -> RPCResult.Version {
        _ = try channel(params.channelId, for: .updateMemberMetadata, member: params.memberId, caller)
        return RPCResult.Version(
            version: try version(of: params.channelId) { channel throws(ChannelError) in
                try channel.updateMetadata(params.metadata, ofMember: params.memberId)
            }
        )
    }

    func removeMember(_ params: RPCParameters.RemoveMember, _ caller: RPCCaller) throws(RPCError) -> RPCResult.Version {
        let channel = try channel(params.channelId, appID: caller.token.appID)
        let member = try found { () throws(ChannelError) in try channel.member(params.id) }
        // Whoever may make a bot may remove one: with version 3 there is no other way (protocol page §1.6).
        try require(
            caller.token.allows(.leave, channel: channel.target, member: member.target)
                || (member.kind == .bot && caller.token.allows(.createBot, channel: channel.target))
        )
        return RPCResult.Version(
            version: try version(of: channel.id) { channel throws(ChannelError) in
                try channel.removeMember(params.id)
            }
        )
    }
}
