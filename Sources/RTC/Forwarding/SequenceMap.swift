// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Maps the sequence numbers of one source to outgoing ones.
///
/// Packets that are left out close up without a gap: all later ones move down by one, while packets from before keep
/// the place they would have had. Packets of our own make later ones move up. Places are one to one and in the order of
/// the incoming numbers.
struct SequenceMap: Sendable, BitwiseCopyable {
    /// Where a packet goes.
    enum Place: Hashable, Sendable, BitwiseCopyable {
        /// Ahead of all others so far.
        case newest(UInt16)
        /// Among those that went before.
        case late(UInt16)
        /// Nowhere: it went before.
        case duplicate
        /// Nowhere: its place is forgotten or was never free.
        case tooLate
        /// Its number lies too far from the others to be counted with them.
        case jump
    }

    /// From which incoming number on how much is added.
    private struct Shift: BitwiseCopyable {
        var start: Int64
        var offset: UInt16
    }

    /// The highest incoming number, unwrapped.
    private var highest: Int64
    /// The lowest incoming number that may be placed.
    private let lowest: Int64
    private var seen = SequenceWindow()
    /// A ring of the last shifts; `newest` is the place of the one in force.
    private var shifts: InlineArray<16, Shift>
    private var newest = 0
    private var shiftCount = 1

    /// Steps up of this size or more are jumps, as receivers see them too (RFC 3550 §A.1).
    static let maximumStep = 3000
    private static let shiftCapacity = 16

    /// Begins with a first packet, which is taken as placed.
    ///
    /// - Parameters:
    ///   - first: its incoming number.
    ///   - outgoing: its outgoing number.
    ///   - room: how many packets of our own go right before it.
    ///   - admitsEarlier: whether the numbers below those are free for packets that it overtook.
    init(first: UInt16, outgoing: UInt16, room: UInt16 = 0, admitsEarlier: Bool) {
        highest = 1 << 16 + Int64(first)
        lowest = admitsEarlier ? .min : highest
        shifts = InlineArray(repeating: Shift(start: .min, offset: outgoing &- room &- first))
        _ = seen.insert(highest)
        if room > 0 { move(from: highest, by: room) }
    }

    /// Places a packet and remembers it.
    ///
    /// - Parameter number: its incoming number.
    /// - Returns: where it goes.
    mutating func place(_ number: UInt16) -> Place {
        let step = step(to: number)
        if step > 0 {
            guard step < Self.maximumStep else { return .jump }
            advance(by: step)
            return .newest(outgoing(highest, shifts[newest]))
        }
        guard step > -SequenceWindow.size else { return .jump }
        return placeLate(highest + Int64(step))
    }

    /// Places a packet that is not newer than the newest one.
    ///
    /// - Parameter number: its incoming number.
    /// - Returns: where it goes; `jump` also when it is newer.
    mutating func placeLate(_ number: UInt16) -> Place {
        let step = step(to: number)
        guard step <= 0, step > -SequenceWindow.size else { return .jump }
        return placeLate(highest + Int64(step))
    }

    /// Leaves a packet out; when it is the newest, later ones close up.
    ///
    /// - Parameters:
    ///   - number: its incoming number.
    ///   - closesGaps: whether what is missing between it and the one before, if that was left out too, has no place
    ///     either, should it come late.
    mutating func skip(_ number: UInt16, closesGaps: Bool = false) {
        let step = step(to: number)
        guard step > 0, step < Self.maximumStep else { return }
        let (old, former) = (shifts[newest], highest)
        advance(by: step)
        // A run of packets left out is one shift: nothing but the one before this was placed by the former shift.
        let start = highest + 1
        if old.start == former + 1, step == 1 || closesGaps {
            for missing in max(former + 1, start - Int64(SequenceWindow.size))..<highest { _ = seen.insert(missing) }
            shifts[newest] = Shift(start: start, offset: old.offset &- UInt16(step))
        } else {
            move(from: start, by: ~0)
        }
    }

    /// Makes room for packets of our own ahead of a packet that is about to be placed.
    ///
    /// - Parameters:
    ///   - count: how many.
    ///   - number: the incoming number of the packet that follows them.
    ///   - beforeGap: whether they go before the packets that are missing before it, else right before it.
    /// - Returns: the first outgoing number of the room; `nil` when the packet is not the newest, so that its place is
    ///   between packets that went before.
    mutating func makeRoom(for count: UInt16, before number: UInt16, beforeGap: Bool) -> UInt16? {
        let step = step(to: number)
        guard step > 0, step + Int(count) < Self.maximumStep else { return nil }
        let start = highest + (beforeGap ? 1 : Int64(step))
        let first = outgoing(start, shifts[newest])
        move(from: start, by: count)
        return first
    }

    /// How far a number lies ahead of the highest one, or behind it.
    func step(to number: UInt16) -> Int {
        Int(Int16(bitPattern: number &- UInt16(truncatingIfNeeded: highest)))
    }

    private mutating func advance(by step: Int) {
        let old = highest
        highest += Int64(step)
        seen.advance(to: highest, from: old)
        _ = seen.insert(highest)
    }

    private mutating func placeLate(_ number: Int64) -> Place {
        guard number >= lowest else { return .tooLate }
        guard let shift = shift(for: number) else { return .tooLate }
        guard seen.insert(number) else { return .duplicate }
        return .late(outgoing(number, shift))
    }

    private func outgoing(_ number: Int64, _ shift: Shift) -> UInt16 {
        UInt16(truncatingIfNeeded: number) &+ shift.offset
    }

    private func shift(for number: Int64) -> Shift? {
        var index = newest
        for _ in 0..<shiftCount {
            if shifts[index].start <= number { return shifts[index] }
            index = (index + Self.shiftCapacity - 1) % Self.shiftCapacity
        }
        return nil
    }

    /// Adds to the places of all packets from a number on, which is not before that of the last move.
    private mutating func move(from start: Int64, by amount: UInt16) {
        let offset = shifts[newest].offset &+ amount
        if shifts[newest].start != start {
            newest = (newest + 1) % Self.shiftCapacity
            shiftCount = min(shiftCount + 1, Self.shiftCapacity)
        }
        shifts[newest] = Shift(start: start, offset: offset)
    }
}
