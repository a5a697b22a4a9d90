// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC

/// A publisher in virtual time, the clock that follows it, and the streams that go out: what a viewer makes of them.
///
/// Moments are nanoseconds on our clock. All packets are under way for 30 ms and what the network adds.
struct TimedBroadcast {
    /// What the publisher says in its sender reports.
    enum Reports: Sendable {
        /// The truth.
        case sane
        /// Nothing.
        case none
        /// Seconds of `0xFFFFFFFF`.
        case unset
        /// Zero throughout.
        case zero
        /// Another wall clock each time, and now and then another timestamp.
        case jumping
        /// A wall clock that goes twice as fast.
        case fast
    }

    /// One stream of the publisher, and what goes out of it.
    struct Stream {
        let slot: Int
        let track: TrackIndex
        let rate: UInt32
        /// The time between two packets, each of which is a picture or a piece of sound.
        let interval: Int64
        /// What the encoder takes.
        var encoding: Int64
        /// How much faster than ours its clock runs.
        var skew: Double
        var reports: Reports
        /// The time between two reports.
        var reportInterval: Int64 = 1_000_000_000
        var ssrc: UInt32
        var sequenceNumber: UInt16
        /// The timestamp of a moment.
        var base: (timestamp: UInt32, moment: Int64)
        var nextCapture: Int64
        var nextReport: Int64
        var lastArrival: Int64 = 0
        var isKnown = false
        var forwarder: TrackForwarder
        var out: SendStream
        /// The reports that went out, as moment and content.
        var lastSent: SenderReport?
        var firstReportAfter: Int64?
        var firstSentAt: Int64?
        var goesBack = false
        /// The last packet: when it was captured, and the timestamp that it went out with.
        var last: (captured: Int64, timestamp: UInt32) = (0, 0)
        var largestStepError: Double = 0

        func timestamp(at moment: Int64) -> UInt32 {
            let ticks = Double(moment - base.moment) * (1 + skew) * Double(rate) / 1e9
            return base.timestamp &+ UInt32(truncatingIfNeeded: Int64(ticks.rounded()))
        }
    }

    static let transit: Int64 = 30_000_000
    static let second: Int64 = 1_000_000_000

    var numbers: SplitMix64
    var clock = PublisherClock()
    var streams: [Stream] = []
    /// The wall clock of the publisher: what it read at a moment, and how much faster than ours it runs.
    var wall: (ntp: NTPTime, moment: Int64, skew: Double)
    /// The mean of what the network adds.
    var jitter: Double = 8_000_000
    /// How long the path stands still once a minute.
    var stall: Int64 = 1_500_000_000
    private(set) var now: Int64 = 10_000_000_000
    private var nextReview: Int64 = 0
    let wallClock: WallClock

    init(seed: UInt64, skew: Double, wall: UInt64 = 3_900_000_000 << 32) {
        numbers = SplitMix64(seed: seed)
        self.wall = (NTPTime(rawValue: wall), 10_000_000_000, skew)
        wallClock = WallClock(
            monotonic: MonotonicTime(nanoseconds: 10_000_000_000),
            ntp: NTPTime(rawValue: 3_990_000_000 << 32)
        )
    }

    /// Adds a stream that begins now.
    mutating func add(
        _ kind: MediaKind,
        track: Int,
        interval: Int64,
        encoding: Int64,
        reports: Reports = .sane,
        timestamp: UInt32? = nil
    ) {
        let codec = RTPCodec(
            kind: kind,
            name: kind == .audio ? "opus" : "VP8",
            payloadType: 96,
            clockRate: kind == .audio ? 48_000 : 90_000
        )
        let configuration = ForwardingConfiguration(from: codec, to: codec, waitsForKeyFrame: false, using: &numbers)
        streams.append(
            Stream(
                slot: streams.count,
                track: TrackIndex(track),
                rate: codec.clockRate,
                interval: interval,
                encoding: encoding,
                skew: wall.skew,
                reports: reports,
                ssrc: .random(in: .min ... .max, using: &numbers),
                sequenceNumber: .random(in: .min ... .max, using: &numbers),
                base: (timestamp ?? .random(in: .min ... .max, using: &numbers), now),
                nextCapture: now + Int64.random(in: 0..<interval, using: &numbers),
                nextReport: now + Int64.random(in: 100_000_000..<Self.second, using: &numbers),
                forwarder: TrackForwarder(configuration),
                out: SendStream(
                    SendStreamParameters(
                        kind: kind,
                        mid: nil,
                        ssrc: UInt32(streams.count + 1),
                        codec: codec,
                        extensions: HeaderExtensionMap(),
                        cname: "c"
                    )
                )
            )
        )
    }

