// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Logging
import RTC
import SkyWay

/// What the parts of a broadcast report, put into the machine's words.
extension Broadcast {
    /// The media of a session of the publisher reports.
    func receive(_ event: SessionEvent, from id: SessionID) async {
        guard let session, session.id == id else { return }
        tell(event, of: .publisher)
        switch event {
        case .connected(let profile):
            session.logger.info("Publisher connected", metadata: ["srtp.profile": "\(profile)"])
            apply(machine.publisherConnected())
        case .streamStarted:
            machine.mediaFlowed()
        case .closed(let reason):
            await lost(id, EndReason(publisher: reason), silence: session.silence)
        case .observed(let observation):
            let advice = StreamAdvice(observation, told: toldProfile(of: observation.track))
            guard self.session?.advised.insert("\(advice.message)").inserted == true else { return }
            session.logger.log(level: advice.level, advice.message, metadata: advice.metadata)
        case .layers(let report):
            await note(report, logger: session.logger)
        case .pictureSize(let size, _, let encoding):
            learnOfPicture { $0.found(size, of: encoding) }
        case .iceState, .selected, .portClosed, .relay, .keyFrameRequested, .congestion:
            break
        }
    }

    /// A way to the SFU reports.
    func receive(_ event: SessionEvent, from transport: String) {
        // One that is used no more has nothing to say.
        guard transports[transport] != nil else { return }
        tell(event, of: .sfu(transport))
        switch event {
        case .connected(let profile):
            logger.info("SFU connected", metadata: ["srtp.profile": "\(profile)"])
            apply(machine.transportConnected(transport))
        case .iceState(.connected): apply(machine.transportAnswers(transport))
        case .iceState(.disconnected), .iceState(.failed), .portClosed: apply(machine.transportSilent(transport))
        case .closed:
            let kinds = publications.filter { $0.value.transportID == transport }.keys
            apply(machine.transportClosed(transport, kinds: Set(kinds)))
        case .selected(let address): note(address.transport)
        case .relay(let news): note(news)
        case .congestion(let news):
            let advice = CongestionAdvice(news)
            logger.log(level: advice.level, advice.message, metadata: advice.metadata)
        case .iceState, .streamStarted, .keyFrameRequested, .observed, .layers, .pictureSize:
            break
        }
    }

    /// SkyWay reports.
    func receive(_ event: SkyWayLinkEvent) {
        switch event {
        case .interrupted:
            // Each attempt that fails tells it again.
            guard !isInterrupted else { return }
            isInterrupted = true
            logger.warning("SkyWay's RTC API is out of reach; media goes on")
            environment.recoveries.note(.begun, .connectionLost)
            note(.controlLost)
        case .resumed:
            logger.info("SkyWay's RTC API is back")
            if isInterrupted { environment.recoveries.note(.done, .connectionLost) }
            isInterrupted = false
            tell { $0.counters.reconnects += 1 }
            note(.controlBack)
        case .tokenRenewed(let life):
            logger.info("Token renewed", metadata: ["life": "\(life.components.seconds) s"])
            note(.tokenRenewed(life: life))
        case .tokenNotRenewed(let error):
            let metadata: Logger.Metadata = ["error": "\(error)", "advice": "\(error.advice)"]
            logger.warning("The token can't be renewed yet", metadata: metadata)
            note(.tokenNotRenewed("\(error)"))
        case .relayPublished(let kind): apply(machine.relayPublished(kind))
        case .subscriptionConfirmed(let kind, let id):
            logger.debug("Viewer let in", metadata: ["kind": "\(kind.rawValue)"])
            tellViewer(kind, subscription: id, isConfirmed: true)
        case .subscriptionNotConfirmed(let kind, let id):
            logger.warning("A viewer could not be let in", metadata: ["kind": "\(kind.rawValue)"])
            tellViewer(kind, subscription: id, isConfirmed: false)
        case .subscriptionEnded(let id): tellViewerLeft(subscription: id)
        case .metadataRead(let subject, let text): metadataRead(text, of: subject)
        case .metadataChanged(let subject, let text): metadataChanged(text, of: subject)
        case .memberRemoved: lost(.memberRemoved)
        case .botRemoved: lost(.botRemoved)
        case .publicationRemoved(let kind): lost(.publicationRemoved, [kind])
        case .relayRemoved(let kind): lost(.forwardingRemoved, [kind])
        case .channelDeleted: lost(.channelDeleted)
        case .ended(let error):
            environment.standing.refused(error)
            // Whoever stopped it says why: an attempt to open it that failed, or the end of the broadcast.
            if error.code != .stopped { apply(machine.end(.skyWayLost(error))) }
        }
    }

    /// Something of ours is gone from the room: these streams, or all.
    private func lost(_ reason: RecoveryReason, _ kinds: Set<MediaKind>? = nil) {
        guard machine.hasAnswered else {
            // Whoever waits for an answer is told at once.
            return apply(machine.end(.skyWayLost(SkyWayError(reason.code, .gateway))))
        }
        apply(machine.lost(reason, kinds: kinds ?? wantedKinds))
    }

    /// What viewers are told of a track's H264, which is what the router lists; nil while that is not known.
    private func toldProfile(of index: TrackIndex) -> H264ProfileLevel? {
        guard let capabilities, let tracks = session?.ingest?.tracks else { return nil }
        guard let track = tracks.first(where: { $0.index == index }) else { return nil }
        let codec = track.codec
        return codec.nearest(in: capabilities.mediaCodecs(codec.kind))?.h264ProfileLevel
    }
}

extension RecoveryReason {
    /// The loss as a failure, for a publisher that was not answered yet.
    fileprivate var code: SkyWayError.Code {
        switch self {
        case .memberRemoved: .memberNotFound
        case .publicationRemoved, .forwardingRemoved: .publicationNotFound
        case .channelDeleted: .channelDeleted
        case .connectionLost, .pathLost, .transportClosed, .botRemoved, .publishingFailed: .sfuFailure
        }
    }
}
