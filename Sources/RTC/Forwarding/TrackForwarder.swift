// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Makes one outgoing RTP stream of one incoming stream at a time.
///
/// The outgoing sequence numbers and timestamps go on without a break when the source changes. What the source itself
/// loses stays a gap, so that the receiver can tell; what is left out here on purpose does not. Late packets go to
/// their own place, and each packet goes once.
package struct TrackForwarder: Sendable, BitwiseCopyable {
    /// How it forwards.
    package let configuration: ForwardingConfiguration
    /// What became of the packets.
    package private(set) var counters = ForwardingCounters()
    /// Whether it drops what it is given until a key frame begins.
    package private(set) var needsKeyFrame: Bool

    private var current: Source
    private var former: Source
    private var hasCurrent = false
    private var hasFormer = false
    /// When `former` was followed by `current`.
    private var changedAt = MonotonicTime(nanoseconds: 0)
    private var head: Head
    private var hasHead = false

    /// For this long after a change the former source can't take over again: its packets are stragglers.
    static let stragglerTime: Duration = .milliseconds(500)
    /// How far timestamps may stray from the time that passed and still be counted with the ones before.
    static let timestampTolerance: Duration = .seconds(10)
    /// The longest gap that is made for packets that never came: receivers take a longer one for a restart.
    static let maximumGap = SequenceMap.maximumStep - 2

    /// Makes a forwarder that has forwarded nothing yet.
    ///
    /// - Parameter configuration: how to forward.
    package init(_ configuration: ForwardingConfiguration) {
        self.configuration = configuration
        needsKeyFrame = configuration.waitsForKeyFrame
        head = Head(
            sequenceNumber: configuration.firstSequenceNumber &- 1,
            timestamp: configuration.firstTimestamp,
            moment: MonotonicTime(nanoseconds: 0)
        )
        let nothing = Source(ssrc: 0, map: SequenceMap(first: 0, outgoing: 0, admitsEarlier: false), timestampOffset: 0)
        current = nothing
        former = nothing
    }

    /// Forwards a packet.
    ///
    /// - Parameters:
    ///   - packet: what is known of it.
    ///   - payload: its payload in plain, without padding.
    ///   - now: the present moment.
    /// - Returns: what goes into its header; `nil` when it is dropped.
    package mutating func forward(
        _ packet: ReceivedPacket,
        payload: RawSpan,
        at now: MonotonicTime
    ) -> OutgoingRTP? {
        let header = packet.header
        guard let payloadType = configuration.payloadTypes[header.payloadType], payload.byteCount > 0 else {
            leaveOut(header, isPadding: payload.byteCount == 0)
            return nil
        }
        guard let route = route(header, payload, now) else { return nil }
        counters.forwarded += 1
        let timestamp = header.timestamp &+ route.timestampOffset
        if route.isNewest { moveHead(to: route.sequenceNumber, timestamp, now) }
        return OutgoingRTP(
            payloadType: payloadType,
            marker: header.marker,
            sequenceNumber: route.sequenceNumber,
            timestamp: timestamp,
            extensions: packet.extensions.forwarded
        )
    }

    /// The next packet may come from another source, or from the same one after a pause.
    package mutating func switchSource() {
        hasCurrent = false
        hasFormer = false
        needsKeyFrame = configuration.waitsForKeyFrame
    }
}

extension TrackForwarder {
    /// One incoming stream and how its numbers become outgoing ones.
    private struct Source: BitwiseCopyable {
        var ssrc: UInt32
        var map: SequenceMap
        var timestampOffset: UInt32
    }

    /// The newest outgoing packet.
    private struct Head: BitwiseCopyable {
        var sequenceNumber: UInt16
        /// The newest outgoing timestamp, and the moment its first packet went out.
        var timestamp: UInt32
        var moment: MonotonicTime
    }

    /// The numbers that a packet goes out with.
    private struct Route: BitwiseCopyable {
        var sequenceNumber: UInt16
        var timestampOffset: UInt32
        var isNewest: Bool
    }

    private mutating func leaveOut(_ header: RTPHeader, isPadding: Bool) {
        if isPadding { counters.padding += 1 } else { counters.unknownPayloadType += 1 }
        if hasCurrent, header.ssrc == current.ssrc { current.map.skip(header.sequenceNumber) }
    }

