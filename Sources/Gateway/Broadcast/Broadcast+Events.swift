// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Logging
import RTC
import SkyWay

/// What the parts of a broadcast report, put into the machine's words.
extension Broadcast {
    func receive(publisher event: SessionEvent) {
        switch event {
        case .connected(let profile):
            logger.info("Publisher connected", metadata: ["srtp.profile": "\(profile)"])
            apply(machine.publisherConnected())
        case .closed(let reason):
            apply(machine.publisherClosed(reason))
        case .observed(let observation):
            let advice = StreamAdvice(observation, told: toldProfile(of: observation.track))
            guard advised.insert("\(advice.message)").inserted else { return }
            logger.log(level: advice.level, advice.message, metadata: advice.metadata)
        case .layers(let report):
            let news = LayerNews(report)
            logger.info(news.message, metadata: news.metadata)
        case .iceState, .selected, .streamStarted, .keyFrameRequested:
            break
        }
    }

    func receive(_ event: SessionEvent, from transport: String) {
        switch event {
        case .connected(let profile):
            logger.info("SFU connected", metadata: ["srtp.profile": "\(profile)"])
            apply(machine.transportConnected(transport))
        case .iceState(.failed), .closed:
            apply(machine.transportClosed(transport))
        case .iceState, .selected, .streamStarted, .keyFrameRequested, .observed, .layers:
            break
        }
    }

    func receive(_ event: SkyWayLinkEvent) {
        switch event {
        case .interrupted: logger.warning("SkyWay's RTC API is out of reach; media goes on")
        case .resumed: logger.info("SkyWay's RTC API is back")
        case .relayPublished(let kind): apply(machine.relayPublished(kind))
        case .subscriptionConfirmed(let kind, _):
            logger.debug("Viewer let in", metadata: ["kind": "\(kind.rawValue)"])
        case .subscriptionNotConfirmed(let kind, _):
            logger.warning("A viewer could not be let in", metadata: ["kind": "\(kind.rawValue)"])
        case .memberRemoved: lost(.memberNotFound)
        case .botRemoved: lost(.sfuFailure)
        case .publicationRemoved, .relayRemoved: lost(.publicationNotFound)
        case .channelDeleted: lost(.channelDeleted)
        case .ended(let error): apply(machine.end(.skyWayLost(error)))
        }
    }

    /// What viewers are told of a track's H264, which is what the router lists; nil while that is not known.
    private func toldProfile(of index: TrackIndex) -> H264ProfileLevel? {
        guard let capabilities, let track = ingest?.tracks.first(where: { $0.index == index }) else { return nil }
        let codec = track.codec
        return codec.nearest(in: capabilities.mediaCodecs(codec.kind))?.h264ProfileLevel
    }

    private func lost(_ code: SkyWayError.Code) {
        apply(machine.end(.skyWayLost(SkyWayError(code, .gateway))))
    }
}
