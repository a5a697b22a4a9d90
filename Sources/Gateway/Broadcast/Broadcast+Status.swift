// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import RTC
import RTCDriver
import SkyWay

/// What operators are told of a broadcast, once its first publisher has its answer.
extension Broadcast {
    /// Changes the report, and tells the board.
    func tell(_ edit: (inout BroadcastReport) -> Void) {
        edit(&report)
        if machine.hasAnswered { board.update(report, statistics) }
    }

    /// Tells of something that the report does not say.
    func note(_ happening: BroadcastEvent.Happening) {
        if machine.hasAnswered { board.note(happening, of: report) }
    }

    /// Tells where the broadcast stands.
    func announce() {
        guard let status = BroadcastStatus(machine.phase, after: report.status) else { return }
        tell { report in
            report.counters.count(status, after: report.status)
            report.status = status
            report.room = channel
            guard status == .waiting else { return }
            report.publisher.session = nil
            report.transports.removeAll { $0.side == .publisher }
        }
        learn { $0.state = status.name }
        guard let channel, status == .live || status == .waiting else { return }
        let message: Logger.Message = status == .live ? "Live" : "Waiting for the publisher to come back"
        (session?.logger ?? logger).info(message, metadata: ["skyway.channel": "\(channel.text)"])
    }

    // MARK: The publisher

    /// A session of the publisher is about to be answered.
    func tellSession(_ session: PublisherSession) {
        let isReturn = machine.hasAnswered
        tell { report in
            report.publisher = BroadcastReport.Publisher(session.request, session: session.id)
            report.transports.removeAll { $0.side == .publisher }
            report.transports.insert(BroadcastReport.Transport(side: .publisher), at: 0)
            if isReturn { report.counters.returns += 1 }
        }
        if isReturn { note(.publisherReturned(session: session.id.logText)) }
    }

    // MARK: Ways of media

    /// A way of media reports.
    func tell(_ event: SessionEvent, of side: BroadcastReport.Transport.Side) {
        tell { report in
            let known = report.transports.firstIndex { $0.side == side }
            var transport = known.map { report.transports[$0] } ?? BroadcastReport.Transport(side: side)
            switch event {
            case .selected(let address): transport.address = address
            case .iceState(let state): transport.ice = state
            case .connected: transport.dtls = .connected
            case .closed: transport.dtls = .closed
            default: return
            }
            if let known { report.transports[known] = transport } else { report.transports.append(transport) }
        }
        guard case .connected = event, side == .publisher, let session else { return }
        let address = report.transports.first { $0.side == .publisher }?.address
        note(.publisherConnected(session: session.id.logText, address: address.map { "\($0)" }))
    }

    /// Reads what the ways of media have done, for the report.
    func measure() async {
        var figures: [BroadcastReport.Transport.Side: BroadcastReport.Figures] = [:]
        if let media = session?.ingest?.media {
            figures[.publisher] = await media.statistics.map { BroadcastReport.Figures(receiving: $0) }
        }
        for (id, transport) in transports {
            figures[.sfu(id)] = await transport.media.statistics.map { BroadcastReport.Figures(sending: $0) }
        }
        tell { report in
            for index in report.transports.indices {
                guard let known = figures[report.transports[index].side] else { continue }
                report.transports[index].figures = known
            }
        }
    }

    // MARK: SkyWay

    /// Reads what the link has in SkyWay.
    func lookAtLink() async {
        guard let link else { return }
        let member = await link.report
        tell { report in
            report.member = member
            report.transports.removeAll { transport in
                guard case .sfu(let id) = transport.side else { return false }
                return transports[id] == nil
            }
            report.publications = publications.values.sorted {
                $0.declared.kind == .audio && $1.declared.kind == .video
            }
            .map { publication in
                let kind = publication.declared.kind
                return BroadcastReport.Publication(
                    kind: kind,
                    codec: publication.declared.name,
                    producerID: publication.producerID,
                    subscriptions: viewers.values.count { $0 == kind },
                    layers: publication.layers(by: kind == .video ? layersFound : nil)
                )
            }
        }
    }

