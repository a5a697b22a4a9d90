// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The clock of one incoming stream: what its timestamps say on our own clock, and on its sender's.
struct StreamClock: Sendable, BitwiseCopyable {
    /// The track that the stream is a layer of.
    let track: TrackIndex
    /// How much earlier than at the earliest arrival it was captured, as far as that is known: encoders take their time.
    var delay: Int64 = 0
    /// Whether that is known from reports.
    var isDelayReported = false
    /// The sender's clock over the stream, where that is followed: its own reports, or those of a layer that counts alike.
    var followed: ClockLine?
    /// The clock by arrivals.
    private(set) var arrivals: ArrivalClock
    /// The clock by sender reports; `nil` while none came since the timestamps began.
    private(set) var reports: ReportedClock?
    /// The newest timestamp, its place in the stream in ticks, and when a packet came last in order.
    private(set) var newest: (timestamp: UInt32, ticks: Int64, arrival: Int64)
    private var lastLateness: Int64 = 0

    /// Ticks per nanosecond.
    let rate: Double

    /// Nothing comes so much too early, and nothing so late, but by a clock that has jumped.
    private static let mostEarly: Int64 = -1_000_000_000
    private static let mostLate: Int64 = 10_000_000_000
    /// Packets that come in order are not delayed by so much more than the ones before.
    private static let mostStep: Int64 = 1_000_000_000
    /// A stream of which nothing came for so long does not count.
    private static let idleTime: Int64 = 5_000_000_000

    /// Makes a clock by the first packet of a stream.
    init(track: TrackIndex, clock: RTPClock, timestamp: UInt32, at arrival: Int64) {
        self.track = track
        rate = Double(max(clock.rate, 1)) / 1e9
        arrivals = ArrivalClock(source: 0, arrival: arrival)
        newest = (timestamp, 0, arrival)
    }

    /// The place of a timestamp in the stream, in nanoseconds since its first packet.
    func place(of timestamp: UInt32) -> Int64 {
        place(ofTicks: newest.ticks &+ Int64(Int32(bitPattern: timestamp &- newest.timestamp)))
    }

    /// The newest place in the stream.
    var newestPlace: Int64 { place(ofTicks: newest.ticks) }

    /// Whether packets come.
    func isFlowing(at now: Int64) -> Bool { now &- newest.arrival <= Self.idleTime }

    /// The sender's clock over the stream, as each packet asks for it: mutating, so that the stream is not copied for it.
    var followedLine: ClockLine? {
        mutating get { followed }
    }

    /// When the place was captured, by arrivals.
    func capturedByArrivals(_ place: Int64) -> Int64 { arrivals.arrival(of: place) &- delay }

    /// The timestamp that lies so many nanoseconds behind the newest one.
    func timestamp(_ nanoseconds: Int64) -> UInt32 {
        newest.timestamp &+ UInt32(truncatingIfNeeded: Self.whole((Double(nanoseconds) * rate).rounded()))
    }

    /// Takes a packet.
    ///
    /// - Parameters:
    ///   - timestamp: its timestamp.
    ///   - isNewest: whether its number is the newest one.
    ///   - arrival: when it came.
    /// - Returns: its place in the stream, and whether the timestamps have jumped, so that counting has begun anew.
    mutating func receive(_ timestamp: UInt32, isNewest: Bool, at arrival: Int64) -> (place: Int64, hasJumped: Bool) {
        // In long silences timestamps wrap unseen, but they go on with time.
        let elapsed = Int64(Double(min(max(0, arrival &- newest.arrival), 1 << 60)) * rate)
        let expected = newest.timestamp &+ UInt32(truncatingIfNeeded: elapsed)
        let ticks = newest.ticks &+ elapsed &+ Int64(Int32(bitPattern: timestamp &- expected))
        let place = place(ofTicks: ticks)
        let lateness = arrival &- arrivals.arrival(of: place)
        let step = lateness &- lastLateness
        let isBack = isNewest && step > Self.mostStep && step > arrival &- newest.arrival &+ Self.mostStep
        guard lateness >= Self.mostEarly, lateness <= Self.mostLate, !isBack else {
            beginAnew(timestamp, at: arrival)
            return (0, true)
        }
        guard isNewest else { return (place, false) }
        lastLateness = lateness
        arrivals.receive(place, at: arrival)
        if ticks > newest.ticks { newest = (timestamp, ticks, arrival) }
        return (place, false)
    }

    /// Takes a sender report.
    ///
    /// - Parameters:
    ///   - report: the report.
    ///   - wall: its wall clock in nanoseconds.
    ///   - now: when it came.
    /// - Returns: whether it makes sense by itself.
    mutating func receive(_ report: SenderReport, wall: Int64, at now: Int64) -> Bool {
        let place = place(of: report.rtpTimestamp)
        let expected = newestPlace &+ max(0, now &- newest.arrival)
        guard ReportedClock.isSet(report.ntp), (place &- expected).magnitude <= UInt64(ReportedClock.farthest) else {
            reports?.doubt()
            return false
        }
        let pair = ReportedClock.Pair(media: place, wall: wall)
        if reports == nil {
            reports = ReportedClock(pair, heardAt: now)
        } else {
            reports?.receive(pair, at: now)
        }
        return true
    }

    /// The timestamps begin anew, on the same clock.
    private mutating func beginAnew(_ timestamp: UInt32, at arrival: Int64) {
        arrivals = ArrivalClock(source: 0, arrival: arrival, skew: arrivals.line.skew)
        newest = (timestamp, 0, arrival)
        lastLateness = 0
        reports = nil
        followed = nil
    }

    private func place(ofTicks ticks: Int64) -> Int64 { Self.whole(Double(ticks) / rate) }

    /// A number without its fraction; 0 where it is beyond what can be counted.
    private static func whole(_ value: Double) -> Int64 { value.magnitude < 9e18 ? Int64(value) : 0 }
}
