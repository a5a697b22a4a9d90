// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Makes one outgoing RTP stream of one incoming stream at a time.
///
/// The outgoing sequence numbers and timestamps go on without a break when the source changes. What the source itself
/// loses stays a gap, so that the receiver can tell; what is left out here on purpose does not. Late packets go to
/// their own place, and each packet goes once. An IDR picture of H264 that comes without parameter sets gets room for
/// them before it.
package struct TrackForwarder: Sendable, BitwiseCopyable {
    /// How it forwards.
    package let configuration: ForwardingConfiguration
    /// What became of the packets.
    package internal(set) var counters = ForwardingCounters()
    /// Whether it drops what it is given until a key frame begins.
    package internal(set) var needsKeyFrame: Bool

    var current: Source
    var former: Source
    var hasCurrent = false
    var hasFormer = false
    /// When `former` was followed by `current`.
    var changedAt = MonotonicTime(nanoseconds: 0)
    private(set) var head: Head
    private(set) var hasHead: Bool
    /// Where the timestamps of a source that is about to begin belong, if that is known.
    var alignment: TimestampAlignment?

    /// For this long after a change the former source can't take over again: its packets are stragglers.
    static let stragglerTime: Duration = .milliseconds(500)
    /// How far timestamps may stray from the time that passed and still be counted with the ones before.
    static let timestampTolerance: Duration = .seconds(10)
    /// How far the clocks of two sources may set a takeover from the time that passed.
    static let takeoverTolerance: Duration = .seconds(2)
    /// How far timestamps may go from the time that passed while numbers go on; beyond it their clock has jumped.
    static let jumpTolerance: Duration = .seconds(3)
    /// How late a packet may be, in ticks of 90 kHz: 10 s.
    static let longestDelay: Int32 = 900_000
    /// The longest gap that is made for packets that never came: receivers take a longer one for a restart.
    static let maximumGap = SequenceMap.maximumStep - 2

    /// Makes a forwarder that has forwarded nothing yet.
    ///
    /// - Parameters:
    ///   - configuration: how to forward.
    ///   - newest: where the outgoing stream stands, when others have fed it before; `nil` when it begins.
    package init(_ configuration: ForwardingConfiguration, after newest: Head? = nil) {
        self.configuration = configuration
        needsKeyFrame = configuration.waitsForKeyFrame
        hasHead = newest != nil
        head =
            newest
            ?? Head(
                sequenceNumber: configuration.firstSequenceNumber &- 1,
                timestamp: configuration.firstTimestamp,
                capturedAt: MonotonicTime(nanoseconds: 0)
            )
        let nothing = Source(ssrc: 0, map: SequenceMap(first: 0, outgoing: 0, admitsEarlier: false), timestampOffset: 0)
        current = nothing
        former = nothing
    }

    /// Where the outgoing stream stands; `nil` before anything was forwarded.
    package var newest: Head? { hasHead ? head : nil }

    /// Forwards a packet.
    ///
    /// - Parameters:
    ///   - packet: what is known of it.
    ///   - inspected: what its payload holds.
    ///   - now: the present moment.
    /// - Returns: what goes into its header, and how many packets of parameter sets go first; `nil` when it is dropped.
    package mutating func forward(
        _ packet: ReceivedPacket,
        _ inspected: InspectedPayload,
        at now: MonotonicTime
    ) -> ForwardedPacket? {
        guard let payloadType = admit(packet), let route = route(packet, inspected, now) else { return nil }
        return handOn(packet, as: payloadType, by: route)
    }

    /// Forwards the packet that another source takes over with, at once and whatever came before it.
    ///
    /// - Parameters:
    ///   - packet: what is known of it.
    ///   - inspected: what its payload holds.
    ///   - shift: how the timestamps of the two sources lie to each other; where that is not known, or makes no sense,
    ///     the time that passed tells.
    ///   - now: the present moment.
    /// - Returns: as `forward` does; `nil` also where a receiver can't begin with it.
    package mutating func takeOver(
        with packet: ReceivedPacket,
        _ inspected: InspectedPayload,
        shift: TimestampShift?,
        at now: MonotonicTime
    ) -> ForwardedPacket? {
        guard let payloadType = admit(packet),
            let route = routeTakeover(by: packet, inspected, shift: shift, now)
        else { return nil }
        return handOn(packet, as: payloadType, by: route)
    }

    /// Forwards a packet of the source before the present one, if its place is among those that went before.
    ///
    /// - Parameters:
    ///   - packet: what is known of it.
    ///   - now: the present moment.
    /// - Returns: as `forward` does.
    package mutating func forwardStraggler(_ packet: ReceivedPacket, at now: MonotonicTime) -> ForwardedPacket? {
        guard let payloadType = admit(packet) else { return nil }
        guard hasFormer, packet.header.ssrc == former.ssrc else {
            counters.formerSource += 1
            return nil
        }
        let place = former.map.placeLate(packet.header.sequenceNumber)
        guard place != .jump else {
            counters.formerSource += 1
            return nil
        }
        guard let route = route(place, former.timestampOffset) else { return nil }
        return handOn(packet, as: payloadType, by: route)
    }

    /// Whether a packet is of the source before the present one, and not newer than what was forwarded of that.
    func isStraggler(_ header: RTPHeader) -> Bool {
        hasFormer && header.ssrc == former.ssrc && former.map.step(to: header.sequenceNumber) <= 0
    }

    /// Whether a receiver can begin with a payload, as it is forwarded.
    func canBegin(with inspected: InspectedPayload) -> Bool {
        !configuration.waitsForKeyFrame || inspected.content.contains(.entryPoint) || room(before: inspected) > 0
    }

    /// Leaves a packet out on purpose, and what is missing between two of them: later ones close up.
    package mutating func skip(_ header: RTPHeader) {
        counters.leftOut += 1
        if hasCurrent, header.ssrc == current.ssrc { current.map.skip(header.sequenceNumber, closesGaps: true) }
    }

    /// The outgoing stream goes on after a pause: from a key frame on, with its timestamps where they were.
    package mutating func resume() {
        alignment = sourceAlignment
        switchSource()
    }

    /// Where the timestamps of a source go that is about to begin.
    package mutating func align(_ alignment: TimestampAlignment) {
        self.alignment = alignment
    }

    /// Whether it is known where the timestamps of a source lie: it is being forwarded, or was before a pause.
    package func isAligned(_ ssrc: UInt32) -> Bool { sourceAlignment?.ssrc == ssrc }

    /// Whether packets of a source are being forwarded.
    package var isRunning: Bool { hasCurrent }

    /// The next packet may come from another source, or from the same one after a pause.
    package mutating func switchSource() {
        hasCurrent = false
        hasFormer = false
        needsKeyFrame = configuration.waitsForKeyFrame
    }
}

