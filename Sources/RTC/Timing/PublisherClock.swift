// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The clock of all that one publisher sends: tells when each packet was captured, on our own clock.
///
/// How audio, video and the layers of each lie to each other is what the publisher's sender reports say, while those of
/// all tracks make sense; their wall clock, whatever it counts from, is laid on ours by the earliest arrivals. Otherwise
/// it is the earliest arrivals of each stream, and what the reports said while they could be believed is kept. "Captured"
/// is later than the truth by a time that is the same for all streams: that of the quickest one from the camera or
/// microphone to us.
package struct PublisherClock: Sendable {
    /// The clocks of streams, by their places in the session.
    var streams: [StreamClock?] = []
    /// The publisher's wall clock on ours, in use while the reports are followed.
    private(set) var wallClock = ArrivalClock(source: 0, arrival: 0)
    /// Whether the reports are followed.
    package private(set) var followsReports = false
    /// Whether those of each track have been confirmed, so that what they say is worth keeping.
    private var areReportsConfirmed = false
    /// The first wall clock that was reported, which nanoseconds are counted from.
    private var base: NTPTime?
    /// When reports arrive, by what their wall clock says.
    private var reportArrivals: ArrivalClock?
    private var lastReported: Int64 = 0

    /// Streams of one wall clock have delays that differ by less than this.
    private static let mostDifference: Int64 = 5_000_000_000
    /// Nothing was captured farther than this from its arrival.
    private static let farthest: Int64 = 15_000_000_000

    /// Makes a clock of a publisher that has sent nothing.
    package init() {}

    /// Takes a packet, and tells when it was captured.
    ///
    /// - Parameters:
    ///   - timestamp: its timestamp.
    ///   - slot: the place of its stream in the session.
    ///   - isNewest: whether its number is the newest one.
    ///   - moment: when it came.
    /// - Returns: when it was captured; the moment itself where the stream was not begun.
    package mutating func receive(
        _ timestamp: UInt32,
        of slot: Int,
        isNewest: Bool = true,
        at moment: MonotonicTime
    ) -> MonotonicTime {
        let arrival = Int64(truncatingIfNeeded: moment.nanoseconds)
        guard slot < streams.count,
            let (place, hasJumped) = streams[slot]?.receive(timestamp, isNewest: isNewest, at: arrival)
        else { return moment }
        if hasJumped { review(at: moment) }
        guard let followed = streams[slot]?.followedLine else {
            return Self.moment(streams[slot]?.capturedByArrivals(place) ?? arrival, or: moment)
        }
        let wall = followed.target(at: place)
        if isNewest { wallClock.receive(wall, at: arrival) }
        return Self.moment(wallClock.arrival(of: wall), or: moment)
    }

    /// A stream begins.
    ///
    /// - Parameters:
    ///   - slot: its place in the session.
    ///   - track: the track that it is a layer of.
    ///   - clock: what its timestamps count in.
    ///   - timestamp: the timestamp of its first packet.
    ///   - moment: when that came.
    package mutating func begin(
        _ slot: Int,
        of track: TrackIndex,
        _ clock: RTPClock,
        timestamp: UInt32,
        at moment: MonotonicTime
    ) {
        while streams.count <= slot { streams.append(nil) }
        let arrival = Int64(truncatingIfNeeded: moment.nanoseconds)
        var stream = StreamClock(track: track, clock: clock, timestamp: timestamp, at: arrival)
        // What encoding takes is known from the stream before, or from another layer.
        if let other = streams.lazy.compactMap(\.self).first(where: { $0.track == track }) {
            stream.delay = other.delay
            stream.isDelayReported = other.isDelayReported
        }
        streams[slot] = stream
        review(at: moment)
    }

    /// Takes a sender report.
    ///
    /// - Parameters:
    ///   - report: the report.
    ///   - slot: the place of its stream in the session.
    ///   - moment: when it came.
    package mutating func receive(_ report: SenderReport, of slot: Int, at moment: MonotonicTime) {
        guard slot < streams.count, streams[slot] != nil else { return }
        let arrival = Int64(truncatingIfNeeded: moment.nanoseconds)
        let start = base ?? report.ntp
        let wall = report.ntp.nanoseconds(since: start)
        if streams[slot]?.receive(report, wall: wall, at: arrival) == true {
            base = start
            noteArrival(ofReport: wall, at: arrival)
        }
        review(at: moment)
    }

    /// Looks which clock is to be followed; called about once a second, and when something has changed.
    package mutating func review(at moment: MonotonicTime) {
        let now = Int64(truncatingIfNeeded: moment.nanoseconds)
        if canFollowReports(at: now) {
            follow(at: now)
            areReportsConfirmed = streams.allSatisfy { stream in
                guard let stream, stream.isFlowing(at: now) else { return true }
                return hasReports(stream.track, at: now, isConfirmed: true)
            }
            noteDelays()
        } else if followsReports {
            leaveReports()
        }
        if !followsReports { alignLayers(at: now) }
    }
}

extension PublisherClock {
    /// When a place in a stream was captured.
    func captured(_ place: Int64, of stream: StreamClock) -> Int64 {
        guard let followed = stream.followed else { return stream.capturedByArrivals(place) }
        return wallClock.arrival(of: followed.target(at: place))
    }