    /// Lets time pass.
    mutating func run(for duration: Int64) {
        let end = now + duration
        while let next = streams.indices.min(by: { due(streams[$0]) < due(streams[$1]) }), due(streams[next]) < end {
            now = max(now, due(streams[next]))
            if now >= nextReview {
                nextReview = now + Self.second
                clock.review(at: moment)
            }
            if streams[next].nextReport < streams[next].nextCapture { report(next) } else { send(next) }
        }
        now = max(now, end)
    }

    /// The publisher is gone for a while and comes back in another session, with other numbers and beginnings.
    mutating func comeBack(after pause: Int64) {
        now += pause
        clock = PublisherClock()
        for index in streams.indices {
            streams[index].forwarder.switchSource()
            streams[index].isKnown = false
            jump(index, toNumber: .random(in: .min ... .max, using: &numbers))
            streams[index].ssrc = .random(in: .min ... .max, using: &numbers)
        }
    }

    /// The timestamps of a stream begin elsewhere, under numbers that go on or jump as well.
    mutating func jump(_ index: Int, toNumber number: UInt16? = nil) {
        let start = max(now, streams[index].nextCapture)
        streams[index].base = (.random(in: .min ... .max, using: &numbers), start)
        streams[index].nextCapture = max(start, streams[index].nextCapture)
        streams[index].nextReport = max(streams[index].nextReport, start + Self.second)
        if let number { streams[index].sequenceNumber = number }
    }

    var moment: MonotonicTime { MonotonicTime(nanoseconds: UInt64(now)) }

    /// When a viewer takes the last packet of a stream to have been captured, minus when it was, in milliseconds: the
    /// same for all streams where they are in step.
    func lateness(_ index: Int) -> Double {
        guard let report = streams[index].lastSent else { return .nan }
        let stream = streams[index]
        let wall = Double(Int64(bitPattern: report.ntp.rawValue &- wallClock.ntp.rawValue)) / 4_294_967_296 * 1e9
        let behind = Double(Int32(bitPattern: stream.last.timestamp &- report.rtpTimestamp))
        let viewed = wall + Double(wallClock.monotonic.nanoseconds) + behind / Double(stream.rate) * 1e9
        return (viewed - Double(stream.last.captured)) / 1e6
    }
}

extension TimedBroadcast {
    private func due(_ stream: Stream) -> Int64 { min(stream.nextCapture, stream.nextReport) }

    /// When what leaves the encoder arrives.
    private mutating func arrival(_ sent: Int64) -> Int64 {
        let added = -jitter * Double.random(in: Double.ulpOfOne..<1, using: &numbers).logarithm
        let isStalled = sent % (60 * Self.second) < stall
        let left = isStalled ? sent - sent % (60 * Self.second) + stall : sent
        return left + Self.transit + Int64(added)
    }

