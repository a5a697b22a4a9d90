// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import RTC

/// The impaired way of one session's datagrams; confined to the worker's thread.
final class ImpairedPath {
    /// A datagram that waits for its turn.
    struct Waiting {
        var bytes: [UInt8]
        var remote: TransportAddress
        /// The address of ours that it came to.
        var local: IPAddress?
    }

    /// What becomes of a datagram.
    enum Verdict: Hashable {
        case pass
        case wait
        case drop
    }

    private(set) var impairment = Impairment()
    var incoming = ImpairedDirection()
    var outgoing = ImpairedDirection()
    private(set) var ignoredSTUN: UInt64 = 0
    /// Datagrams to the peer that a simulated network carries; `nil` where a socket does.
    var diverted: [Waiting]?
    /// The direction whose waiting datagrams go their way: they have been judged.
    var releasing: Releasing?

    /// A direction.
    enum Releasing {
        case incoming, outgoing
    }

    /// Changes what happens; a loss or cap that stays as it is goes on where it is.
    func update(to impairment: Impairment) {
        self.impairment = impairment
        incoming.update(to: impairment.incoming)
        outgoing.update(to: impairment.outgoing)
    }

    /// Judges a datagram from the peer.
    func judgeIncoming(firstByte: UInt8, count: Int, isSTUN: Bool, at now: MonotonicTime) -> Verdict {
        if releasing == .incoming { return .pass }
        if impairment.isSilent { return incoming.silence() }
        if isSTUN, impairment.ignoresSTUN {
            ignoredSTUN += 1
            return .drop
        }
        return incoming.judge(firstByte: firstByte, count: count, at: now)
    }

    /// Judges a datagram to the peer.
    func judgeOutgoing(firstByte: UInt8, count: Int, at now: MonotonicTime) -> Verdict {
        if releasing == .outgoing { return .pass }
        if impairment.isSilent { return outgoing.silence() }
        return outgoing.judge(firstByte: firstByte, count: count, at: now)
    }

    /// When the next waiting datagram has its turn.
    var deadline: MonotonicTime? {
        guard let inward = incoming.deadline else { return outgoing.deadline }
        return outgoing.deadline.map { min($0, inward) } ?? inward
    }

    /// What has been done so far.
    var statistics: ImpairmentStatistics {
        var result = ImpairmentStatistics()
        result.incoming = incoming.statistics
        result.outgoing = outgoing.statistics
        result.ignoredSTUN = ignoredSTUN
        return result
    }
}

/// One direction of an impaired way: loss, then a token bucket before a bounded queue.
struct ImpairedDirection {
    private var loss: Impairment.Loss?
    private var generator = SplitMix64(seed: 0)
    private var rate: Impairment.RateCap?
    /// When the bucket is full again; it holds what would flow until `burst` before that.
    private var fullAt = MonotonicTime(nanoseconds: 0)
    private var waiting: [ImpairedPath.Waiting] = []
    /// Where the first of them stands; those before it have gone.
    private var head = 0
    private var waitingBytes = 0
    private(set) var statistics = ImpairmentStatistics.Direction()

    mutating func update(to direction: Impairment.Direction) {
        if loss != direction.loss {
            loss = direction.loss
            generator = SplitMix64(seed: direction.loss?.seed ?? 0)
        }
        if rate != direction.rate {
            rate = direction.rate
            fullAt = MonotonicTime(nanoseconds: 0)
        }
    }

    mutating func silence() -> ImpairedPath.Verdict {
        statistics.silenced += 1
        return .drop
    }

    mutating func judge(firstByte: UInt8, count: Int, at now: MonotonicTime) -> ImpairedPath.Verdict {
        // RTP and RTCP (RFC 7983 §7).
        if let loss, 128...191 ~= firstByte {
            statistics.media += 1
            if Double.random(in: 0..<1, using: &generator) < loss.share {
                statistics.lost += 1
                return .drop
            }
        }
        guard let rate else { return .pass }
        guard head == waiting.count, isReady(count, rate, at: now) else {
            guard waitingBytes + count <= rate.queue else {
                statistics.overflowed += 1
                return .drop
            }
            statistics.queued += 1
            return .wait
        }
        spend(count, rate, at: now)
        return .pass
    }

    /// Lets a datagram wait that was judged so.
    mutating func append(_ datagram: ImpairedPath.Waiting) {
        waiting.append(datagram)
        waitingBytes += datagram.bytes.count
    }

    /// Takes the next datagram whose turn it is; all of them at once where there is no cap any more.
    mutating func popReady(at now: MonotonicTime) -> ImpairedPath.Waiting? {
        guard head < waiting.count else { return nil }
        let first = waiting[head]
        if let rate {
            guard isReady(first.bytes.count, rate, at: now) else { return nil }
            spend(first.bytes.count, rate, at: now)
        }
        waitingBytes -= first.bytes.count
        head += 1
        if head * 2 > waiting.count {
            waiting.removeFirst(head)
            head = 0
        }
        return first
    }

    /// When the first of those that wait has its turn.
    var deadline: MonotonicTime? {
        guard head < waiting.count else { return nil }
        let first = waiting[head]
        guard let rate else { return MonotonicTime(nanoseconds: 0) }
        return fullAt + Self.time(for: first.bytes.count, rate) + (.zero - Self.time(for: rate.burst, rate))
    }

    private func isReady(_ count: Int, _ rate: Impairment.RateCap, at now: MonotonicTime) -> Bool {
        max(fullAt, now) + Self.time(for: count, rate) <= now + Self.time(for: rate.burst, rate)
    }

    private mutating func spend(_ count: Int, _ rate: Impairment.RateCap, at now: MonotonicTime) {
        fullAt = max(fullAt, now) + Self.time(for: count, rate)
    }

    private static func time(for bytes: Int, _ rate: Impairment.RateCap) -> Duration {
        let bits = UInt64(bytes) * 8
        let (seconds, rest) = bits.quotientAndRemainder(dividingBy: rate.bitsPerSecond)
        let nanoseconds = rest.multipliedFullWidth(by: 1_000_000_000)
        let fraction = rate.bitsPerSecond.dividingFullWidth(nanoseconds).quotient
        return .seconds(Int64(seconds)) + .nanoseconds(Int64(fraction))
    }
}
