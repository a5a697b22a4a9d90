// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Logging
import RTC

/// How what was lost is made again (protocol page §8.2); when, and how often, is for the caller to say.
extension SkyWayLink {
    /// More than any way from nothing to all takes: a room that changes under our hands is left alone for a while.
    private static let mostSteps = 24
    /// How long what is given up is taken back for, since nobody needs it any more.
    private static let farewell = Duration.seconds(2)

    /// Makes what is missing of these and of what carries them, and keeps what is there.
    ///
    /// - Parameter publications: what is to be published.
    /// - Returns: what the router takes and where media goes.
    /// - Throws: `SkyWayError`; what was made until then stays, and the room is read before the next attempt.
    package func restore(_ publications: [SkyWayPublication]) async throws -> SkyWayForwardings {
        let kinds = publications.map(\.kind)
        var wasFound = false
        for _ in 0..<Self.mostSteps {
            try checkOpen()
            do {
                for kind in machine.publishedOtherwise(than: publications) { try await unpublish(kind) }
            } catch {
                machine.doubt()
                throw error
            }
            let step = machine.nextStep(towards: kinds)
            if step == .nothing, hasEvents {
                isOpened = true
                return try forwardings(of: kinds)
            }
            do {
                try await perform(step, publications)
            } catch let error as SkyWayError
                where error.code == .channelNotFound && step != .findChannel && !wasFound
            {
                wasFound = true
                handle(machine.channelLost())
            } catch let error as SkyWayError {
                machine.doubt()
                throw error
            }
        }
        throw SkyWayError(.serviceFailure, .gateway, detail: "the room changes all the time")
    }

    private func perform(_ step: SkyWayLinkStateMachine.Step, _ publications: [SkyWayPublication]) async throws {
        if step != .findChannel { try await subscribeEvents() }
        switch step {
        case .findChannel: try await findChannelAgain()
        case .readChannel:
            let channelID = try knownChannel().id
            handle(machine.received(try await api.getChannel(id: channelID)))
        case .chooseBot: try await ensureBot()
        case .join:
            // A member whose time was over too early may tell of a clock that has jumped.
            try await readServerTime()
            try await addMember()
        case .withdraw(let ids): try await withdraw(ids)
        case .publish(let kinds): try await publish(publications.filter { kinds.contains($0.kind) })
        case .forward(let kind): try await forward(kind)
        case .nothing: break
        }
    }

    private func findChannelAgain() async throws {
        machine.forgetChannel()
        let (snapshot, isSubscribed) = try await findChannel()
        hasEvents = isSubscribed
        handle(machine.received(snapshot))
    }

    /// Takes publications back that were given up.
    func withdraw(_ ids: [String]) async throws {
        let channelID = try knownChannel().id
        for id in ids {
            do {
                try await api.unpublishStream(channelID: channelID, publicationID: id)
            } catch let error as SkyWayError where error.code == .publicationNotFound {
                // It is gone, as it was to be.
            }
            machine.orphans.remove(id)
        }
    }

    /// Has a publication forwarded; one that the bot relays already is let go of first, since its key is not known.
    private func forward(_ kind: MediaKind) async throws {
        do {
            try await startForwarding(kind)
        } catch let error as SkyWayError where error.status == 400 || error.status == 409 {
            guard let relay = machine.relayID(kind), let botID = machine.botID else { throw error }
            try await stopForwarding(relay, botID: botID)
            try await startForwarding(kind)
        }
    }

    // MARK: Giving up

    /// Gives up what is of no use any more; what can't be taken back is left to SkyWay.
    ///
    /// - Parameters:
    ///   - depth: how much.
    ///   - lost: transports that have ended, with the forwardings that lead there.
    package func giveUp(_ depth: RecoveryDepth, transports lost: Set<String>) async {
        for id in lost {
            transports[id] = nil
            connectedTransports.remove(id)
        }
        endedTransports.formUnion(lost)
        let given = machine.giveUp(depth, transports: lost)
        noteMember()
        guard let channelID = machine.channel?.id else { return }
        let late = SkyWayError(.timeout, .gateway)
        try? await withTimeout(Self.farewell, error: late) { await self.takeBack(given, channelID) }
    }

    private func takeBack(_ given: SkyWayLinkStateMachine.GivenUp, _ channelID: String) async {
        if let botID = given.botID {
            for id in given.forwardingIDs { try? await stopForwarding(id, botID: botID) }
        }
        try? await withdraw(given.publicationIDs)
        if let id = given.memberID { try? await api.removeMember(channelID: channelID, memberID: id) }
    }

    private func stopForwarding(_ id: String, botID: String) async throws {
        try await authorized { token throws(SkyWayError) in
            try await sfu.stopForwarding(botID: botID, forwardingID: id, token: token)
        }
    }

    // MARK: The way to the SFU

    /// Has a transport take new ICE credentials; DTLS and all that is on it go on.
    ///
    /// - Parameter id: the transport.
    /// - Returns: the SFU's new credentials.
    /// - Throws: `SkyWayError`, with the status 404 where the transport is not there any more.
    package func restartICE(_ id: String) async throws -> SFUICEParameters {
        try await authorized { token throws(SkyWayError) in
            try await sfu.restartICE(transportID: id, token: token)
        }
    }
}