    private mutating func route(_ header: RTPHeader, _ payload: RawSpan, _ now: MonotonicTime) -> Route? {
        if hasCurrent, header.ssrc == current.ssrc {
            let place = current.map.place(header.sequenceNumber)
            if place == .jump { return routeJump(header, payload, now) }
            needsKeyFrame = false
            return route(place, current.timestampOffset)
        }
        if hasFormer, header.ssrc == former.ssrc {
            let place = former.map.placeLate(header.sequenceNumber)
            if place != .jump { return route(place, former.timestampOffset) }
            if isStraggler(now) { return nil }
        }
        return routeFirst(of: header, payload, now)
    }

    private mutating func route(_ place: SequenceMap.Place, _ timestampOffset: UInt32) -> Route? {
        switch place {
        case .newest(let number):
            return Route(sequenceNumber: number, timestampOffset: timestampOffset, isNewest: true)
        case .late(let number):
            return Route(sequenceNumber: number, timestampOffset: timestampOffset, isNewest: false)
        case .duplicate:
            counters.duplicates += 1
            return nil
        case .tooLate, .jump:
            counters.tooLate += 1
            return nil
        }
    }

    /// The numbers of the source have jumped: its timestamps tell what happened.
    ///
    /// RFC 3550 §A.1 waits for a second packet before it believes in a restart. Here packets are authenticated, and
    /// the first one of a restart is the one that a key frame begins with, so it is believed at once.
    private mutating func routeJump(_ header: RTPHeader, _ payload: RawSpan, _ now: MonotonicTime) -> Route? {
        if hasFormer, former.ssrc == header.ssrc {
            let place = former.map.placeLate(header.sequenceNumber)
            if place != .jump { return route(place, former.timestampOffset) }
            if isStraggler(now) { return nil }
        }
        let timestamp = header.timestamp &+ current.timestampOffset
        let expected = head.timestamp &+ elapsedTicks(now)
        let tolerance = configuration.clock.ticks(in: Self.timestampTolerance)
        guard Int32(bitPattern: timestamp &- expected).magnitude <= tolerance else {
            return routeFirst(of: header, payload, now)
        }
        guard Int32(bitPattern: timestamp &- head.timestamp) > 0 else {
            counters.tooLate += 1
            return nil
        }
        let step = current.map.step(to: header.sequenceNumber)
        let gap = step > 0 ? min(step - 1, Self.maximumGap) : Self.maximumGap
        return begin(header, gap: UInt16(gap), timestampOffset: current.timestampOffset, now)
    }

    /// The first packet of a source; its timestamp goes on from the newest one by the time that passed.
    private mutating func routeFirst(of header: RTPHeader, _ payload: RawSpan, _ now: MonotonicTime) -> Route? {
        guard !configuration.waitsForKeyFrame || configuration.format.startsKeyFrame(payload) else {
            counters.beforeKeyFrame += 1
            needsKeyFrame = true
            return nil
        }
        let next = hasHead ? head.timestamp &+ max(1, elapsedTicks(now)) : head.timestamp
        return begin(header, gap: 0, timestampOffset: next &- header.timestamp, now)
    }

    private mutating func begin(
        _ header: RTPHeader,
        gap: UInt16,
        timestampOffset: UInt32,
        _ now: MonotonicTime
    ) -> Route {
        let number = head.sequenceNumber &+ 1 &+ gap
        if hasHead { counters.sourceChanges += 1 }
        hasFormer = hasCurrent
        former = current
        changedAt = now
        current = Source(
            ssrc: header.ssrc,
            map: SequenceMap(
                first: header.sequenceNumber,
                outgoing: number,
                admitsEarlier: !hasHead && !configuration.waitsForKeyFrame
            ),
            timestampOffset: timestampOffset
        )
        hasCurrent = true
        needsKeyFrame = false
        return Route(sequenceNumber: number, timestampOffset: timestampOffset, isNewest: true)
    }

    private mutating func isStraggler(_ now: MonotonicTime) -> Bool {
        guard now < changedAt + Self.stragglerTime else { return false }
        counters.formerSource += 1
        return true
    }

    private func elapsedTicks(_ now: MonotonicTime) -> UInt32 {
        UInt32(truncatingIfNeeded: max(0, configuration.clock.ticks(in: now - head.moment)))
    }

    private mutating func moveHead(to sequenceNumber: UInt16, _ timestamp: UInt32, _ now: MonotonicTime) {
        head.sequenceNumber = sequenceNumber
        guard !hasHead || Int32(bitPattern: timestamp &- head.timestamp) > 0 else { return }
        head.timestamp = timestamp
        head.moment = now
        hasHead = true
    }
}