    /// A viewer was let in, or was not.
    func tellViewer(_ kind: MediaKind, subscription id: String, isConfirmed: Bool) {
        guard isConfirmed else {
            tell { $0.counters.refusedConfirmations += 1 }
            return note(.viewerRefused(kind, subscription: id))
        }
        viewers[id] = kind
        note(.viewerConfirmed(kind, subscription: id))
    }

    /// A viewer's subscription is gone.
    func tellViewerLeft(subscription id: String) {
        guard let kind = viewers.removeValue(forKey: id) else { return }
        note(.viewerLeft(kind, subscription: id))
    }

    // MARK: The end

    /// Takes the broadcast off the board, with what it has done.
    func tellEnd(_ reason: EndReason) async {
        guard machine.hasAnswered else { return board.note(.refused("\(reason)"), of: report) }
        await measure()
        await recordLast()
        tell { $0.status = .ended(reason) }
    }
}

extension BroadcastStatus {
    /// Where a broadcast stands in a phase; `nil` in phases that are no news.
    fileprivate init?(_ phase: BroadcastStateMachine.Phase, after former: BroadcastStatus) {
        switch phase {
        case .preparing, .connecting: self = .connecting
        case .live: self = .live
        case .waiting: self = .waiting
        case .recovering(let recovery):
            var since = Date.now.addingTimeInterval(-(ContinuousClock.now - recovery.since).inSeconds)
            if case .recovering(_, let told, _) = former { since = told }
            self = .recovering(recovery.reason, since: since, attempt: recovery.attempt)
        case .ending, .ended: return nil
        }
    }
}

extension Publication {
    /// What operators are told of its layers.
    ///
    /// - Parameter found: what was found of the publisher's; `nil` before anything was.
    /// - Returns: each, lowest quality first.
    fileprivate func layers(by found: LayerReport?) -> [BroadcastReport.Layer] {
        ORTC.encodingIDs(layers).enumerated().map { rank, id in
            guard let layer = found?.layers.first(where: { $0.rank == rank }) else {
                return BroadcastReport.Layer(id: id)
            }
            let isActive = found?.silent.contains(layer.encoding) == false
            return BroadcastReport.Layer(id: id, rid: layer.rid, size: layer.size, isActive: isActive)
        }
    }
}

extension BroadcastReport.Counters {
    /// Counts a recovery once, by what turns out to be its reason.
    fileprivate mutating func count(_ status: BroadcastStatus, after former: BroadcastStatus) {
        guard case .recovering(let reason, _, _) = status else { return }
        if case .recovering(let told, _, _) = former {
            recoveries[told] = recoveries[told].flatMap { $0 > 1 ? $0 - 1 : nil }
        }
        recoveries[reason, default: 0] += 1
    }
}

extension MediaSession {
    /// What it has done so far, or had when it ended.
    fileprivate var statistics: MediaSessionStatistics? {
        get async { (try? await statistics()) ?? lastStatistics }
    }
}

extension BroadcastReport.Figures {
    /// What came from a publisher.
    fileprivate init(receiving statistics: MediaSessionStatistics) {
        self.init(statistics)
        bytes = statistics.session.bytesReceived
        packets = statistics.session.packetsReceived
        lost = statistics.incoming.reduce(0) { $0 + $1.lost }
    }

    /// What went to the SFU.
    fileprivate init(sending statistics: MediaSessionStatistics) {
        self.init(statistics)
        bytes = statistics.session.bytesSent
        packets = statistics.session.packetsSent
        lost = statistics.outgoing.reduce(0) { $0 + $1.lost }
    }

    private init(_ statistics: MediaSessionStatistics) {
        roundTripTime = statistics.roundTripTime
        drops = statistics.session.drops.byName
    }
}
