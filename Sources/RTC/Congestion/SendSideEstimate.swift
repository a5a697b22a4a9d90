// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// How much may be sent to a peer that tells when packets arrive (transport-wide feedback).
///
/// Delays and losses each have a say, the lower one counts. A sender that sends less than it might learns nothing of what
/// the path could carry; bursts show that. One that hands on what others make has no reason to begin low: for it there
/// is no limit until congestion is seen (`PathLimit`).
package struct SendSideEstimate: Sendable {
    /// The bits per second to begin with, as mediasoup has it (`initialAvailableOutgoingBitrate`).
    package static let initialBitrate = 600_000.0

    private var packets = SentPackets()
    private var trend = DelayTrend()
    private var control: RateControl
    private var loss = LossControl()
    private var signs = PathSigns()
    /// What takes the place of `control` and `loss` where there is no limit until congestion is seen.
    private var path: PathLimit?
    private var arriving = RateWindow()
    /// When the present path was taken.
    private var pathBegan = MonotonicTime(nanoseconds: 0)
    private var burst: BurstMeasurement?
    private var burstEndedAt: MonotonicTime?
    private var burstCount: UInt16 = 0
    private var isBursting = false
    /// The receiver's clock, unwrapped from 24 bits of 64 ms, in units of 250 µs.
    private var newestArrival: Int64?
    /// The bits per second that the receiver got, as it last said.
    package private(set) var acknowledgedBitrate: UInt64?
    /// What the last burst showed to get through.
    package private(set) var provenBitrate: UInt64?
    /// Reports that were taken.
    package private(set) var reports: UInt64 = 0

    /// For so long after a burst its packets are waited for.
    private static let burstPatience: Duration = .seconds(1)
    private static let referenceCycle: Int64 = 1 << 24 * Int64(TransportFeedback.ticksPerReference)
    /// The clock of a receiver that tells more, some eight years, is begun anew.
    private static let latestArrival: Int64 = 1 << 40

    /// Makes an estimate that knows nothing of the path.
    ///
    /// - Parameter bitrate: the bits per second to begin with.
    package init(bitrate: Double = Self.initialBitrate) {
        control = RateControl(bitrate: bitrate)
    }

    /// An estimate of a path that is taken to carry whatever comes until it shows congestion.
    package static var unlimited: SendSideEstimate {
        var estimate = SendSideEstimate()
        estimate.path = PathLimit()
        return estimate
    }

    /// The bits per second that may be sent; where nothing limits them, the most that can come out.
    package var bitrate: UInt64 { limit ?? UInt64(RateControl.range.upperBound) }

    /// The bits per second that may be sent; `nil` where nothing limits them.
    package var limit: UInt64? {
        path == nil ? UInt64(min(control.bitrate, loss.limit ?? .infinity)) : path?.bitrate
    }

    /// When congestion last made the estimate fall.
    package var fellAt: MonotonicTime? {
        path == nil ? [control.fellAt, loss.fellAt].compactMap(\.self).max() : path?.fellAt
    }

    /// A packet leaves.
    ///
    /// - Parameters:
    ///   - number: its transport-wide number.
    ///   - size: its size in bytes.
    ///   - stream: the stream that it carries a packet of, by its index.
    ///   - sequenceNumber: the number of that packet, which may be sent again.
    ///   - moment: when it leaves.
    package mutating func send(
        _ number: UInt16,
        size: Int,
        stream: Int = 0,
        sequenceNumber: UInt16 = 0,
        at moment: MonotonicTime
    ) {
        packets.add(
            SentPackets.Packet(
                sent: moment,
                number: number,
                size: UInt16(clamping: size),
                burst: isBursting ? burstCount : 0,
                stream: UInt16(stream),
                sequenceNumber: sequenceNumber
            )
        )
    }

    /// Packets that leave from now on are part of a burst, until it is ended.
    package mutating func beginBurst() {
        burstCount = burstCount == .max ? 1 : burstCount + 1
        burst = BurstMeasurement(id: burstCount)
        burstEndedAt = nil
        isBursting = true
    }

    /// The burst is over; what is told of its packets from now on decides what it shows.
    package mutating func endBurst(at moment: MonotonicTime) {
        guard isBursting else { return }
        isBursting = false
        burstEndedAt = moment
    }

    /// Whether a burst is under way, or waited for.
    package var hasBurst: Bool { burst != nil }

    /// Takes a report of the receiver.
    ///
    /// - Parameters:
    ///   - feedback: the report.
    ///   - compound: the bytes it was read from.
    ///   - roundTrip: the round-trip time, where known.
    ///   - now: the present moment.
    /// - Returns: the packets that have not come, as was not told before; bursts aside.
    @discardableResult
    package mutating func receive(
        _ feedback: TransportFeedback,
        in compound: RawSpan,
        roundTrip: Duration?,
        at now: MonotonicTime
    ) -> [SentPackets.Packet] {
        reports += 1
        let shift = unwrap(feedback)
        var missed: [SentPackets.Packet] = []
        var (arrived, late) = (0, 0)
        feedback.forEachPacket(in: compound) { number, arrival in
            guard let arrival else {
                guard let packet = packets.miss(number) else { return }
                if packet.burst == 0 {
                    missed.append(packet)
                } else if packet.burst == burst?.id {
                    burst?.miss()
                }
                return
            }
            guard let packet = packets.take(number) else { return }
            if packet.burst == 0 {
                arrived += 1
                if packet.isMissed { late += 1 }
            }
            take(packet, arrival: arrival + shift)
        }
        let lost = max(0, missed.count - late)
        draw(arrived: arrived, missed: lost, roundTrip: roundTrip ?? .milliseconds(100), at: now)
        return missed
    }

    /// What is added to the arrivals of a report so that they go on from the ones before.
    private mutating func unwrap(_ feedback: TransportFeedback) -> Int64 {
        let reference = Int64(feedback.referenceTime) * Int64(TransportFeedback.ticksPerReference)
        guard let newestArrival, newestArrival < Self.latestArrival else {
            (trend, signs, arriving) = (DelayTrend(), PathSigns(), RateWindow())
            // Far from zero, so that no arrival lies before it.
            newestArrival = reference + Self.referenceCycle
            return Self.referenceCycle
        }
        let apart = reference - newestArrival
        let cycles = (Double(-apart) / Double(Self.referenceCycle)).rounded()
        let shift = Int64(cycles) * Self.referenceCycle
        self.newestArrival = max(newestArrival, reference + shift)
        return shift
    }

    /// Another path is taken from here on: the delays of the former one say nothing of it.
    ///
    /// - Parameter now: the present moment; what left before it took the former path.
    package mutating func forgetPath(at now: MonotonicTime) {
        trend = DelayTrend()
        signs = PathSigns()
        pathBegan = now
    }

    private mutating func take(_ packet: SentPackets.Packet, arrival ticks: Int64) {
        let arrival = MonotonicTime(nanoseconds: UInt64(max(0, ticks)) * TransportFeedback.tick)
        if packet.sent >= pathBegan {
            trend.receive(sent: packet.sent, arrival: arrival)
            if path != nil { signs.receive(sent: packet.sent, arrival: arrival) }
        }
        arriving.add(Int(packet.size), at: arrival)
        if packet.burst != 0, packet.burst == burst?.id {
            burst?.receive(sent: packet.sent, arrival: arrival, size: Int(packet.size))
        } else if let burstEndedAt, packet.sent > burstEndedAt {
            // What left after the burst has arrived: there is no more to come.
            self.burstEndedAt = MonotonicTime(nanoseconds: 0)
        }
    }

    private mutating func draw(arrived: Int, missed: Int, roundTrip: Duration, at now: MonotonicTime) {
        let throughput = arriving.newestBitrate
        acknowledgedBitrate = throughput.map { UInt64($0) }
        guard path == nil else {
            signs.count(arrived: arrived, missed: missed, at: now)
            if let throughput, let since = signs.findLongerPath(throughput, at: now) { path?.revoke(since: since) }
            path?.update(
                signs.verdict(with: trend.signal, isBursting: burst != nil, at: now),
                throughput: throughput,
                roundTrip: roundTrip,
                at: now
            )
            return concludeBurst(at: now)
        }
        // A burst that is more than the path carries makes its queue grow: that is what it is for.
        let signal = burst != nil && trend.signal == .overuse ? .underuse : trend.signal
        control.update(signal, throughput: throughput, roundTrip: roundTrip, at: now)
        loss.update(arrived: arrived, missed: missed, bitrate: Double(bitrate), roundTrip: roundTrip, at: now)
        concludeBurst(at: now)
    }

    private mutating func concludeBurst(at now: MonotonicTime) {
        guard let burst, !isBursting, let ended = burstEndedAt else { return }
        guard ended.nanoseconds == 0 || now - ended > Self.burstPatience else { return }
        self.burst = nil
        burstEndedAt = nil
        guard let proven = burst.bitrate else { return }
        provenBitrate = UInt64(proven)
        guard path == nil else {
            path?.proved(proven, at: now)
            return
        }
        if trend.signal != .overuse {
            control.raise(to: proven, at: now)
            loss.raise(to: proven)
        }
    }
}
