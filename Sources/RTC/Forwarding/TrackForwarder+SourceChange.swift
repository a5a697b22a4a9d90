// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// How the outgoing stream goes on where another source begins, or the same one anew.
extension TrackForwarder {
    /// The numbers of the source have jumped: its timestamps tell what happened.
    ///
    /// RFC 3550 §A.1 waits for a second packet before it believes in a restart. Here packets are authenticated, and
    /// the first one of a restart is the one that a key frame begins with, so it is believed at once.
    mutating func routeJump(
        _ packet: ReceivedPacket,
        _ inspected: InspectedPayload,
        _ now: MonotonicTime
    ) -> Route? {
        let header = packet.header
        if let route = routeFormer(header, now) { return route }
        let timestamp = header.timestamp &+ current.timestampOffset
        let expected = head.timestamp &+ elapsedTicks(packet.capturedAt)
        let tolerance = configuration.clock.ticks(in: Self.timestampTolerance)
        guard Int32(bitPattern: timestamp &- expected).magnitude <= tolerance else {
            return routeFirst(of: packet, inspected, now)
        }
        guard Int32(bitPattern: timestamp &- head.timestamp) > 0 else {
            counters.tooLate += 1
            return nil
        }
        let step = current.map.step(to: header.sequenceNumber)
        let gap = step > 0 ? min(step - 1, Self.maximumGap) : Self.maximumGap
        let room = current.isNewKeyFrame(header) ? self.room(before: inspected) : 0
        let route = begin(header, gap: UInt16(gap), room: room, timestampOffset: current.timestampOffset, now)
        current.note(header, inspected.content, isNewest: true)
        return route
    }

    /// The first packet of a source; its timestamp goes on from the newest one by the time that passed between the
    /// moments at which both were captured.
    mutating func routeFirst(
        of packet: ReceivedPacket,
        _ inspected: InspectedPayload,
        _ now: MonotonicTime
    ) -> Route? {
        guard canBegin(with: inspected) else {
            counters.beforeKeyFrame += 1
            needsKeyFrame = true
            return nil
        }
        let header = packet.header
        let next = firstTimestamp(of: packet)
        let room = room(before: inspected)
        let route = begin(header, gap: 0, room: room, timestampOffset: next &- header.timestamp, now)
        if let alignment, alignment.ssrc == header.ssrc { current.alignedOffset = alignment.ticks }
        alignment = nil
        current.note(header, inspected.content, isNewest: true)
        return route
    }

    /// The first packet of a source that takes over by intent: its timestamp lies where the other's clock has it, but
    /// after all that went before.
    mutating func routeTakeover(
        by packet: ReceivedPacket,
        _ inspected: InspectedPayload,
        shift: TimestampShift?,
        _ now: MonotonicTime
    ) -> Route? {
        let header = packet.header
        guard hasHead, let aligned = alignedTimestamp(of: packet, shift) else {
            return routeFirst(of: packet, inspected, now)
        }
        guard canBegin(with: inspected) else {
            counters.beforeKeyFrame += 1
            return nil
        }
        let timestamp = Int32(bitPattern: aligned &- head.timestamp) > 0 ? aligned : head.timestamp &+ 1
        let room = room(before: inspected)
        let route = begin(header, gap: 0, room: room, timestampOffset: timestamp &- header.timestamp, now)
        current.alignedOffset = aligned &- header.timestamp
        current.note(header, inspected.content, isNewest: true)
        return route
    }

    /// Where the present source's clock has the timestamp of another one; `nil` where that is not known, or lies too far
    /// from the time that passed to be true.
    private func alignedTimestamp(of packet: ReceivedPacket, _ shift: TimestampShift?) -> UInt32? {
        let header = packet.header
        guard let shift, hasCurrent, shift.from == current.ssrc, shift.to == header.ssrc else { return nil }
        let timestamp = header.timestamp &+ shift.ticks &+ current.alignedOffset
        let expected = head.timestamp &+ elapsedTicks(packet.capturedAt)
        let tolerance = configuration.clock.ticks(in: Self.takeoverTolerance)
        return Int32(bitPattern: timestamp &- expected).magnitude <= tolerance ? timestamp : nil
    }

    /// The timestamp that a source begins with: where it belongs if that is known, else as the time that passed tells.
    private mutating func firstTimestamp(of packet: ReceivedPacket) -> UInt32 {
        let header = packet.header
        let expected = hasHead ? head.timestamp &+ max(1, elapsedTicks(packet.capturedAt)) : head.timestamp
        guard let alignment, alignment.ssrc == header.ssrc else { return expected }
        let timestamp = header.timestamp &+ alignment.ticks
        guard hasHead else { return timestamp }
        let tolerance = configuration.clock.ticks(in: Self.takeoverTolerance)
        guard Int32(bitPattern: timestamp &- expected).magnitude <= tolerance else {
            self.alignment = nil
            return expected
        }
        return head.isFollowed(by: timestamp, packet.capturedAt) ? timestamp : head.timestamp &+ 1
    }

    /// How many packets of parameter sets go before a packet that a source begins with.
    func room(before inspected: InspectedPayload) -> UInt16 {
        let isStart = configuration.insertsParameterSets && inspected.content.contains(.refreshStart)
        return isStart ? UInt16(inspected.parameterSetPackets) : 0
    }

    private mutating func begin(
        _ header: RTPHeader,
        gap: UInt16,
        room: UInt16,
        timestampOffset: UInt32,
        _ now: MonotonicTime
    ) -> Route {
        let first = head.sequenceNumber &+ 1 &+ gap
        if hasHead { counters.sourceChanges += 1 }
        hasFormer = hasCurrent
        former = current
        changedAt = now
        current = Source(
            ssrc: header.ssrc,
            map: SequenceMap(
                first: header.sequenceNumber,
                outgoing: first &+ room,
                room: room,
                admitsEarlier: !hasHead && !configuration.waitsForKeyFrame
            ),
            timestampOffset: timestampOffset
        )
        hasCurrent = true
        needsKeyFrame = false
        return Route(
            sequenceNumber: first &+ room,
            timestampOffset: timestampOffset,
            isNewest: true,
            room: InsertedRoom(first: first, count: room)
        )
    }

    /// The place of a packet of the source before the present one, or that it has none; `nil` where it is not a packet
    /// of that, or may be the first of another beginning.
    mutating func routeFormer(_ header: RTPHeader, _ now: MonotonicTime) -> Route?? {
        guard hasFormer, header.ssrc == former.ssrc else { return nil }
        let place = former.map.placeLate(header.sequenceNumber)
        if place != .jump { return .some(route(place, former.timestampOffset)) }
        guard now < changedAt + Self.stragglerTime else { return nil }
        counters.formerSource += 1
        return .some(nil)
    }
}
