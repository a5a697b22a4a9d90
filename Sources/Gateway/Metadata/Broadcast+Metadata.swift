// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import RTC
import SkyWay

/// How far the metadata in the room is behind what is wanted.
struct MetadataUpkeep {
    /// When the schedule is looked at next; `nil` where there is nothing to wait for.
    var timer: ContinuousClock.Instant?
    /// Whether a change is under way: one at a time.
    var isSending = false
    /// What is known of the picture of the present session.
    var picture = ForwardedPicture()
}

/// The picture that is forwarded, of one layer or of several.
struct ForwardedPicture {
    private var sizes: [EncodingIndex: PictureSize] = [:]
    private var forwarded: EncodingIndex?

    /// Knows nothing of a track.
    ///
    /// - Parameter layers: how many layers were offered.
    init(layers: Int = 1) {
        forwarded = layers == 1 ? EncodingIndex(0) : nil
    }

    /// The size; `nil` while it is not known.
    var size: PictureSize? { forwarded.flatMap { sizes[$0] } }

    /// A layer has a size, or another one.
    mutating func found(_ size: PictureSize, of encoding: EncodingIndex) { sizes[encoding] = size }

    /// Layers were found, or another one is forwarded.
    mutating func found(_ report: LayerReport) {
        forwarded = report.forwarded
        for layer in report.layers { sizes[layer.encoding] = layer.size ?? sizes[layer.encoding] }
    }
}

/// How what the room is told of a broadcast follows what happens to it.
extension Broadcast {
    // MARK: What is known

    /// The text that something has as it comes into the room, for the first time or again.
    func joiningMetadata(of subject: MetadataSubject) -> String? {
        let joining = metadata.join(subject, at: .now)
        tell(joining.news.map { [$0] } ?? [])
        return joining.text
    }

    /// Something else is known.
    func learn(_ change: (inout MetadataFacts) -> Void) {
        tell(metadata.learn(at: .now, change))
        pursueMetadata()
    }

    /// There is another session of the publisher, or its codecs are known now.
    func learnOfSession() {
        guard let session, let ingest = session.ingest else { return }
        let video = ingest.answer.receiveTracks.first { $0.kind == .video }
        metadataUpkeep.picture = ForwardedPicture(layers: video?.encodings.count ?? 1)
        learn { facts in
            facts.encoder = session.request.userAgent
            facts.key = session.request.publisher.metadataText
            facts.codecs = Dictionary(ingest.tracks.map { ($0.kind, $0.codec.name) }) { first, _ in first }
            // Else the former size counts until there is another.
            if video == nil { facts.size = nil }
        }
    }

    /// Something was found of the picture.
    func learnOfPicture(_ change: (inout ForwardedPicture) -> Void) {
        change(&metadataUpkeep.picture)
        guard let size = metadataUpkeep.picture.size else { return }
        learn { $0.size = size }
    }

    // MARK: What is said

    /// Another request of the publisher says what it says.
    func sayMetadata(of request: PublishRequest) {
        tell(
            metadata.say(at: .now) { sources in
                sources.publisher = request.metadata
                sources.grant = request.grant.metadata
            }
        )
        pursueMetadata()
    }

    /// The operator says something of this broadcast.
    ///
    /// - Parameters:
    ///   - subjects: what is to have the texts whatever others have made of it.
    ///   - change: what is said.
    /// - Returns: how the metadata stand now.
    /// - Throws: what can't be said; nothing is changed then.
    func sayMetadata(
        of subjects: Set<MetadataSubject>,
        _ change: @Sendable (inout MetadataTexts) throws(MetadataFlaw) -> Void
    ) throws(MetadataFlaw) -> MetadataReport {
        var texts = metadata.sources.admin
        try change(&texts)
        tell(metadata.say(at: .now, insisting: subjects) { $0.admin = texts })
        pursueMetadata()
        return metadata.report
    }

    // MARK: What the room has

    /// The room has a text, as we gave it, or as it was found.
    func metadataRead(_ text: String?, of subject: MetadataSubject) {
        let news = metadata.read(text, of: subject, at: .now)
        tell(news.map { [$0] } ?? [])
        pursueMetadata()
    }

    /// Somebody else has changed a text.
    func metadataChanged(_ text: String?, of subject: MetadataSubject) {
        tell([metadata.changed(text, of: subject)])
        note(.metadataChanged(subject, text))
    }

    private func tell(_ news: [BroadcastMetadata.News]) {
        for news in news {
            var details: Logger.Metadata = ["metadata.of": "\(news.subject.rawValue)"]
            if let text = news.text { details["metadata"] = "\(text.prefix(MetadataTemplate.limit))" }
            logger.log(level: news.level, "\(news.message)", metadata: details)
        }
        let latest = metadata.report
        if report.metadata != latest { tell { $0.metadata = latest } }
    }

    // MARK: Changes

    /// Does what the schedule says, now or when it is time.
    private func pursueMetadata() {
        guard !metadataUpkeep.isSending, !isOver else { return }
        switch metadata.next(at: .now) {
        case .idle: break
        case .wait(let due):
            guard metadataUpkeep.timer.map({ due < $0 }) ?? true else { return }
            metadataUpkeep.timer = due
            spawn {
                guard (try? await Task.sleep(until: due)) != nil else { return }
                await self.metadataTimerFired(due)
            }
        case .send(let subject, let text):
            metadataUpkeep.isSending = true
            spawn { await self.send(text, of: subject) }
        }
    }

    private func metadataTimerFired(_ due: ContinuousClock.Instant) {
        if metadataUpkeep.timer == due { metadataUpkeep.timer = nil }
        pursueMetadata()
    }

    private func send(_ text: String, of subject: MetadataSubject) async {
        do {
            guard let link else { throw SkyWayError(.memberNotFound, .gateway) }
            try await link.updateMetadata(of: subject, to: text)
            metadata.sent(subject, at: .now)
            logger.debug("Metadata changed", metadata: ["metadata.of": "\(subject.rawValue)"])
        } catch {
            logger.debug("Metadata not changed", metadata: ["error": "\(error)"])
            let error = error as? SkyWayError ?? SkyWayError(.stopped, .gateway)
            if let news = metadata.failed(subject, error, at: .now) { tell([news]) }
        }
        metadataUpkeep.isSending = false
        pursueMetadata()
    }
}

extension BroadcastMetadata {
    /// The metadata of a broadcast that begins with a request.
    init(beginningWith request: PublishRequest, settings: MetadataSettings) {
        var sources = MetadataSources()
        sources.configuration = settings.texts
        sources.publisher = request.metadata
        sources.grant = request.grant.metadata
        var facts = MetadataFacts()
        facts.encoder = request.userAgent
        facts.startedAt = Date().formatted(.iso8601)
        facts.room = request.channel?.text
        facts.key = request.publisher.metadataText
        self.init(sources, facts: facts, timing: settings.timing)
    }
}

extension SkyWayPublication {
    /// The name of the codec that will probably be sent, as `H264`.
    var codecName: String { mimeType.split(separator: "/").last.map { $0.uppercased() } ?? "" }
}
