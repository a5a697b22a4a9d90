// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import CMemory

/// The last packets of an outgoing stream, to be sent again on request.
///
/// Bounded in packets and in bytes: it keeps what was sent within `Limits.age`, or less where that would take more
/// room. Its bytes lie in one buffer that is written round and round; storing a packet is one copy and no allocation,
/// save the few times that the buffer grows.
package struct RetransmissionRing: Sendable {
    /// How much is kept.
    package struct Limits: Sendable, BitwiseCopyable {
        /// The most packets; a power of two.
        package var packets: Int
        /// The most bytes.
        package var bytes: Int
        /// The bytes it begins with.
        package var firstBytes: Int
        /// How long a packet is worth keeping.
        package var age: Duration

        /// Makes limits.
        package init(packets: Int, bytes: Int, firstBytes: Int, age: Duration) {
            self.packets = packets
            self.bytes = bytes
            self.firstBytes = firstBytes
            self.age = age
        }

        /// For pictures: two seconds of 8 Mbit/s, for as long as mediasoup asks on a path of 150 ms.
        package static let video = Limits(packets: 2_048, bytes: 1 << 21, firstBytes: 1 << 16, age: .seconds(2))
        /// For sound.
        package static let audio = Limits(packets: 128, bytes: 1 << 16, firstBytes: 1 << 14, age: .seconds(1))
    }

    private struct Slot: BitwiseCopyable {
        /// Where its bytes begin, counted from the ring's beginning without wrapping; what it never held is 0.
        var position: UInt64 = 0
        var sentAt = MonotonicTime(nanoseconds: 0)
        var resentAt = MonotonicTime(nanoseconds: 0)
        var offset: Int32 = 0
        var headerLength: UInt16 = 0
        var length: UInt16 = 0
        var sequenceNumber: UInt16 = 0
        var resends: UInt8 = 0
    }

    /// The longest packet that is kept.
    package static let maximumLength = 2_048
    /// How often one packet is sent again.
    package static let maximumResends: UInt8 = 20

    private let limits: Limits
    private var slots: [Slot]
    /// What is kept, for `ranges(of:)`.
    package private(set) var bytes: [UInt8]
    /// Where the next packet goes, and how many bytes were passed before.
    private var offset = 0
    private var position: UInt64 = 1
    /// When the buffer was last begun anew.
    private var lapBegan: MonotonicTime?
    /// The packet that was kept last.
    private var newest: UInt16?
    /// What lay before this was written over before the buffer grew.
    private var floor: UInt64 = 1

    /// Makes an empty ring.
    package init(_ limits: Limits) {
        self.limits = limits
        slots = []
        bytes = []
    }

    /// How many bytes are set aside.
    package var capacity: Int { bytes.count }

    /// Keeps a packet as it left.
    ///
    /// - Parameters:
    ///   - sequenceNumber: its sequence number.
    ///   - datagram: all its bytes.
    ///   - now: the moment it was sent.
    package mutating func store(_ sequenceNumber: UInt16, datagram: RawSpan, at now: MonotonicTime) {
        let length = datagram.byteCount
        guard length <= Self.maximumLength else { return }
        makeRoom(for: length, at: now)
        copy(datagram, to: offset)
        note(sequenceNumber, headerLength: 0, length: length, at: now)
    }

    /// Keeps a packet with its sequence number between header and payload, as a retransmission carries it
    /// (RFC 4588 §4).
    ///
    /// - Parameters:
    ///   - sequenceNumber: its sequence number.
    ///   - header: its header.
    ///   - payload: its payload in plain.
    ///   - now: the moment it was sent.
    package mutating func store(_ sequenceNumber: UInt16, header: RawSpan, payload: RawSpan, at now: MonotonicTime) {
        let length = header.byteCount + 2 + payload.byteCount
        guard length <= Self.maximumLength else { return }
        makeRoom(for: length, at: now)
        copy(header, to: offset)
        bytes[offset + header.byteCount] = UInt8(truncatingIfNeeded: sequenceNumber >> 8)
        bytes[offset + header.byteCount + 1] = UInt8(truncatingIfNeeded: sequenceNumber)
        copy(payload, to: offset + header.byteCount + 2)
        note(sequenceNumber, headerLength: header.byteCount, length: length, at: now)
    }

    /// Lets a packet be sent again, unless it has just been.
    ///
    /// - Parameters:
    ///   - sequenceNumber: its sequence number.
    ///   - pause: the least time since it was last sent again.
    ///   - now: the present moment.
    /// - Returns: whether it is there and may go; it counts as sent then.
    package mutating func takeResend(of sequenceNumber: UInt16, pause: Duration, at now: MonotonicTime) -> Bool {
        takeResend(of: sequenceNumber, at: now) { $0.resends == 0 || now >= $0.resentAt + pause }
    }

    /// Lets a packet be sent again of which a copy is lost, unless another one has left since.
    ///
    /// - Parameters:
    ///   - sequenceNumber: its sequence number.
    ///   - sent: when the copy left that is lost.
    ///   - now: the present moment.
    /// - Returns: whether it is there and may go; it counts as sent then.
    package mutating func takeResend(
        of sequenceNumber: UInt16,
        insteadOf sent: MonotonicTime,
        at now: MonotonicTime
    ) -> Bool {
        takeResend(of: sequenceNumber, at: now) { max($0.sentAt, $0.resentAt) <= sent }
    }

    private mutating func takeResend(
        of sequenceNumber: UInt16,
        at now: MonotonicTime,
        where isRight: (Slot) -> Bool
    ) -> Bool {
        guard let place = place(of: sequenceNumber), slots[place].resends < Self.maximumResends, isRight(slots[place])
        else { return false }
        slots[place].resends += 1
        slots[place].resentAt = now
        return true
    }

    /// Where a packet lies in `bytes`: its header, and what follows it; `nil` when it is not kept any more.
    package func ranges(of sequenceNumber: UInt16) -> (header: Range<Int>, rest: Range<Int>)? {
        guard let place = place(of: sequenceNumber) else { return nil }
        let slot = slots[place]
        let (start, end) = (Int(slot.offset), Int(slot.offset) + Int(slot.length))
        let middle = start + Int(slot.headerLength)
        return (start..<middle, middle..<end)
    }

    /// Whether a packet left so long ago that its receiver can't do with it alone.
    ///
    /// One that is not there is judged by the next one that is: it left before that, or never came to us.
    package func isOverdue(_ sequenceNumber: UInt16, at now: MonotonicTime) -> Bool {
        guard let newest, Int16(bitPattern: newest &- sequenceNumber) >= 0 else { return false }
        for ahead: UInt16 in 0..<64 {
            guard let place = place(of: sequenceNumber &+ ahead) else { continue }
            return now - slots[place].sentAt >= KeyFrameNeed.patience
        }
        return true
    }

    /// The longest of the last packets; `nil` where none is kept.
    package var longestRecent: UInt16? {
        guard let newest else { return nil }
        var best: (number: UInt16, length: UInt16)?
        for back: UInt16 in 0..<8 {
            guard let place = place(of: newest &- back) else { continue }
            if best.map({ $0.length < slots[place].length }) ?? true { best = (newest &- back, slots[place].length) }
        }
        return best?.number
    }

    private func place(of sequenceNumber: UInt16) -> Int? {
        guard !slots.isEmpty else { return nil }
        let place = Int(sequenceNumber) & (slots.count - 1)
        let slot = slots[place]
        guard slot.position >= floor, slot.sequenceNumber == sequenceNumber,
            position - slot.position <= UInt64(bytes.count)
        else { return nil }
        return place
    }

    private mutating func makeRoom(for length: Int, at now: MonotonicTime) {
        if slots.isEmpty {
            slots = Array(repeating: Slot(), count: limits.packets)
            bytes = Array(repeating: 0, count: limits.firstBytes)
            lapBegan = now
        }
        guard offset + length > bytes.count else { return }
        if let lapBegan, now - lapBegan < limits.age, bytes.count < limits.bytes {
            // What this lap has written stays where it is, and the new half is written next.
            floor = position - UInt64(offset)
            grow()
            return
        }
        position += UInt64(bytes.count - offset)
        offset = 0
        lapBegan = now
    }

    /// Makes the buffer twice as long; as two copies of whole pieces, since packets wait for it.
    private mutating func grow() {
        let former = bytes
        bytes = Array(repeating: 0, count: 2 * former.count)
        unsafe copy(former.span.bytes, to: 0)
    }

    private mutating func note(_ sequenceNumber: UInt16, headerLength: Int, length: Int, at now: MonotonicTime) {
        slots[Int(sequenceNumber) & (slots.count - 1)] = Slot(
            position: position,
            sentAt: now,
            offset: Int32(offset),
            headerLength: UInt16(headerLength),
            length: UInt16(length),
            sequenceNumber: sequenceNumber
        )
        newest = sequenceNumber
        offset += length
        position += UInt64(length)
    }

    /// Copies past the caches: few packets are sent again, and all of them together would push out what each packet needs.
    private mutating func copy(_ source: RawSpan, to start: Int) {
        var span = bytes.mutableSpan
        var target = unsafe span.mutableBytes
        unsafe target.withUnsafeMutableBytes { target in
            unsafe source.withUnsafeBytes { source in
                precondition(start >= 0 && start + source.count <= target.count, "a copy past the end of the ring")
                guard let from = source.baseAddress, let to = target.baseAddress else { return }
                unsafe memory_copy_uncached(to + start, from, source.count)
            }
        }
    }
}
