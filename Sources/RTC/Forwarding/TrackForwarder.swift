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
    /// How late a packet may be, in ticks of 90 kHz: 10 s.
    private static let longestDelay: Int32 = 900_000
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
    ///   - inspected: what its payload holds.
    ///   - now: the present moment.
    /// - Returns: what goes into its header, and how many packets of parameter sets go first; `nil` when it is dropped.
    package mutating func forward(
        _ packet: ReceivedPacket,
        _ inspected: InspectedPayload,
        at now: MonotonicTime
    ) -> ForwardedPacket? {
        let header = packet.header
        let isPadding = packet.payload.isEmpty
        guard let payloadType = configuration.payloadTypes[header.payloadType], !isPadding else {
            leaveOut(header, isPadding: isPadding)
            return nil
        }
        guard let route = route(header, inspected, now) else { return nil }
        counters.forwarded += 1
        counters.inserted += UInt64(route.room.count)
        let timestamp = header.timestamp &+ route.timestampOffset
        if route.isNewest { moveHead(to: route.sequenceNumber, timestamp, now) }
        return ForwardedPacket(
            OutgoingRTP(
                payloadType: payloadType,
                marker: header.marker,
                sequenceNumber: route.sequenceNumber,
                timestamp: timestamp,
                extensions: packet.extensions.forwarded
            ),
            room: route.room
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
        /// Whether the newest packet ends its access unit, and its timestamp.
        private var newestEndsUnit = false
        private var newestTimestamp: UInt32 = 0
        /// The newest access unit of which a parameter set or a part of an IDR picture was seen.
        private var keyFrameTimestamp: UInt32?

        init(ssrc: UInt32, map: SequenceMap, timestampOffset: UInt32) {
            self.ssrc = ssrc
            self.map = map
            self.timestampOffset = timestampOffset
        }

        /// Notes a packet that is forwarded.
        mutating func note(_ header: RTPHeader, _ content: PayloadContent, isNewest: Bool) {
            if isNewest {
                newestEndsUnit = header.marker
                newestTimestamp = header.timestamp
            }
            if !content.isDisjoint(with: [.entryPoint, .keyFrame]), isNewKeyFrame(header) {
                keyFrameTimestamp = header.timestamp
            }
        }

        /// Whether nothing of the same key frame, or of a later one, was seen before.
        ///
        /// A packet that seems very late is none: the timestamps have jumped.
        func isNewKeyFrame(_ header: RTPHeader) -> Bool {
            guard let keyFrameTimestamp else { return true }
            let step = Int32(bitPattern: header.timestamp &- keyFrameTimestamp)
            return step > 0 || step < -TrackForwarder.longestDelay
        }

        /// Whether packets that are missing before this one seem to belong to its access unit.
        func isGapInside(unitOf header: RTPHeader) -> Bool { newestEndsUnit || newestTimestamp == header.timestamp }
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
        var room = InsertedRoom()
    }

    private mutating func leaveOut(_ header: RTPHeader, isPadding: Bool) {
        if isPadding { counters.padding += 1 } else { counters.unknownPayloadType += 1 }
        if hasCurrent, header.ssrc == current.ssrc { current.map.skip(header.sequenceNumber) }
    }

    private mutating func route(
        _ header: RTPHeader,
        _ inspected: InspectedPayload,
        _ now: MonotonicTime
    ) -> Route? {
        if hasCurrent, header.ssrc == current.ssrc {
            let room = makeRoom(before: header, inspected)
            let place = current.map.place(header.sequenceNumber)
            if place == .jump { return routeJump(header, inspected, now) }
            needsKeyFrame = false
            guard var route = route(place, current.timestampOffset) else { return nil }
            current.note(header, inspected.content, isNewest: route.isNewest)
            route.room = room
            return route
        }
        if hasFormer, header.ssrc == former.ssrc {
            let place = former.map.placeLate(header.sequenceNumber)
            if place != .jump { return route(place, former.timestampOffset) }
            if isStraggler(now) { return nil }
        }
        return routeFirst(of: header, inspected, now)
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
    private mutating func routeJump(
        _ header: RTPHeader,
        _ inspected: InspectedPayload,
        _ now: MonotonicTime
    ) -> Route? {
        if hasFormer, former.ssrc == header.ssrc {
            let place = former.map.placeLate(header.sequenceNumber)
            if place != .jump { return route(place, former.timestampOffset) }
            if isStraggler(now) { return nil }
        }
        let timestamp = header.timestamp &+ current.timestampOffset
        let expected = head.timestamp &+ elapsedTicks(now)
        let tolerance = configuration.clock.ticks(in: Self.timestampTolerance)
        guard Int32(bitPattern: timestamp &- expected).magnitude <= tolerance else {
            return routeFirst(of: header, inspected, now)
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

    /// The first packet of a source; its timestamp goes on from the newest one by the time that passed.
    private mutating func routeFirst(
        of header: RTPHeader,
        _ inspected: InspectedPayload,
        _ now: MonotonicTime
    ) -> Route? {
        let room = room(before: inspected)
        guard !configuration.waitsForKeyFrame || inspected.content.contains(.entryPoint) || room > 0 else {
            counters.beforeKeyFrame += 1
            needsKeyFrame = true
            return nil
        }
        let next = hasHead ? head.timestamp &+ max(1, elapsedTicks(now)) : head.timestamp
        let route = begin(header, gap: 0, room: room, timestampOffset: next &- header.timestamp, now)
        current.note(header, inspected.content, isNewest: true)
        return route
    }

    /// How many packets of parameter sets go before a packet that a source begins with.
    private func room(before inspected: InspectedPayload) -> UInt16 {
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
