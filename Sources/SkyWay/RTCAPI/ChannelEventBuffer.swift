// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Puts the events of a room in order of their versions (protocol page §2.6).
///
/// Older ones are dropped, newer ones held until the missing ones have come. A gap that stays for a second is asked
/// for again, and one that stays for five more makes the whole room be asked for.
package struct ChannelEventBuffer<Event: Sendable>: Sendable {
    /// What an input sets free.
    package struct Delivery {
        /// Events in order, from now on known.
        package var events: [Event] = []
        /// A gap that has just opened, to be looked at again after a second.
        package var gap: Gap?
    }

    /// What is to be done about a gap whose time is over.
    package enum GapAction: Hashable {
        /// Ask for the events again from this version on, and look again after five seconds.
        case resubscribe(offset: Int)
        /// Ask for the whole room.
        case refetch
        /// It has closed by itself.
        case nothing
    }

    /// One gap; a later one is another.
    package struct Gap: Hashable, Sendable {
        fileprivate var number: Int
    }

    /// Bound of what is held; what exceeds it is asked for again like anything lost.
    package static var capacity: Int { 2048 }

    private var expected: Int?
    private var held: [Int: Event] = [:]
    private var gap: (number: Int, wasResubscribed: Bool)?
    private var gapCount = 0

    package init() {}

    /// The version last delivered; nil before the room is known.
    package var lastVersion: Int? { expected.map { $0 - 1 } }

    /// The room is known at this version: what came before is dropped, what came later is delivered.
    package mutating func start(at version: Int) -> Delivery {
        expected = version + 1
        held = held.filter { $0.key > version }
        gap = nil
        return deliver()
    }

    /// An event has come.
    package mutating func receive(_ event: Event, version: Int) -> Delivery {
        guard version >= expected ?? 0 else { return Delivery() }
        if version == expected || held.count < Self.capacity { held[version] = event }
        return deliver()
    }

    /// The time of a gap is over.
    package mutating func gapTimeout(_ gap: Gap) -> GapAction {
        guard let expected, let current = self.gap, current.number == gap.number else { return .nothing }
        guard !current.wasResubscribed else { return .refetch }
        self.gap?.wasResubscribed = true
        return .resubscribe(offset: expected)
    }

    private mutating func deliver() -> Delivery {
        guard var next = expected else { return Delivery() }
        var ready: [Event] = []
        while let event = held.removeValue(forKey: next) {
            ready.append(event)
            next += 1
        }
        expected = next
        guard !held.isEmpty else {
            gap = nil
            return Delivery(events: ready)
        }
        guard gap == nil || !ready.isEmpty else { return Delivery() }
        gapCount += 1
        gap = (gapCount, false)
        return Delivery(events: ready, gap: Gap(number: gapCount))
    }
}
