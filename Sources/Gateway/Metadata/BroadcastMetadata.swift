// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import Logging
import RTC
import SkyWay

/// The metadata of one broadcast: who says them, what is known to put into them, and what the room has of them.
///
/// No clock, no network: `Broadcast` tells it what happened, and sends what `next` says.
struct BroadcastMetadata {
    /// What there is to tell the operator.
    struct News: Hashable {
        var level: Logger.Level
        var message: String
        var subject: MetadataSubject
        /// The text that it is about.
        var text: String?
    }

    /// What the room has.
    private struct Found: Hashable {
        var text: String?
        /// Whether somebody else has changed it since we did.
        var isChanged: Bool
    }

    private(set) var sources: MetadataSources
    private(set) var facts: MetadataFacts
    private var schedule: MetadataSchedule
    private var room: [MetadataSubject: Found] = [:]
    /// What is ours to change, since we have said something of it once.
    private var said: Set<MetadataSubject> = []
    /// What was told of each thing, so that it is told once.
    private var told: Set<News> = []

    /// Makes the metadata of a broadcast that begins.
    init(
        _ sources: MetadataSources,
        facts: MetadataFacts,
        timing: MetadataSchedule.Timing = MetadataSchedule.Timing()
    ) {
        self.sources = sources
        self.facts = facts
        schedule = MetadataSchedule(timing: timing)
    }

    /// Of what the metadata will be changed, as far as that is known.
    var updates: Set<MetadataSubject> { sources.updates }

    // MARK: Texts

    /// The present text; `nil` where nothing is said, or more than metadata may be.
    private func text(of subject: MetadataSubject) -> String? {
        sources.template(of: subject)?.0.rendered(with: facts, for: subject)
    }

    /// Something comes into the room.
    ///
    /// - Returns: the text that it is to have, and what there is to tell.
    mutating func join(_ subject: MetadataSubject, at now: MetadataSchedule.Instant) -> (text: String?, news: News?) {
        let text = text(of: subject)
        if text != nil { said.insert(subject) }
        schedule.joined(subject, with: text ?? "")
        room[subject] = nil
        // The room is there by now; if it has a text, that is read very soon.
        if !schedule.has(.channel) { find(nil, at: now) }
        return (text, text == nil ? excess(subject) : nil)
    }

    /// Something else is known.
    mutating func learn(at now: MetadataSchedule.Instant, _ change: (inout MetadataFacts) -> Void) -> [News] {
        let former = facts
        change(&facts)
        return facts == former ? [] : render(at: now)
    }

    /// Somebody says something else.
    ///
    /// - Parameters:
    ///   - now: the time.
    ///   - subjects: what is to be there whatever others have made of it.
    ///   - change: what is said.
    /// - Returns: what there is to tell.
    mutating func say(
        at now: MetadataSchedule.Instant,
        insisting subjects: Set<MetadataSubject> = [],
        _ change: (inout MetadataSources) -> Void
    ) -> [News] {
        let former = sources
        change(&sources)
        let news = sources == former ? [] : render(at: now)
        for subject in subjects where room[subject]?.isChanged == true {
            schedule.insist(on: subject, against: room[subject]?.text, at: now)
        }
        return news
    }

    private mutating func render(at now: MetadataSchedule.Instant) -> [News] {
        var news: [News] = []
        for subject in MetadataSubject.allCases {
            if let text = text(of: subject) {
                said.insert(subject)
                schedule.want(text, of: subject, at: now)
            } else if sources.template(of: subject) != nil {
                if let excess = excess(subject) { news.append(excess) }
            } else if said.contains(subject) {
                schedule.want("", of: subject, at: now)
            }
        }
        return news
    }

    /// That a text is too long, the first time.
    private mutating func excess(_ subject: MetadataSubject) -> News? {
        guard sources.template(of: subject) != nil else { return nil }
        return once(.warning, "The metadata would be longer than 1024 bytes; they stay as they are", subject)
    }

