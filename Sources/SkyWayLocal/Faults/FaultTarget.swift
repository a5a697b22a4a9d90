// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTCDriver

/// What faults break.
struct FaultTarget: Sendable {
    let controlPlane: ControlPlane
    let router: SFURouter
    let engine: any MediaEngine

    /// Carries out a fault that is done at once.
    ///
    /// - Parameters:
    ///   - fault: the fault.
    ///   - transports: the transports it names.
    /// - Throws: when there is nothing of the kind.
    func carryOut(_ fault: Fault, transports: [FaultTransport]) async throws(FaultError) {
        switch fault.name {
        case .dropSockets:
            try await controlPlane.dropSockets(fault.integer(.connection), SocketEnding(fault))
        case .removeMember, .removeBot:
            let kind: Member.Kind = fault.name == .removeBot ? .bot : .person
            let named = fault.text(fault.name == .removeBot ? .bot : .member)
            try await controlPlane.removeMembers(kind, named: named, channel: fault.text(.channel))
        case .removeForwarding:
            try await controlPlane.unpublish(fault.text(.forwarding) ?? "", isForwarding: true)
        case .removePublication:
            try await controlPlane.unpublish(fault.text(.publication) ?? "", isForwarding: false)
        case .closeDTLS, .dropTransport:
            guard !transports.isEmpty else { throw .nothingThere("transport") }
            for transport in transports { await end(transport.id, isSilent: fault.name == .dropTransport) }
        default:
            preconditionFailure("\(fault.name) is not done at once")
        }
    }

    /// Ends a transport as if its SFU had: with `close_notify`, or without a word; later calls don't find it.
    private func end(_ id: String, isSilent: Bool) async {
        if isSilent {
            var silence = Impairment()
            silence.isSilent = true
            await engine.impair(id, silence)
        }
        await engine.closeTransport(id)
        if let owner = await router.forget(id) { await controlPlane.removeViewer(ofMember: owner.memberID) }
    }

    /// Lets things go wrong on a transport's way.
    func impair(_ transportID: String, _ impairment: Impairment?) async {
        await engine.impair(transportID, impairment)
    }

    /// Sets the limits, from what is ordinary.
    func setLimits(_ change: @Sendable (LocalLimits) -> LocalLimits) async {
        await controlPlane.setLimits(change)
    }

    /// A member's name, where it has one.
    func name(ofMember id: String) async -> String? { await controlPlane.name(ofMember: id) }
}

/// How a socket ends.
struct SocketEnding: Hashable, Sendable {
    /// The close code; nil ends the connection without a close frame.
    let code: UInt16?
    let reason: String

    /// As the fault says.
    init(_ fault: Fault) {
        code = fault.integer(.code).map { UInt16($0) }
        reason = fault.text(.reason) ?? ""
    }
}

extension ControlPlane {
    /// Ends one socket of the RTC API, or all.
    func dropSockets(_ id: Int?, _ ending: SocketEnding) throws(FaultError) {
        let dropped = connections.filter { id == nil || $0.key == id }
        if id != nil, dropped.isEmpty { throw .nothingThere("connection") }
        for connection in dropped.values { connection.end(ending) }
    }

    /// Removes members of a kind, by id or name; all of a channel where none is named.
    func removeMembers(_ kind: Member.Kind, named name: String?, channel: String?) throws(FaultError) {
        var found = 0
        for one in channels.values where channel.map({ $0 == one.id || $0 == one.name }) ?? true {
            let members = one.members.filter { member in
                member.kind == kind && (name.map { $0 == member.id || $0 == member.name } ?? true)
            }
            found += members.count
            for member in members {
                _ = try? change(one.id) { channel throws(ChannelError) in try channel.removeMember(member.id) }
            }
        }
        guard found > 0 else { throw .nothingThere(kind == .bot ? "bot" : "member") }
    }

    /// Takes a publication back, or a forwarding's relay.
    func unpublish(_ id: String, isForwarding: Bool) throws(FaultError) {
        let channel = channels.values.first { $0.publications.contains { $0.id == id } }
        guard let channel, !isForwarding || forwardings[id] != nil else {
            throw .nothingThere(isForwarding ? "forwarding" : "publication")
        }
        _ = try? change(channel.id) { channel throws(ChannelError) in try channel.unpublish(id) }
    }

    /// Sets the limits, those of all channels there are and to come among them, from what is ordinary.
    func setLimits(_ change: @Sendable (LocalLimits) -> LocalLimits) {
        let changed = change(ordinaryLimits)
        (limits, usage) = (changed.channel, changed.usage)
        for id in channels.keys { channels[id]?.limits = limits }
    }

    /// A member's name, where it has one.
    func name(ofMember id: String) -> String? {
        channels.values.lazy.flatMap(\.members).first { $0.id == id }?.name
    }
}
