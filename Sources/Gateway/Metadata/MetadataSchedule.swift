// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import SkyWay

/// When changes of metadata are sent: of each thing at most once in 5 s, the latest text, and never the same again.
///
/// No clock, no network: whoever drives it says the time, sends what `next` says, and says what became of it.
struct MetadataSchedule {
    typealias Instant = ContinuousClock.Instant

    /// How changes follow each other.
    struct Timing: Hashable, Sendable {
        /// The least time between two changes of one thing.
        var interval = Duration.seconds(5)
        /// What changes within this time goes together.
        var settling = Duration.milliseconds(500)
        /// The longest time between two attempts.
        var longestPause = Duration.seconds(60)
    }

    /// What to do next.
    enum Step: Hashable {
        /// Nothing, until something else is wanted.
        case idle
        /// Ask again then.
        case wait(until: Instant)
        /// Send this, and say what became of it.
        case send(MetadataSubject, String)
    }

    private struct Entry {
        /// What it has to be.
        var wanted: String
        /// What we have made it; what somebody else has made of that since does not count.
        var made: String?
        /// When what is wanted became another text than what we made.
        var changedAt: Instant?
        /// Until then nothing is sent.
        var notBefore: Instant?
        /// What is being sent.
        var underway: String?
        /// What SkyWay does not take, whatever the time.
        var refused: String?
        var failures = 0
    }

    private let timing: Timing
    private var entries: [MetadataSubject: Entry] = [:]

    /// Makes a schedule of nothing.
    init(timing: Timing = Timing()) {
        self.timing = timing
    }

    /// Something comes into the room, and with it its text.
    mutating func joined(_ subject: MetadataSubject, with text: String) {
        entries[subject] = Entry(wanted: text, made: text)
    }

    /// Something was in the room before, with a text of others.
    mutating func found(_ subject: MetadataSubject, with text: String?, wanting wanted: String, at now: Instant) {
        var entry = Entry(wanted: wanted, made: text ?? "")
        if entry.made != wanted { entry.changedAt = now }
        entries[subject] = entry
    }

    /// Whether something is in the room.
    func has(_ subject: MetadataSubject) -> Bool { entries[subject] != nil }

    /// A text is wanted; what is not in the room gets it when it comes in.
    mutating func want(_ text: String, of subject: MetadataSubject, at now: Instant) {
        guard var entry = entries[subject], entry.wanted != text else { return }
        entry.wanted = text
        if entry.made == text { entry.changedAt = nil } else { entry.changedAt = entry.changedAt ?? now }
        entries[subject] = entry
    }

    /// A text is wanted again although it was sent before: somebody else may have changed it since.
    mutating func insist(on subject: MetadataSubject, against text: String?, at now: Instant) {
        guard var entry = entries[subject] else { return }
        entry.made = text ?? ""
        entry.refused = nil
        entry.changedAt = entry.made == entry.wanted ? nil : now
        entries[subject] = entry
    }

    /// What to do now.
    mutating func next(at now: Instant) -> Step {
        var earliest: Instant?
        for subject in MetadataSubject.allCases {
            guard var entry = entries[subject], let due = due(entry) else { continue }
            if due <= now {
                entry.underway = entry.wanted
                entries[subject] = entry
                return .send(subject, entry.wanted)
            }
            earliest = min(earliest ?? due, due)
        }
        return earliest.map { .wait(until: $0) } ?? .idle
    }

    /// When an entry is to be sent; `nil` where there is nothing to send.
    private func due(_ entry: Entry) -> Instant? {
        guard let changedAt = entry.changedAt, entry.underway == nil, entry.refused != entry.wanted else { return nil }
        let settled = changedAt + timing.settling
        return entry.notBefore.map { max($0, settled) } ?? settled
    }

    /// It was sent, and SkyWay has it.
    mutating func sent(_ subject: MetadataSubject, at now: Instant) {
        guard var entry = entries[subject], let text = entry.underway else { return }
        entry.underway = nil
        entry.made = text
        entry.failures = 0
        entry.changedAt = entry.wanted == text ? nil : now
        entry.notBefore = now + timing.interval
        entries[subject] = entry
    }

    /// It could not be sent.
    ///
    /// - Parameters:
    ///   - subject: what was to have the text.
    ///   - isFinal: whether the text will never be taken.
    ///   - now: the time.
    mutating func failed(_ subject: MetadataSubject, isFinal: Bool, at now: Instant) {
        guard var entry = entries[subject], let text = entry.underway else { return }
        entry.underway = nil
        if isFinal { entry.refused = text }
        let pause = timing.interval * (1 << min(entry.failures, 8))
        entry.notBefore = now + min(pause, timing.longestPause)
        entry.failures += 1
        entries[subject] = entry
    }
}
