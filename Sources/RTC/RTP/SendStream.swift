// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// One RTP stream on its way out: writes the headers of its packets, counts them, and reports on them.
package struct SendStream: Sendable {
    /// The SSRC.
    package let ssrc: UInt32
    /// The clock of its timestamps.
    package let clock: RTPClock
    /// The canonical name in UTF-8, cut to what an item can hold.
    package let canonicalName: [UInt8]
    /// What was sent so far.
    package private(set) var statistics = SendStatistics()
    /// When the next sender report is due; `nil` until a packet was sent.
    package private(set) var reportDue: MonotonicTime?
    /// What the receiver last said.
    package private(set) var lastReportBlock: ReportBlock?
    /// The round-trip time, where the receiver's reports tell it.
    package private(set) var roundTripTime: Duration?

    /// The packet that the newest key frame begins with.
    var keyFrame: UInt16?
    /// The frames of video that were sent.
    private(set) var frames = FrameCounter()
    /// What the receiver has told.
    var feedback = FeedbackCounters()
    /// What was sent again.
    var retransmitted = PacketCount()

    /// How packets are sent again on request.
    let retransmissionForm: RetransmissionForm
    /// What is sent again, where requests were agreed on.
    var retransmission: Retransmission?

    /// Whether it carries pictures.
    let isVideo: Bool
    private let identifiers: StreamIdentifiers
    private let extensionWriter: HeaderExtensionWriter
    /// Whether packets can carry when they were captured.
    private let tellsCaptureTimes: Bool
    /// The newest timestamp.
    private var latest: SentTimestamp?
    /// How long after its capture what was sent has left.
    private var captureDelay = CaptureDelay()
    /// The timestamp and the moment of the last report.
    private var lastReport: (timestamp: UInt32, moment: MonotonicTime)?
    /// When capture moments go into packets.
    private var captureTimes = CaptureTimeSchedule()

    /// The time between two sender reports.
    package static let reportInterval: Duration = .seconds(1)
    /// The least time between two of them, where the last one no longer holds.
    private static let leastReportInterval: Duration = .milliseconds(200)
    /// After so long timestamps may have wrapped, so that a later one seems to be earlier.
    private static let wrapTime: Duration = .seconds(3_600)
    /// A report that is wrong by more than this part of a second, 5 ms, no longer holds.
    private static let clearErrorPart: UInt32 = 200
    /// The most bytes that a header of ours takes.
    package static let maximumHeaderLength = RTPHeader.minimumLength + HeaderExtensionWriter.maximumLength

    /// Makes a stream that has sent nothing yet.
    ///
    /// - Parameter parameters: what was agreed on for it.
    package init(_ parameters: SendStreamParameters) {
        ssrc = parameters.ssrc
        clock = RTPClock(rate: parameters.codec.clockRate)
        isVideo = parameters.kind == .video
        canonicalName = Array(parameters.cname.utf8.prefix(SourceDescription.maximumNameLength))
        identifiers = StreamIdentifiers(
            mid: parameters.mid.flatMap { ShortIdentifier($0) },
            rtpStreamID: parameters.rid.flatMap { ShortIdentifier($0) }
        )
        extensionWriter = HeaderExtensionWriter(map: parameters.extensions)
        tellsCaptureTimes = parameters.extensions[.absCaptureTime] != nil
        retransmission = Retransmission(parameters)
        retransmissionForm = retransmission.map { $0.separate == nil ? .unchanged : .separate } ?? .none
    }

    /// Appends the whole plain header of a packet, and counts the packet as sent.
    ///
    /// - Parameters:
    ///   - packet: what the forwarder or source decided.
    ///   - payloadLength: the length of the payload that will follow.
    ///   - hop: the extensions that belong to this hop.
    ///   - now: the moment of sending.
    ///   - wallClock: the clock that the sender reports are made with; with it capture moments are told.
    ///   - out: where to append; has at least `maximumHeaderLength` bytes left.
    /// - Returns: whether a report has become due: it is the first packet, or the first one after a pause, or it was
    ///   captured at another moment than the last report says.
    @discardableResult
    package mutating func writeHeader(
        of packet: OutgoingRTP,
        payloadLength: Int,
        hop: HopExtensions = HopExtensions(),
        at now: MonotonicTime,
        wallClock: WallClock? = nil,
        into out: inout OutputRawSpan
    ) -> Bool {
        let former = reportDue
        let isNewer = remember(packet, at: now)
        var extensions = packet.extensions
        if let wallClock, tellsCaptureTimes {
            captureTimes.complete(&extensions, capturedAt: packet.capturedAt, isNewer: isNewer, wallClock, at: now)
        }
        writeHeader(of: packet, extensions, ssrc: ssrc, identifiers, hop: hop, into: &out)
        statistics.packets += 1
        statistics.octets += UInt64(payloadLength)
        if isVideo { frames.count(packet.timestamp, isKeyFrame: packet.isKeyFrame, at: now) }
        return reportDue != former
    }

    /// A report on what was sent; `nil` while nothing was.
    ///
    /// Its timestamp is extrapolated to `now` from when the newest one was captured, so that the reports of all streams
    /// whose packets know when they were captured agree.
    ///
    /// - Parameters:
    ///   - now: the moment of the report.
    ///   - wallClock: tells the wall-clock time of that moment.
    /// - Returns: the report.
    package func senderReport(at now: MonotonicTime, wallClock: WallClock) -> SenderReport? {
        guard let latest else { return nil }
        return SenderReport(
            ssrc: ssrc,
            ntp: wallClock.time(at: now),
            rtpTimestamp: latest.timestamp(at: now, by: clock),
            packetCount: UInt32(truncatingIfNeeded: statistics.packets),
            octetCount: UInt32(truncatingIfNeeded: statistics.octets)
        )
    }

    /// Appends a sender report and the canonical name, and sets the time of the next one.
    ///
    /// There is a next one only where something was sent during the last two intervals: who sends nothing is no sender
    /// (RFC 3550 §6.4), and the next packet makes a report due.
    ///
    /// - Parameters:
    ///   - blocks: what the sender says of the streams it receives.
    ///   - now: the moment of the report.
    ///   - wallClock: tells the wall-clock time of that moment.
    ///   - out: where to append; has at least `reportLength(blocks:)` bytes left.
    /// - Returns: whether there was anything to report.
    package mutating func writeReport(
        blocks: Span<ReportBlock> = Span(),
        at now: MonotonicTime,
        wallClock: WallClock,
        into out: inout OutputRawSpan
    ) -> Bool {
        guard var report = senderReport(at: now, wallClock: wallClock) else { return false }
        // Time never goes back, even where it was said to be later than it has turned out to be.
        if let lastReport, now - lastReport.moment < Self.wrapTime,
            Int32(bitPattern: report.rtpTimestamp &- lastReport.timestamp) < 0
        {
            report.rtpTimestamp = lastReport.timestamp
        }
        lastReport = (report.rtpTimestamp, now)
        report.write(blocks: blocks, into: &out)
        SourceDescription.write(ssrc: ssrc, canonicalName: canonicalName.span, into: &out)
        reportDue = isActive(at: now) ? now + Self.reportInterval : nil
        return true
    }

    private func isActive(at now: MonotonicTime) -> Bool {
        latest.map { now - $0.sentAt <= Self.reportInterval * 2 } ?? false
    }

    /// How long after its capture what is sent leaves, up to the last packet of each picture.
    ///
    /// - Parameter now: this moment.
    /// - Returns: the delay, smoothed; `nil` where packets don't tell when they were captured, and while nothing is sent.
    package func captureDelay(at now: MonotonicTime) -> Duration? { isActive(at: now) ? captureDelay.value : nil }

    /// How many bytes `writeReport` appends with this many blocks.
    package func reportLength(blocks: Int = 0) -> Int {
        SenderReport.length(blocks: blocks) + SourceDescription.length(canonicalName: canonicalName.span)
    }

    /// Takes what the receiver says of this stream, and the round-trip time from it (RFC 3550 §6.4.1).
    ///
    /// - Parameters:
    ///   - block: the receiver's report block.
    ///   - now: the moment it came in.
    ///   - wallClock: the clock that the sender reports were made with.
    package mutating func receive(_ block: ReportBlock, at now: MonotonicTime, wallClock: WallClock) {
        lastReportBlock = block
        guard block.lastSenderReport != 0 else { return }
        let answered = block.lastSenderReport &+ block.delaySinceLastSenderReport
        guard let time = wallClock.time(at: now).roundTrip(answered: answered) else { return }
        roundTripTime = time
    }

    func writeHeader(
        of packet: OutgoingRTP,
        _ extensions: ForwardedExtensions,
        ssrc: UInt32,
        _ identifiers: StreamIdentifiers,
        hop: HopExtensions,
        into out: inout OutputRawSpan
    ) {
        let start = out.byteCount
        out.appendByte(0x80)
        out.appendByte((packet.marker ? 0x80 : 0) | packet.payloadType & 0x7F)
        out.appendUInt16(packet.sequenceNumber)
        out.appendUInt32(packet.timestamp)
        out.appendUInt32(ssrc)
        if extensionWriter.write(identifiers, hop: hop, forwarded: extensions, into: &out) {
            var bytes = out.mutableBytes
            bytes.setByte(0x90, at: start)
        }
    }

    /// Keeps the newest timestamp with the moments of its first packet; says whether it is the newest.
    ///
    /// Late packets leave it alone. A report is due at once where the last one no longer holds.
    private mutating func remember(_ packet: OutgoingRTP, at now: MonotonicTime) -> Bool {
        if let latest, now - latest.sentAt < Self.wrapTime,
            Int32(bitPattern: packet.timestamp &- latest.timestamp) <= 0
        {
            if packet.timestamp == latest.timestamp { self.latest?.lastSentAt = now }
            return false
        }
        noteCaptureDelay(at: now)
        let newest = SentTimestamp(packet, at: now)
        latest = newest
        guard let due = reportDue else {
            reportDue = now
            return true
        }
        if let lastReport, packet.capturedAt != nil, due > now, now >= lastReport.moment + Self.leastReportInterval {
            let expected = newest.timestamp(at: lastReport.moment, by: clock)
            let error = Int32(bitPattern: expected &- lastReport.timestamp).magnitude
            if error > clock.rate / Self.clearErrorPart {
                reportDue = now
                captureTimes.relationChanged()
            }
        }
        return true
    }

    /// Takes the delay of the newest timestamp, which another one follows; after a pause what was before counts no more.
    private mutating func noteCaptureDelay(at now: MonotonicTime) {
        guard isActive(at: now) else {
            captureDelay = CaptureDelay()
            return
        }
        if let delay = latest?.captureDelay { captureDelay.receive(delay) }
    }
}

/// What an outgoing stream has sent.
package struct SendStatistics: Hashable, Sendable, BitwiseCopyable {
    /// Packets.
    package var packets: UInt64 = 0
    /// Payload octets.
    package var octets: UInt64 = 0
}
