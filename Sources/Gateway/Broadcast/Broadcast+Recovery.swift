// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Logging
import RTC
import RTCDriver
import SkyWay

/// How what SkyWay's side has lost is made again, step by step as `RecoveryStateMachine` says.
extension Broadcast {
    /// How long new ICE credentials are waited for: a connection that hangs is not worth more.
    private static let restartPatience = Duration.seconds(2)

    /// Sees to what is missing for as long as the broadcast lasts.
    func recover() async {
        while !Task.isCancelled, !isOver {
            let prompts = recoveryChanges.count
            switch machine.nextStep() {
            case .rest: await waitForPrompt(after: prompts, until: nil)
            case .wait(let moment): await waitForPrompt(after: prompts, until: moment)
            case .restartICE(let id): await restartICE(id)
            case .restore(let depth, let lost): await restore(depth, lost)
            case .end(let error): apply(machine.end(.skyWayLost(error)))
            }
            noteRecovery()
        }
    }

    /// Has the recovery look again at what is to be done.
    func promptRecovery() { recoveryChanges.wake() }

    /// Whether a failure on the way to the viewers is worth another attempt.
    var canRecover: Bool {
        machine.hasAnswered && !isOver && link != nil && capabilities != nil
    }

    private func waitForPrompt(after count: Int, until moment: ContinuousClock.Instant?) async {
        if let moment {
            try? await recoveryChanges.next(after: count, within: max(.zero, moment - .now))
        } else {
            try? await recoveryChanges.next(after: count)
        }
    }

    // MARK: Steps

    private func restore(_ depth: RecoveryDepth, _ lost: Set<String>) async {
        guard let link else { return }
        do {
            try await environment.pace.recover {
                await giveUp(depth, lost, through: link)
                try await reconcile(through: link)
            }
            await lookAtLink()
            apply(machine.restored())
        } catch let early as EndedEarly {
            apply(machine.failed(early.reason))
        } catch let error as SkyWayError {
            logger.debug("Not restored", metadata: ["error": "\(error)"])
            apply(machine.notRestored(error))
        } catch {
            // A media session that has ended says so itself, and whoever cancels wants an end.
            apply(machine.notRestored(SkyWayError(.unreachable, .gateway, detail: "\(error)")))
        }
    }

    private func giveUp(_ depth: RecoveryDepth, _ lost: Set<String>, through link: any SkyWayPublishing) async {
        guard depth > .missing || !lost.isEmpty else { return }
        // Noted first: viewers are told of the new relays by events that may come before the answer.
        for (kind, publication) in publications where depth > .missing || lost.contains(publication.transportID) {
            machine.publishing(kind)
        }
        machine.forgetTransports(lost)
        let transports = lost.compactMap { self.transports.removeValue(forKey: $0) }
        for transport in transports { await transport.media.close() }
        await link.giveUp(depth, transports: lost)
    }

    private func restartICE(_ id: String) async {
        guard let link, let transport = transports[id] else {
            return machine.notRestarted(id, SkyWayError(.sfuFailure, .gateway, status: 404))
        }
        do {
            let late = SkyWayError(.timeout, .sfu)
            let parameters = try await withTimeout(Self.restartPatience, error: late) { try await link.restartICE(id) }
            guard let credentials = parameters.credentials else {
                throw SkyWayError(.badResponse, .sfu, detail: "ICE credentials that can't be used")
            }
            try await transport.media.restartICE(remote: credentials)
            logger.debug("ICE restart towards the SFU", metadata: ["skyway.transport": "\(id)"])
            machine.restarted(id)
        } catch let error as SkyWayError {
            logger.debug("No ICE restart", metadata: ["error": "\(error)"])
            machine.notRestarted(id, error)
        } catch {
            // The session with the SFU has ended.
            machine.notRestarted(id, SkyWayError(.sfuFailure, .gateway, status: 404))
        }
    }

    // MARK: Telling

    /// Tells log and counters how the recovery that there is or was stands.
    func noteRecovery() {
        let recovery = machine.recovery
        guard recovery != toldRecovery else { return }
        defer { toldRecovery = recovery }
        if let told = toldRecovery, told.since != recovery?.since { noteEnd(of: told) }
        guard let recovery, !isOver else { return }
        if toldRecovery?.since != recovery.since {
            environment.recoveries.note(.begun, recovery.reason)
            logger.warning("Recovering", metadata: ["reason": "\(recovery.reason)"])
        } else {
            if let told = toldRecovery, told.reason != recovery.reason {
                environment.recoveries.move(from: told.reason, to: recovery.reason)
            }
            announce()
        }
    }

    private func noteEnd(of recovery: Recovery) {
        let tenths = (ContinuousClock.now - recovery.since) / .milliseconds(100)
        environment.recoveries.note(.done, recovery.reason)
        let metadata: Logger.Metadata = [
            "reason": "\(recovery.reason)", "seconds": "\(tenths.rounded() / 10)", "attempts": "\(recovery.attempt)",
        ]
        logger.info("Recovered", metadata: metadata)
    }
}
