// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Logging

/// What a link does by itself while it lasts: events, gaps, confirmations, the member's time.
extension SkyWayLink {
    func receive(_ event: RTCAPIClient.Event) async {
        switch event {
        case .interrupted: eventContinuation.yield(.interrupted)
        case .resumed: jobContinuation.yield(.resume)
        case .tokenRefused(let token): refused(token)
        case .channelEvent(let event):
            if case .memberRemoved(let id) = event.change { await bots.forget(id, of: event.channelID) }
            handle(machine.received(event))
        }
    }

    /// Does what the machine says.
    func handle(_ effects: SkyWayLinkStateMachine.Effects) {
        noteMember()
        for event in effects.events { eventContinuation.yield(event) }
        for confirmation in effects.confirmations { jobContinuation.yield(.confirm(confirmation)) }
        if let gap = effects.gap { jobContinuation.yield(.lookAtGap(gap)) }
        changes.wake()
    }

    // MARK: Events that are missing

    func lookAt(_ gap: ChannelEventBuffer<ChannelEvent>.Gap) async {
        var wait = Duration.seconds(1)
        while (try? await Task.sleep(for: wait)) != nil, let channelID = machine.channel?.id {
            switch machine.gapTimeout(gap) {
            case .nothing:
                return
            case .resubscribe(let offset):
                try? await api.subscribeChannelEvents(channelID: channelID, offset: offset)
                wait = .seconds(5)
            case .refetch:
                await refetch()
                return
            }
        }
    }

    private func refetch() async {
        guard let channelID = machine.channel?.id else { return }
        do {
            handle(machine.received(try await api.getChannel(id: channelID)))
        } catch let error as SkyWayError where error.code == .channelNotFound {
            channelLost(channelID)
        } catch {
            machine.doubt()
            logger.warning("Room could not be read again", metadata: ["error": "\(error)"])
        }
    }

    /// The server does not know a room, which may be another one than ours by now.
    private func channelLost(_ id: String) {
        if machine.channel?.id == id { handle(machine.channelLost()) }
    }

    /// The connection is back (protocol page §8.2): clock, events, and at once the member's time.
    func resume() async {
        returns += 1
        let number = returns
        await readServerTimeAnew()
        await resumeEvents(number)
        guard number == returns else { return }
        _ = await renewOnce()
        handle(machine.confirmAll())
        eventContinuation.yield(.resumed)
    }

    /// Asks for the events that were missed, until it is answered or there is another connection.
    private func resumeEvents(_ number: Int) async {
        var pauses = 0
        while number == returns, let channelID = machine.channel?.id, let version = machine.lastVersion {
            do {
                try await api.subscribeChannelEvents(channelID: channelID, offset: version)
                return
            } catch let error as SkyWayError where error.code == .channelNotFound {
                return channelLost(channelID)
            } catch {
                logger.debug("Events are not told again yet", metadata: ["error": "\(error)"])
                await refetch()
            }
            pauses += 1
            let pause = Backoff.growing(pauses, jitter: .random(in: 0..<1))
            guard (try? await Task.sleep(for: pause)) != nil else { return }
        }
    }

    // MARK: The member's time

    func renewMember() async {
        var wait = configuration.memberRenewal
        while (try? await Task.sleep(for: wait)) != nil {
            wait = await renewOnce() ? configuration.memberRenewal : min(.seconds(5), configuration.memberRenewal)
        }
    }

    /// Sets the member's time anew; false when it should be tried again soon.
    private func renewOnce() async -> Bool {
        guard machine.phase == .connected, let channelID = machine.channel?.id, let memberID = machine.memberID else {
            return true
        }
        await readServerTimeIfMissing()
        do {
            try await api.updateMemberTTL(channelID: channelID, memberID: memberID, ttl: expiry)
            return true
        } catch let error as SkyWayError where error.code == .memberNotFound {
            if machine.memberID == memberID { handle(.init(events: [machine.memberLost()])) }
            return true
        } catch {
            logger.debug("Member's time was not renewed", metadata: ["error": "\(error)"])
            return false
        }
    }

    // MARK: Viewers

    /// Waits between the attempts to let a viewer in, about 15 s together (protocol page §3.4).
    static let confirmationWaits: [Duration] = [
        .milliseconds(200), .milliseconds(500), .seconds(1), .seconds(1), .seconds(2), .seconds(2), .seconds(2),
        .seconds(2), .seconds(2), .seconds(2),
    ]

    func confirm(_ confirmation: SkyWayLinkStateMachine.Confirmation) async {
        for wait in Self.confirmationWaits {
            switch await attempt(confirmation) {
            case .done:
                eventContinuation.yield(
                    .subscriptionConfirmed(confirmation.kind, subscriptionID: confirmation.subscriptionID)
                )
                return
            case .refused:
                reportUnconfirmed(confirmation)
                return
            case .again:
                break
            }
            guard (try? await Task.sleep(for: wait)) != nil, machine.isWanted(confirmation) else { return }
        }
        reportUnconfirmed(confirmation)
    }

    private enum ConfirmationOutcome {
        case done
        case again
        case refused
    }

    private func attempt(_ confirmation: SkyWayLinkStateMachine.Confirmation) async -> ConfirmationOutcome {
        do {
            let isDone = try await authorized { token throws(SkyWayError) in
                try await sfu.confirmSubscription(
                    forwardingID: confirmation.forwardingID,
                    subscriptionID: confirmation.subscriptionID,
                    identifierKey: confirmation.identifierKey,
                    token: token
                )
            }
            return isDone ? .done : .again
        } catch {
            logger.debug("Subscription was not confirmed", metadata: ["error": "\(error)"])
            return error.retryability == .afterWaiting ? .again : .refused
        }
    }

    private func reportUnconfirmed(_ confirmation: SkyWayLinkStateMachine.Confirmation) {
        machine.notConfirmed(confirmation)
        eventContinuation.yield(
            .subscriptionNotConfirmed(confirmation.kind, subscriptionID: confirmation.subscriptionID)
        )
    }
}