    private mutating func once(_ level: Logger.Level, _ message: String, _ subject: MetadataSubject) -> News? {
        let news = News(level: level, message: message, subject: subject)
        return told.insert(news).inserted ? news : nil
    }

    // MARK: The room

    /// The room has a text, as we gave it, or as it was found.
    mutating func read(_ text: String?, of subject: MetadataSubject, at now: MetadataSchedule.Instant) -> News? {
        let isFirst = room.updateValue(Found(text: text, isChanged: false), forKey: subject) == nil
        if isFirst, subject == .channel { find(text, at: now) }
        guard said.contains(subject), text == self.text(of: subject) else { return nil }
        guard var news = once(.info, "The room has the metadata", subject) else { return nil }
        news.text = text
        return news
    }

    /// The room was there before us.
    private mutating func find(_ text: String?, at now: MetadataSchedule.Instant) {
        let wanted = self.text(of: .channel)
        if wanted != nil { said.insert(.channel) }
        schedule.found(.channel, with: text, wanting: wanted ?? text ?? "", at: now)
    }

    /// Somebody else has changed a text, which stands until the next change of ours.
    mutating func changed(_ text: String?, of subject: MetadataSubject) -> News {
        room[subject] = Found(text: text, isChanged: true)
        return News(level: .notice, message: "Somebody else has changed the metadata", subject: subject, text: text)
    }

    // MARK: Changes

    /// What to send, and when.
    mutating func next(at now: MetadataSchedule.Instant) -> MetadataSchedule.Step { schedule.next(at: now) }

    /// SkyWay has taken a change.
    mutating func sent(_ subject: MetadataSubject, at now: MetadataSchedule.Instant) { schedule.sent(subject, at: now) }

    /// SkyWay has not taken a change.
    ///
    /// - Returns: what there is to tell.
    mutating func failed(
        _ subject: MetadataSubject,
        _ error: SkyWayError,
        at now: MetadataSchedule.Instant
    ) -> News? {
        schedule.failed(subject, isFinal: error.code == .invalidRequest, at: now)
        switch error.code {
        case .scopeMissing: return once(.warning, "The token does not allow to change the metadata", subject)
        case .invalidRequest: return once(.warning, "SkyWay does not take the metadata", subject)
        // It is in the room again soon, or the broadcast ends.
        case .memberNotFound, .publicationNotFound, .stopped: return nil
        default: return once(.warning, "The metadata could not be changed yet", subject)
        }
    }

    // MARK: Telling

    /// Everything about it, for the operator.
    var report: MetadataReport {
        var report = MetadataReport()
        for subject in MetadataSubject.allCases {
            let template = sources.template(of: subject)
            let found = room[subject]
            guard template != nil || found?.text != nil else { continue }
            report.subjects[subject] = MetadataReport.Subject(
                template: template?.0.text,
                source: template?.1,
                text: text(of: subject),
                room: found?.text,
                changedByOthers: found?.isChanged ?? false
            )
        }
        return report
    }
}

/// The metadata of a broadcast as the operator's API tells them.
package struct MetadataReport: Hashable, Sendable {
    /// One thing that has metadata.
    struct Subject: Hashable, Sendable {
        /// As somebody wrote it.
        var template: String?
        /// Who that is.
        var source: MetadataSources.Source?
        /// By what is known now.
        var text: String?
        /// What the room has.
        var room: String?
        /// Whether somebody else has changed that since we did.
        var changedByOthers: Bool
    }

    /// Of which something is said, or something is there.
    var subjects: [MetadataSubject: Subject] = [:]

    /// The document (docs/metadata.md, "By HTTP"); what is not known is null.
    var document: JSONValue {
        let members = subjects.map { subject, report in
            let fields: [String: JSONValue] = [
                "template": .text(report.template), "source": .text(report.source?.rawValue),
                "text": .text(report.text), "room": .text(report.room),
                "changedByOthers": .bool(report.changedByOthers),
            ]
            return (subject.rawValue, JSONValue.object(fields))
        }
        return .object(Dictionary(uniqueKeysWithValues: members))
    }
}