    private mutating func send(_ index: Int) {
        let captured = streams[index].nextCapture
        let arrived = max(arrival(captured + streams[index].encoding), streams[index].lastArrival + 1_000)
        streams[index].nextCapture += streams[index].interval
        streams[index].lastArrival = arrived
        let at = MonotonicTime(nanoseconds: UInt64(arrived))
        let timestamp = streams[index].timestamp(at: captured)
        if !streams[index].isKnown {
            streams[index].isKnown = true
            let rate = RTPClock(rate: streams[index].rate)
            clock.begin(index, of: streams[index].track, rate, timestamp: timestamp, at: at)
        }
        let capturedAt = clock.receive(timestamp, of: index, at: at)
        guard
            let header = try? RTPHeader.sample(
                streams[index].sequenceNumber,
                timestamp: timestamp,
                ssrc: streams[index].ssrc
            )
        else { return }
        streams[index].sequenceNumber &+= 1
        let packet = ReceivedPacket(
            header: header,
            payload: 12..<20,
            extensions: PacketExtensions(),
            track: streams[index].track,
            encoding: EncodingIndex(0),
            stream: ReceiveStreamIndex(index),
            receivedAt: at,
            capturedAt: capturedAt
        )
        guard let out = streams[index].forwarder.forward(packet, InspectedPayload([]), at: at)?.packet else { return }
        streams[index].note(out, captured: captured, at: at, wallClock)
    }

    private mutating func report(_ index: Int) {
        let sent = streams[index].nextReport
        streams[index].nextReport += streams[index].reportInterval
        guard streams[index].isKnown, streams[index].reports != .none else { return }
        let elapsed = Double(sent - wall.moment) * (1 + wall.skew)
        var report = SenderReport(
            ssrc: streams[index].ssrc,
            ntp: wall.ntp + .nanoseconds(Int64(elapsed)),
            rtpTimestamp: streams[index].timestamp(at: sent),
            packetCount: 0,
            octetCount: 0
        )
        switch streams[index].reports {
        case .sane, .none: break
        case .unset: report.ntp = NTPTime(rawValue: .max)
        case .zero: (report.ntp, report.rtpTimestamp) = (NTPTime(rawValue: 0), 0)
        case .jumping:
            report.ntp = NTPTime(rawValue: numbers.next())
            if Bool.random(using: &numbers) { report.rtpTimestamp = .random(in: .min ... .max, using: &numbers) }
        case .fast: report.ntp = wall.ntp + .nanoseconds(Int64(elapsed * 2))
        }
        let arrived = max(arrival(sent), streams[index].lastArrival)
        clock.receive(report, of: index, at: MonotonicTime(nanoseconds: UInt64(arrived)))
    }
}

extension TimedBroadcast.Stream {
    /// Sends a packet on, and reports where it is time.
    fileprivate mutating func note(
        _ packet: OutgoingRTP,
        captured: Int64,
        at now: MonotonicTime,
        _ wallClock: WallClock
    ) {
        if last.captured != 0 {
            let step = Double(Int32(bitPattern: packet.timestamp &- last.timestamp)) / Double(rate) * 1e3
            let error = abs(step - Double(captured - last.captured) / 1e6)
            largestStepError = max(largestStepError, error)
        }
        last = (captured, packet.timestamp)
        if firstSentAt == nil { firstSentAt = Int64(now.nanoseconds) }
        _ = bytesWritten { out.writeHeader(of: packet, payloadLength: 8, at: now, into: &$0) }
        guard let due = out.reportDue, due <= now else { return }
        let bytes = bytesWritten { _ = out.writeReport(at: now, wallClock: wallClock, into: &$0) }
        guard var reader = try? RTCPReader(validating: bytes.span.bytes),
            case .senderReport(let report, _)? = reader.next(in: bytes.span.bytes)
        else { return }
        if firstReportAfter == nil { firstReportAfter = Int64(now.nanoseconds) - (firstSentAt ?? 0) }
        if let lastSent {
            // Over hours timestamps wrap, so that what lies behind seems to lie before.
            let isSoon = report.ntp < lastSent.ntp + .seconds(3_600)
            let step = Int32(bitPattern: report.rtpTimestamp &- lastSent.rtpTimestamp)
            goesBack = goesBack || report.ntp < lastSent.ntp || isSoon && step < 0
        }
        lastSent = report
    }
}

extension Double {
    /// The natural logarithm, by the series that a test needs.
    fileprivate var logarithm: Double {
        let ratio = (significand - 1) / (significand + 1)
        let square = ratio * ratio
        let series = 2 * ratio * (1 + square / 3 + square * square / 5 + square * square * square / 7)
        return series + Double(exponent) * 0.693_147_180_559_945_3
    }
}
