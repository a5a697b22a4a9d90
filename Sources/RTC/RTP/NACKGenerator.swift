// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Which packets of an incoming stream are missing, and when to ask for each (RFC 4585 §6.2.1).
///
/// A first request leaves shortly after the gap showed, because packets may only have overtaken each other, a second one
/// after a round trip, and then one per round trip, as mediasoup has it (protocol page §7.6), or two. Nothing waits for
/// what is asked for.
package struct NACKGenerator: Sendable {
    /// How often and for how long is asked.
    package struct Policy: Sendable, BitwiseCopyable {
        /// How often one packet is asked for; where more than one request leaves in a round trip, it is asked for as long as
        /// this many take that are a round trip apart.
        var maximumRequests: UInt8
        /// How many requests leave in a round trip once the first one has brought nothing.
        var requestsPerRoundTrip = 1
        /// Whether nothing more is asked for once three requests in a row have brought nothing.
        var endsWhenFruitless: Bool

        /// For publishers that answer as they should.
        ///
        /// Requests are few datagrams, so that losses that come in bursts take several in a row.
        package static let eager = Policy(maximumRequests: 10, requestsPerRoundTrip: 2, endsWhenFruitless: false)
        /// What mediasoup does.
        package static let mediasoup = Policy(maximumRequests: 10, endsWhenFruitless: false)
        /// For layers without a retransmission payload type: OBS keeps the packets of all its layers under one number
        /// each, so that a request for a low layer brings nothing, or the high layer's packet (WHIP page A1).
        package static let tentative = Policy(maximumRequests: 1, endsWhenFruitless: true)
        /// For streams of which nothing comes again: what is missing is noticed only.
        package static let silent = Policy(maximumRequests: 0, endsWhenFruitless: false)
    }

    /// What a packet meant.
    package enum Arrival: Hashable, Sendable, BitwiseCopyable {
        /// Nothing is to be done about it.
        case expected
        /// Packets before it are missing.
        case behindGap
        /// More is missing than can be asked for: only a key frame helps.
        case behindTooMuch
        /// It was missing; the time since it was asked for, where it was asked for just once.
        case recovered(after: Duration?)
    }

    private struct Missing: BitwiseCopyable {
        var number: Int64
        /// When it showed that it is missing.
        let missedAt: MonotonicTime
        /// When it is asked for next, or given up.
        var due: MonotonicTime
        var askedAt: MonotonicTime
        var requests: UInt8
    }

    /// How many missing packets are kept in mind.
    package static let capacity = 1_000
    /// The time for a packet that was only overtaken to come by itself.
    static let firstDelay: Duration = .milliseconds(10)
    /// The time for a packet that was only overtaken, where it can't be asked for.
    static let silentDelay: Duration = .milliseconds(100)
    /// The least time between two requests for a packet, the first three and later: what answers none of them is held up
    /// by more than a single loss.
    static let shortestIntervals: (first: Duration, later: Duration) = (.milliseconds(20), .milliseconds(50))
    /// Requests without result that are enough for `Policy.endsWhenFruitless`.
    static let fruitlessLimit = 3
    /// The most entries of one feedback packet, which stays below 1,100 bytes.
    package static let maximumEntries = 250

    let policy: Policy
    /// A moment no later than that at which something is to be asked for.
    package private(set) var deadline: MonotonicTime?
    /// Whether nothing is asked for any more, because it brings nothing.
    package private(set) var hasGivenUp = false
    /// Whether and when a key frame has to take the place of what does not come.
    private var need = KeyFrameNeed()

    private var highest: Int64?
    private var missing: [Missing] = []
    private var fruitless = 0
    private var lastFruitlessRequest: MonotonicTime?
    private var lastRecovery: MonotonicTime?

    /// Makes a generator that has seen no packet.
    package init(_ policy: Policy) {
        self.policy = policy
    }

    /// How many packets are missing.
    package var missingCount: Int { missing.count }

    /// Takes note of a packet of the stream itself.
    package mutating func receive(_ sequenceNumber: UInt16, at now: MonotonicTime) -> Arrival {
        guard let highest else {
            self.highest = 1 << 16 + Int64(sequenceNumber)
            return .expected
        }
        let step = Int64(Int16(bitPattern: sequenceNumber &- UInt16(truncatingIfNeeded: highest)))
        if step == 1 {
            self.highest = highest + 1
            return .expected
        }
        guard step < Int64(ReceiveStream.maximumDropout), step > -Int64(ReceiveStream.maximumMisorder) else {
            restart(at: sequenceNumber)
            return .expected
        }
        guard step > 0 else { return remove(highest + step, at: now) }
        self.highest = highest + step
        return add(highest + 1..<highest + step, at: now)
    }

    /// Takes note of a packet that came again in a stream of retransmissions, asked for or not.
    ///
    /// libwebrtc sends a packet again as soon as transport-wide feedback leaves it out, and it may be the last one of a
    /// burst: before we ask for it, and even before the next packet shows that it is missing.
    package mutating func receiveRetransmission(_ sequenceNumber: UInt16, at now: MonotonicTime) -> Arrival {
        guard let highest, let number = unwrapped(sequenceNumber) else { return .expected }
        if number > highest {
            guard number - highest < Int64(ReceiveStream.maximumMisorder) else { return .expected }
            self.highest = number
            _ = add(highest + 1..<number, at: now)
            return .recovered(after: nil)
        }
        guard place(of: number) != nil else { return .expected }
        let arrival = remove(number, at: now)
        return arrival == .expected ? .recovered(after: nil) : arrival
    }

    /// A request was answered by a packet of another stream with the same number.
    package mutating func receiveForeignAnswer(_ sequenceNumber: UInt16, at now: MonotonicTime) {
        guard policy.endsWhenFruitless, let number = unwrapped(sequenceNumber), let place = place(of: number),
            missing[place].requests > 0
        else { return }
        missing.remove(at: place)
        need.isLost(number)
        foresee(now)
        countFruitless()
    }

    /// Whether a packet is missing and was asked for.
    package func isWaiting(for sequenceNumber: UInt16) -> Bool {
        guard let number = unwrapped(sequenceNumber), let place = place(of: number) else { return false }
        return missing[place].requests > 0
    }

    /// Takes note of the packet that a key frame begins with: the pictures after it need nothing of those before.
    package mutating func keyFrameBegan(_ sequenceNumber: UInt16) {
        guard let number = unwrapped(sequenceNumber) else { return }
        need.keyFrameBegan(number)
    }

    /// Whether packets are missing that will not come, or not in time, so that a key frame is to be asked for now.
    package mutating func takeKeyFrameWish() -> Bool { need.takeWish() }

    /// Names the packets that are to be asked for now, and forgets those that were asked for often enough.
    ///
    /// - Parameters:
    ///   - now: the present moment.
    ///   - roundTrip: the time that an answer takes.
    ///   - entries: what to ask for; emptied first, keeps its capacity.
    package mutating func takeRequests(
        at now: MonotonicTime,
        roundTrip: Duration,
        into entries: inout [GenericNACK.Entry]
    ) {
        entries.removeAll(keepingCapacity: true)
        deadline = nil
        let (limit, patience) = (requestLimit, patience(roundTrip))
        var isLate = false
        var kept = 0
        for index in missing.indices {
            var packet = missing[index]
            if packet.due <= now, patience.map({ now >= packet.missedAt + $0 }) ?? (packet.requests >= limit) {
                expire(packet)
                need.isLost(packet.number)
                continue
            }
            // What does not fit stays due.
            if packet.due <= now, append(packet.number, to: &entries) {
                packet.requests += 1
                packet.askedAt = now
                packet.due =
                    now + Self.interval(roundTrip, after: packet.requests, sharedBy: policy.requestsPerRoundTrip)
            }
            if need.concerns(packet.number) {
                let late = packet.missedAt + KeyFrameNeed.patience
                if late <= now { isLate = true } else { foresee(late) }
            }
            keep(packet, at: &kept)
        }
        missing.removeLast(missing.count - kept)
        need.judge(isLate: isLate, at: now)
        foresee(need.due)
    }
}