extension TrackForwarder {
    /// The outgoing payload type of a packet; `nil` where it is left out.
    private mutating func admit(_ packet: ReceivedPacket) -> UInt8? {
        let isPadding = packet.payload.isEmpty
        guard let payloadType = configuration.payloadTypes[packet.header.payloadType], !isPadding else {
            leaveOut(packet.header, isPadding: isPadding)
            return nil
        }
        return payloadType
    }

    private mutating func handOn(
        _ packet: ReceivedPacket,
        as payloadType: UInt8,
        by route: Route
    ) -> ForwardedPacket {
        counters.forwarded += 1
        counters.inserted += UInt64(route.room.count)
        let timestamp = packet.header.timestamp &+ route.timestampOffset
        if route.isNewest { moveHead(to: route.sequenceNumber, timestamp, packet.capturedAt) }
        return ForwardedPacket(
            OutgoingRTP(
                payloadType: payloadType,
                marker: packet.header.marker,
                sequenceNumber: route.sequenceNumber,
                timestamp: timestamp,
                extensions: packet.extensions.forwarded,
                capturedAt: packet.capturedAt
            ),
            room: route.room
        )
    }

    private mutating func leaveOut(_ header: RTPHeader, isPadding: Bool) {
        if isPadding { counters.padding += 1 } else { counters.unknownPayloadType += 1 }
        if hasCurrent, header.ssrc == current.ssrc { current.map.skip(header.sequenceNumber) }
    }

