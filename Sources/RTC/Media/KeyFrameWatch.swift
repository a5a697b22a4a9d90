// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Watches how often the key frames of a stream come, and whether requests bring any.
///
/// A browser makes key frames only when asked for them, and then at once: there is nothing to complain of. So before a
/// long interval is told, a key frame is asked for. An answer may be chance, so it takes two, at moments so far apart
/// that a regular interval can't meet both.
struct KeyFrameWatch: Sendable, BitwiseCopyable {
    /// What is told, and what is asked for.
    struct Findings: OptionSet, Sendable, BitwiseCopyable {
        let rawValue: UInt8

        static let longInterval = Findings(rawValue: 1)
        static let ignoredRequests = Findings(rawValue: 2)
        /// A key frame is to be asked for.
        static let request = Findings(rawValue: 4)
    }

    /// Moments and times in nanoseconds: they are compared for each packet.
    private typealias Nanoseconds = UInt64

    /// The longest interval that is not told: 4 s, and some time for what the network does to it.
    private static let longestInterval: Nanoseconds = 4_200_000_000
    /// How long a request may take to bring a key frame.
    private static let answerTime: Nanoseconds = 2_000_000_000
    /// When the first request of our own is repeated, in case it was lost.
    private static let repetition: Nanoseconds = 1_000_000_000
    /// How much later the second request of our own is made than the first.
    private static let secondDelay: Nanoseconds = answerTime + 200_000_000
    /// How many requests in a row may bring nothing before that is told.
    private static let ignoredLimit = 3
    /// How many requests of our own have to be answered until the stream is known to answer.
    private static let answersNeeded = 2
    /// Silence of this length is a pause, which counts as no time.
    private static let pause: Nanoseconds = 1_000_000_000

    /// The last key frame, or the beginning.
    private var lastKeyFrame: Nanoseconds
    private var lastPacket: Nanoseconds
    private var longestSeen: Nanoseconds = 0
    private var timestamp: UInt32?
    /// The earliest request that neither was answered nor took too long.
    private var request: Nanoseconds?
    private var lastRequest: Nanoseconds?
    private var ignored = 0
    /// When we asked for a key frame ourselves.
    private var probe: Nanoseconds?
    private var isRepeated = false
    private var answers = 0
    /// What was told before.
    private var told: Findings = []

    /// Begins to watch.
    ///
    /// - Parameter now: the moment of the first packet.
    init(at now: MonotonicTime) {
        lastKeyFrame = now.nanoseconds
        lastPacket = now.nanoseconds
    }

    /// The longest interval that was seen.
    var longest: Duration { .nanoseconds(Int64(clamping: longestSeen)) }

    /// Somebody has asked the publisher for a key frame.
    mutating func requested(at now: MonotonicTime) {
        if request == nil { request = now.nanoseconds }
        lastRequest = now.nanoseconds
    }

    /// Counts a packet.
    ///
    /// - Parameters:
    ///   - isKeyFrame: whether it belongs to a key frame.
    ///   - timestamp: its timestamp.
    ///   - now: the present moment.
    /// - Returns: what is to be told now.
    mutating func receive(isKeyFrame: Bool, timestamp: UInt32, at now: MonotonicTime) -> Findings {
        let moment = now.nanoseconds
        let silence = moment &- lastPacket
        lastPacket = moment
        if silence > Self.pause { skip(silence) }
        if isKeyFrame, timestamp != self.timestamp {
            self.timestamp = timestamp
            return tell(keyFrameStarted(at: moment))
        }
        return tell(judgeRequests(at: moment).union(judgeInterval(at: moment)))
    }

    private mutating func tell(_ findings: Findings) -> Findings {
        guard !findings.isEmpty else { return [] }
        let new = findings.subtracting(told)
        told.formUnion(new.subtracting(.request))
        return new
    }

    /// A pause of the publisher says nothing of its key frames.
    private mutating func skip(_ silence: Nanoseconds) {
        lastKeyFrame &+= silence
        request = nil
        probe = nil
    }

    private mutating func keyFrameStarted(at moment: Nanoseconds) -> Findings {
        var findings = judgeRequests(at: moment)
        longestSeen = max(longestSeen, moment &- lastKeyFrame)
        let wasAsked = lastRequest.map { moment &- $0 <= Self.answerTime } ?? false
        if probe != nil {
            answers += 1
        } else if moment &- lastKeyFrame > Self.longestInterval, answers < Self.answersNeeded, !wasAsked {
            findings.insert(.longInterval)
        }
        if request != nil { ignored = 0 }
        request = nil
        probe = nil
        lastKeyFrame = moment
        return findings
    }

    private mutating func judgeRequests(at moment: Nanoseconds) -> Findings {
        guard let first = request, moment &- first > Self.answerTime else { return [] }
        request = nil
        ignored += 1
        return ignored >= Self.ignoredLimit ? .ignoredRequests : []
    }

    private mutating func judgeInterval(at moment: Nanoseconds) -> Findings {
        let age = moment &- lastKeyFrame
        guard age > Self.longestInterval, answers < Self.answersNeeded, !told.contains(.longInterval) else { return [] }
        guard let probe else {
            guard answers == 0 || age > Self.longestInterval + Self.secondDelay else { return [] }
            self.probe = moment
            isRepeated = false
            return .request
        }
        if moment &- probe > Self.answerTime {
            longestSeen = max(longestSeen, age)
            return .longInterval
        }
        guard !isRepeated, moment &- probe > Self.repetition else { return [] }
        isRepeated = true
        return .request
    }
}