extension NACKGenerator {
    /// The time from a request to the next one: a little more than a round trip, so that an answer that is under way is not
    /// asked for again; shared by several once the first one has brought nothing.
    private static func interval(_ roundTrip: Duration, after requests: UInt8, sharedBy count: Int) -> Duration {
        let shortest = requests < 4 ? shortestIntervals.first : shortestIntervals.later
        let whole = roundTrip + max(roundTrip / 8, .milliseconds(5))
        return max(shortest, requests == 1 ? whole : whole / count)
    }

    /// How long a packet is asked for, where that is not decided by the number of requests: as long as so many take that
    /// are a round trip apart.
    private func patience(_ roundTrip: Duration) -> Duration? {
        guard policy.requestsPerRoundTrip > 1 else { return nil }
        return (1...policy.maximumRequests)
            .reduce(Self.firstDelay) { $0 + Self.interval(roundTrip, after: $1, sharedBy: 1) }
    }

    /// How often a packet is asked for.
    private var requestLimit: UInt8 { hasGivenUp ? 0 : policy.maximumRequests }

    private mutating func keep(_ packet: Missing, at place: inout Int) {
        missing[place] = packet
        place += 1
        foresee(packet.due)
    }

    private mutating func foresee(_ moment: MonotonicTime?) {
        guard let moment else { return }
        deadline = deadline.map { min($0, moment) } ?? moment
    }