    private mutating func route(
        _ packet: ReceivedPacket,
        _ inspected: InspectedPayload,
        _ now: MonotonicTime
    ) -> Route? {
        let header = packet.header
        if hasCurrent, header.ssrc == current.ssrc {
            let room = makeRoom(before: header, inspected)
            let place = current.map.place(header.sequenceNumber)
            if place == .jump { return routeJump(packet, inspected, now) }
            needsKeyFrame = false
            followJump(of: packet, place)
            guard var route = route(place, current.offset(for: header.timestamp, near: head.timestamp)) else {
                return nil
            }
            current.note(header, inspected.content, isNewest: route.isNewest)
            route.room = room
            return route
        }
        if let route = routeFormer(header, now) { return route }
        return routeFirst(of: packet, inspected, now)
    }

    /// Goes on by the time that passed where the clock of the source has jumped while its numbers go on.
    private mutating func followJump(of packet: ReceivedPacket, _ place: SequenceMap.Place) {
        guard case .newest = place, hasHead else { return }
        let timestamp = packet.header.timestamp &+ current.timestampOffset
        let expected = head.timestamp &+ elapsedTicks(packet.capturedAt)
        let tolerance = configuration.clock.ticks(in: Self.jumpTolerance)
        guard Int32(bitPattern: timestamp &- expected).magnitude > tolerance else { return }
        current.jump(by: max(1, elapsedTicks(packet.capturedAt)) &+ head.timestamp &- timestamp)
    }

    /// Makes room for parameter sets before an IDR picture of whose access unit nothing of the kind has come.
    ///
    /// They go right before its first slice. Where that is missing itself, they go before all that is missing, if this
    /// seems to belong to the same access unit. A packet whose place is among those that went before finds no room.
    private mutating func makeRoom(before header: RTPHeader, _ inspected: InspectedPayload) -> InsertedRoom {
        let count = UInt16(inspected.parameterSetPackets)
        guard count > 0, configuration.insertsParameterSets, current.isNewKeyFrame(header) else {
            return InsertedRoom()
        }
        let isStart = inspected.content.contains(.refreshStart)
        let isGap = current.map.step(to: header.sequenceNumber) > 1
        guard isStart || isGap && current.isGapInside(unitOf: header),
            let first = current.map.makeRoom(for: count, before: header.sequenceNumber, beforeGap: !isStart)
        else { return InsertedRoom() }
        return InsertedRoom(first: first, count: count)
    }

    mutating func route(_ place: SequenceMap.Place, _ timestampOffset: UInt32) -> Route? {
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

    /// The ticks between the moments at which the newest timestamp and another one were captured; 0 where that is earlier.
    func elapsedTicks(_ capturedAt: MonotonicTime) -> UInt32 {
        guard capturedAt > head.capturedAt else { return 0 }
        let passed = capturedAt.nanoseconds - head.capturedAt.nanoseconds
        return UInt32(truncatingIfNeeded: configuration.clock.ticks(nanoseconds: passed))
    }

    private mutating func moveHead(to sequenceNumber: UInt16, _ timestamp: UInt32, _ capturedAt: MonotonicTime) {
        head.sequenceNumber = sequenceNumber
        guard !hasHead || head.isFollowed(by: timestamp, capturedAt) else { return }
        head.timestamp = timestamp
        head.capturedAt = capturedAt
        hasHead = true
    }
}
