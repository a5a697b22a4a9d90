// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit

/// Who asks: the token of the request and the socket it came by.
struct RPCCaller: Sendable {
    let token: AuthToken
    let connectionID: Int
}

extension ControlPlane {
    /// Answers a request, or repeats the answer it got before (protocol page §2.8).
    ///
    /// - Parameters:
    ///   - request: the request.
    ///   - text: the text it came as.
    ///   - caller: who asks.
    /// - Returns: the answer's text; nil for a notification.
    func answer(_ request: RPCRequest, text: String, caller: RPCCaller) -> String? {
        let context = memoryContext(of: request, caller)
        if let context, let answer = memory.answer(to: text, context: context) {
            // The socket that asked has gone, and this one does not know yet what it is to listen to.
            for (id, version) in answer.listening {
                if let channel = channels[id] { listen(caller.connectionID, to: channel, offset: version) }
            }
            return answer.text
        }
        let heard = connections[caller.connectionID]?.channels ?? []
        let outcome: Result<any Encodable & Sendable, RPCError>
        var isRemembered = false
        do {
            let call = try request.call.get()
            outcome = .success(try perform(call, for: caller))
            isRemembered = call.changesState
        } catch {
            outcome = .failure(error)
        }
        guard let id = request.id else { return nil }
        let answer = JSONText.encode(RPCResponse(id: id, outcome))
        if let context, isRemembered {
            let begun = (connections[caller.connectionID]?.channels ?? []).subtracting(heard)
            let listening = Dictionary(uniqueKeysWithValues: begun.map { ($0, channels[$0]?.version ?? 0) })
            memory.remember(.init(text: answer, listening: listening), to: text, context: context)
        }
        return answer
    }

    /// Within what a repetition is known again: the context, or the token where there is none.
    ///
    /// The SDK names its context since 2.4.5; before that its ids alone tell its requests apart, as UUIDs do. Clients
    /// that count theirs are not remembered.
    private func memoryContext(of request: RPCRequest, _ caller: RPCCaller) -> String? {
        if let context = connections[caller.connectionID]?.contextID { return context }
        guard case .string(let id) = request.id, Identifier.isUUID(id) else { return nil }
        return caller.token.id
    }

    private func perform(_ call: RPCCall, for caller: RPCCaller) throws(RPCError) -> any Encodable & Sendable {
        switch call {
        case .getServerUnixtime: RPCResult.Time(unixtime: clock.unixMilliseconds)
        case .updateAuthToken: try acceptToken(of: caller)
        case .createChannel(let params): try createChannel(params, caller)
        case .findOrCreateChannel(let params): try findOrCreateChannel(params, caller)
        case .getChannel(let params): try getChannel(params, caller)
        case .getChannelByName(let params): try getChannelByName(params, caller)
        case .deleteChannel(let params): try deleteChannel(params, caller)
        case .updateChannelMetadata(let params): try updateChannelMetadata(params, caller)
        case .addMember(let params): try addMember(params, caller)
        case .updateMemberTtl(let params): try updateMemberTtl(params, caller)
        case .updateMemberMetadata(let params): try updateMemberMetadata(params, caller)
        case .removeMember(let params): try removeMember(params, caller)
        case .publishStream(let params): try publishStream(params, caller)
        case .unpublishStream(let params): try unpublishStream(params, caller)
        case .enablePublication(let params): try setEnabled(true, params, caller)
        case .disablePublication(let params): try setEnabled(false, params, caller)
        case .updatePublicationMetadata(let params): try updatePublicationMetadata(params, caller)
        case .subscribeStream(let params): try subscribeStream(params, caller)
        case .unsubscribeStream(let params): try unsubscribeStream(params, caller)
        case .subscribeChannelEvents(let params): try subscribeChannelEvents(params, caller)
        }
    }

    /// A channel, if it exists and the caller may do something in it.
    func channel(
        _ id: String,
        for permission: Permission,
        member memberID: String? = nil,
        _ caller: RPCCaller
    ) throws(RPCError) -> Channel {
        let channel = try channel(id, appID: caller.token.appID)
        guard let memberID else {
            try require(caller.token.allows(permission, channel: channel.target))
            return channel
        }
        let member = try found { () throws(ChannelError) in try channel.member(memberID) }
        try require(caller.token.allows(permission, channel: channel.target, member: member.target))
        return channel
    }

    /// Refuses for want of permission.
    func require(_ isAllowed: Bool) throws(RPCError) {
        guard isAllowed else { throw .insufficientPermissions }
    }

    /// Turns a channel's refusal into the API's.
    @discardableResult
    func found<Value>(_ body: () throws(ChannelError) -> Value) throws(RPCError) -> Value {
        do {
            return try body()
        } catch {
            throw RPCError(error)
        }
    }

    /// Changes a channel and answers with the version of the last event.
    func version(
        of id: String,
        after change: (inout Channel) throws(ChannelError) -> [ChannelEvent]
    ) throws(RPCError) -> Int {
        let events = try found { () throws(ChannelError) in try self.change(id, change) }
        return events.last?.version ?? 0
    }
}