    /// Adds a number to the last entry where it fits, else as a new one; `false` when there is no room.
    private func append(_ number: Int64, to entries: inout [GenericNACK.Entry]) -> Bool {
        let sequenceNumber = UInt16(truncatingIfNeeded: number)
        if let last = entries.last {
            let distance = sequenceNumber &- last.packetID
            if distance >= 1, distance <= 16 {
                entries[entries.count - 1].following |= 1 << (distance - 1)
                return true
            }
        }
        guard entries.count < Self.maximumEntries else { return false }
        entries.append(GenericNACK.Entry(packetID: sequenceNumber))
        return true
    }

    private mutating func restart(at sequenceNumber: UInt16) {
        highest = 1 << 16 + Int64(sequenceNumber)
        missing.removeAll(keepingCapacity: true)
        need = KeyFrameNeed()
        deadline = nil
    }

    private mutating func add(_ numbers: Range<Int64>, at now: MonotonicTime) -> Arrival {
        guard !numbers.isEmpty else { return .expected }
        guard missing.count + numbers.count <= Self.capacity else {
            missing.removeAll(keepingCapacity: true)
            need.isLost(numbers.upperBound - 1)
            deadline = now
            return .behindTooMuch
        }
        let due = now + (requestLimit > 0 ? Self.firstDelay : Self.silentDelay)
        for number in numbers {
            missing.append(Missing(number: number, missedAt: now, due: due, askedAt: now, requests: 0))
        }
        foresee(due)
        return .behindGap
    }

    private mutating func remove(_ number: Int64, at now: MonotonicTime) -> Arrival {
        guard let place = place(of: number) else { return .expected }
        let packet = missing.remove(at: place)
        if missing.isEmpty { deadline = need.due }
        guard packet.requests > 0 else { return .expected }
        fruitless = 0
        lastRecovery = now
        // Which of several requests was answered can't be told (as in Karn's algorithm).
        return .recovered(after: packet.requests == 1 ? now - packet.askedAt : nil)
    }

    private mutating func expire(_ packet: Missing) {
        guard policy.endsWhenFruitless, packet.askedAt != lastFruitlessRequest else { return }
        lastFruitlessRequest = packet.askedAt
        if let lastRecovery, lastRecovery >= packet.askedAt { return }
        countFruitless()
    }

    private mutating func countFruitless() {
        fruitless += 1
        if fruitless >= Self.fruitlessLimit { hasGivenUp = true }
    }

    private func unwrapped(_ sequenceNumber: UInt16) -> Int64? {
        highest.map { $0 + Int64(Int16(bitPattern: sequenceNumber &- UInt16(truncatingIfNeeded: $0))) }
    }

    /// Where a missing packet stands; they are kept in the order of their numbers.
    private func place(of number: Int64) -> Int? {
        var (low, high) = (0, missing.count)
        while low < high {
            let middle = (low + high) / 2
            if missing[middle].number < number { low = middle + 1 } else { high = middle }
        }
        return low < missing.count && missing[low].number == number ? low : nil
    }
}
