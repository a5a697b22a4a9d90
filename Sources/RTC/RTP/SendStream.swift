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
    /// The newest timestamp, and the moment its first packet was sent.
    private var latest: (timestamp: UInt32, moment: MonotonicTime)?

    /// The time between two sender reports.
    package static let reportInterval: Duration = .seconds(1)
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
    ///   - out: where to append; has at least `maximumHeaderLength` bytes left.
    /// - Returns: whether it is the first packet, or the first one after a pause, so that a report has become due.
    @discardableResult
    package mutating func writeHeader(
        of packet: OutgoingRTP,
        payloadLength: Int,
        hop: HopExtensions = HopExtensions(),
        at now: MonotonicTime,
        into out: inout OutputRawSpan
    ) -> Bool {
        writeHeader(of: packet, ssrc: ssrc, identifiers, hop: hop, into: &out)
        statistics.packets += 1
        statistics.octets += UInt64(payloadLength)
        if isVideo { frames.count(packet.timestamp, isKeyFrame: packet.isKeyFrame, at: now) }
        let isReported = reportDue != nil
        remember(packet.timestamp, at: now)
        return !isReported && reportDue != nil
    }

    /// A report on what was sent, its timestamp extrapolated to `now`; `nil` while nothing was sent.
    ///
    /// - Parameters:
    ///   - now: the moment of the report.
    ///   - wallClock: tells the wall-clock time of that moment.
    /// - Returns: the report.
    package func senderReport(at now: MonotonicTime, wallClock: WallClock) -> SenderReport? {
        guard let latest else { return nil }
        let elapsed = clock.ticks(in: now - latest.moment)
        return SenderReport(
            ssrc: ssrc,
            ntp: wallClock.time(at: now),
            rtpTimestamp: latest.timestamp &+ UInt32(truncatingIfNeeded: elapsed),
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
        guard let report = senderReport(at: now, wallClock: wallClock) else { return false }
        report.write(blocks: blocks, into: &out)
        SourceDescription.write(ssrc: ssrc, canonicalName: canonicalName.span, into: &out)
        reportDue = isActive(at: now) ? now + Self.reportInterval : nil
        return true
    }

    private func isActive(at now: MonotonicTime) -> Bool {
        latest.map { now - $0.moment <= Self.reportInterval * 2 } ?? false
    }

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
        if extensionWriter.write(identifiers, hop: hop, forwarded: packet.extensions, into: &out) {
            var bytes = out.mutableBytes
            bytes.setByte(0x90, at: start)
        }
    }

    /// Keeps the newest timestamp with the moment of its first packet; late packets leave it alone.
    private mutating func remember(_ timestamp: UInt32, at now: MonotonicTime) {
        if let latest, Int32(bitPattern: timestamp &- latest.timestamp) <= 0 { return }
        latest = (timestamp, now)
        if reportDue == nil { reportDue = now }
    }
}

/// What an outgoing stream has sent.
package struct SendStatistics: Hashable, Sendable, BitwiseCopyable {
    /// Packets.
    package var packets: UInt64 = 0
    /// Payload octets.
    package var octets: UInt64 = 0
}