    /// Whether each track that flows has a stream whose reports are believed, and all are of one wall clock.
    private func canFollowReports(at now: Int64) -> Bool {
        var least = Int64.max
        var most = Int64.min
        for case let stream? in streams where stream.isFlowing(at: now) {
            guard hasReports(stream.track, at: now, isConfirmed: false) else { return false }
            guard let reports = stream.reports, reports.isTrusted(at: now) else { continue }
            let place = stream.newestPlace
            let transit = stream.arrivals.arrival(of: place) &- reports.line.target(at: place)
            least = min(least, transit)
            most = max(most, transit)
        }
        return least <= most && (most &- least) >= 0 && (most &- least) <= Self.mostDifference
    }

    private func hasReports(_ track: TrackIndex, at now: Int64, isConfirmed: Bool) -> Bool {
        streams.contains { stream in
            guard let stream, stream.track == track, let reports = stream.reports else { return false }
            guard reports.isConfirmed || !isConfirmed else { return false }
            return stream.isFlowing(at: now) && reports.isTrusted(at: now)
        }
    }

    /// Follows the reports, from where each stream was captured so far; so the quickest stream stays where it is.
    private mutating func follow(at now: Int64) {
        var start: (wall: Int64, captured: Int64, skew: Double)?
        for slot in streams.indices {
            guard let stream = streams[slot] else { continue }
            guard stream.isFlowing(at: now) else {
                // What comes after a pause is told by arrivals, until there are reports again.
                streams[slot]?.followed = nil
                continue
            }
            guard let line = reportLine(for: stream, at: now) else {
                if stream.followed != nil { hold(slot) }
                continue
            }
            if !followsReports {
                let place = stream.newestPlace
                let wall = line.target(at: place)
                let captured = captured(place, of: stream)
                if start.map({ captured &- wall < $0.captured &- $0.wall }) ?? true {
                    start = (wall, captured, stream.arrivals.line.skew - line.skew)
                }
            }
            streams[slot]?.followed = line
        }
        guard !followsReports, let start else { return }
        wallClock = ArrivalClock(source: start.wall, arrival: start.captured, skew: start.skew)
        followsReports = true
    }

    /// The reports that hold for a stream: its own, or those of a layer of the same track that counts alike.
    private func reportLine(for stream: StreamClock, at now: Int64) -> ClockLine? {
        if let reports = stream.reports, reports.isTrusted(at: now) { return reports.line }
        for case let other? in streams where other.track == stream.track {
            guard let reports = other.reports, reports.isTrusted(at: now), countAlike(stream, other) else { continue }
            // The same timestamp is at another place in each stream.
            let place = stream.newestPlace
            let wall = reports.line.target(at: other.place(of: stream.newest.timestamp))
            return ClockLine(source: place, target: wall, skew: reports.line.skew)
        }
        return nil
    }

    /// Goes by arrivals, without a jump: what each stream is captured earlier by is kept.
    private mutating func leaveReports() {
        for slot in streams.indices where streams[slot]?.followed != nil { hold(slot) }
        followsReports = false
        areReportsConfirmed = false
    }

    private mutating func hold(_ slot: Int) {
        noteDelay(slot)
        streams[slot]?.followed = nil
    }

    /// Notes what each stream is captured earlier by than by its arrivals, for when the reports can't be followed.
    private mutating func noteDelays() {
        for slot in streams.indices where streams[slot]?.followed != nil { noteDelay(slot) }
    }

    private mutating func noteDelay(_ slot: Int) {
        guard areReportsConfirmed, let stream = streams[slot] else { return }
        let place = stream.newestPlace
        let delay = stream.arrivals.arrival(of: place) &- captured(place, of: stream)
        guard delay.magnitude <= UInt64(Self.mostDifference) else { return }
        streams[slot]?.delay = delay
        streams[slot]?.isDelayReported = true
    }

    /// The offset of the publisher's wall clock to ours, with 32 bits of fraction, as the abs-capture-time extension has
    /// it; `nil` while its reports can't be believed.
    ///
    /// - Parameters:
    ///   - wallClock: our own.
    ///   - roundTrip: the round-trip time to the publisher; 0 where it is not known.
    /// - Returns: what is added to our clock to get the publisher's.
    package func offset(to wallClock: WallClock, roundTrip: Duration) -> Int64? {
        guard followsReports, let base, let reportArrivals else { return nil }
        let arrival = Self.moment(reportArrivals.arrival(of: lastReported))
        let theirs = base + .nanoseconds(lastReported)
        return Int64(bitPattern: theirs.rawValue &- wallClock.time(at: arrival + roundTrip / -2).rawValue)
    }

    private mutating func noteArrival(ofReport wall: Int64, at arrival: Int64) {
        lastReported = wall
        let lateness = reportArrivals.map { arrival &- $0.arrival(of: wall) }
        if let lateness, lateness.magnitude <= UInt64(Self.mostDifference) {
            reportArrivals?.receive(wall, at: arrival)
        } else {
            reportArrivals = ArrivalClock(source: wall, arrival: arrival)
        }
    }

    /// The moment of capture; that of the arrival where it can't be right.
    private static func moment(_ nanoseconds: Int64, or moment: MonotonicTime) -> MonotonicTime {
        let age = Int64(truncatingIfNeeded: moment.nanoseconds) &- nanoseconds
        return age.magnitude <= UInt64(farthest) ? Self.moment(nanoseconds) : moment
    }

    private static func moment(_ nanoseconds: Int64) -> MonotonicTime {
        MonotonicTime(nanoseconds: UInt64(max(0, nanoseconds)))
    }
}
