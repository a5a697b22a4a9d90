// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import RTC

/// The packets of pictures of one session that wait so that a burst is spread out.
///
/// They wait in plain, with what goes into their headers: numbers of the transport and moments of sending are those at
/// which they leave. Its memory is set aside once; what finds no room makes the first of those that wait leave.
///
/// Safe because every pointer stays inside allocations that live as long as the queue, and every place is bounded by
/// their sizes.
@safe
final class PacingQueue {
    /// A packet that waits.
    struct Entry {
        var packet: OutgoingRTP
        var stream: SendStreamIndex
        var offset: Int
        var length: Int
        var queuedAt: MonotonicTime
    }

    /// The most packets, and the most bytes of payload.
    static let capacity = 512
    static let byteCapacity = 256 << 10

    var pacer = Pacer()
    var statistics = PacingStatistics()
    private let bytes: UnsafeMutableRawPointer
    private let entries: UnsafeMutablePointer<Entry>
    /// The place of the first, and how many there are.
    private var head = 0
    private var count = 0
    /// Where the next payload goes.
    private var tail = 0
    /// Whether the packets of each outgoing stream are paced.
    private var isPaced: [Bool] = []

    init() {
        unsafe bytes = .allocate(byteCount: Self.byteCapacity, alignment: 16)
        unsafe entries = .allocate(capacity: Self.capacity)
    }

    deinit {
        unsafe bytes.deallocate()
        unsafe entries.deallocate()
    }

    /// When some of what waits may leave.
    var deadline: MonotonicTime? { pacer.deadline }

    /// Says whether the packets of a stream are paced.
    func setPaced(_ paced: Bool, _ stream: SendStreamIndex) {
        while isPaced.count <= stream.rawValue { isPaced.append(false) }
        isPaced[stream.rawValue] = paced
    }

    /// A packet has come; says whether it leaves at once.
    func admits(_ size: Int, on stream: SendStreamIndex, at now: MonotonicTime) -> Bool {
        guard stream.rawValue < isPaced.count, isPaced[stream.rawValue] else { return true }
        return pacer.admits(size, at: now)
    }

    /// Lets a packet wait.
    ///
    /// - Returns: whether there was room.
    func append(_ packet: OutgoingRTP, payload: RawSpan, on stream: SendStreamIndex, at now: MonotonicTime) -> Bool {
        let length = payload.byteCount
        guard count < Self.capacity, let offset = room(for: length) else { return false }
        unsafe payload.withUnsafeBytes { source in
            guard let base = source.baseAddress else { return }
            unsafe (bytes + offset).copyMemory(from: base, byteCount: source.count)
        }
        let place = (head + count) % Self.capacity
        unsafe (entries + place).initialize(
            to: Entry(packet: packet, stream: stream, offset: offset, length: length, queuedAt: now)
        )
        count += 1
        tail = offset + length
        pacer.queue(length)
        statistics.packets += 1
        return true
    }

    /// Takes out the first packet, if it is due; its payload stays until something else is appended.
    func popDue(at now: MonotonicTime) -> Entry? {
        guard count > 0 else { return nil }
        let entry = unsafe entries[head]
        guard pacer.releases(entry.length, queuedAt: entry.queuedAt, at: now) else { return nil }
        statistics.longestWait = max(statistics.longestWait, now - entry.queuedAt)
        drop()
        return entry
    }

    /// Takes out the first packet to make room.
    func popFirst() -> Entry? {
        guard count > 0 else { return nil }
        let entry = unsafe entries[head]
        pacer.remove(entry.length)
        statistics.overflows += 1
        drop()
        return entry
    }

    /// The payload of a packet that was taken out.
    func payload(of entry: Entry) -> UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(start: bytes + entry.offset, count: entry.length)
    }

    private func drop() {
        head = (head + 1) % Self.capacity
        count -= 1
    }

    /// Where a payload fits that lies in one piece; `nil` where it does not.
    private func room(for length: Int) -> Int? {
        guard count > 0 else { return length <= Self.byteCapacity ? 0 : nil }
        let first = unsafe entries[head].offset
        guard tail > first else { return first - tail > length ? tail : nil }
        if Self.byteCapacity - tail >= length { return tail }
        return first > length ? 0 : nil
    }
}

/// What the pacing of a session has done so far.
package struct PacingStatistics: Hashable, Sendable {
    /// Packets that waited.
    package var packets: UInt64 = 0
    /// Packets that left before their time to make room.
    package var overflows: UInt64 = 0
    /// The longest that one waited.
    package var longestWait: Duration = .zero
}

extension MediaSession {
    /// Spreads bursts of pictures out from now on.
    ///
    /// To be called before streams are added.
    ///
    /// - Throws: `MediaWorkerError`.
    package func pacePictures() async throws {
        try await worker.perform(on: id) { _, peer in peer.pacing = peer.pacing ?? PacingQueue() }
    }
}

extension MediaWorker {
    /// Lets a packet of a picture wait.
    func queue(
        _ packet: OutgoingRTP,
        payload: RawSpan,
        on stream: SendStreamIndex,
        of peer: Peer,
        _ pacing: PacingQueue
    ) {
        if pacing.deadline == nil { touch(peer) }
        while !pacing.append(packet, payload: payload, on: stream, at: now) {
            guard let first = pacing.popFirst() else {
                // Larger than all the memory that there is.
                return transmit(packet, payload: payload, on: stream, of: peer)
            }
            transmit(first, of: peer, pacing)
        }
    }

    /// Sends the packets that have waited long enough.
    func release(_ pacing: PacingQueue, of peer: Peer) {
        while let entry = pacing.popDue(at: now) { transmit(entry, of: peer, pacing) }
    }

    private func transmit(_ entry: PacingQueue.Entry, of peer: Peer, _ pacing: PacingQueue) {
        let bytes = unsafe pacing.payload(of: entry)
        let payload = unsafe bytes.bytes
        transmit(entry.packet, payload: payload, on: entry.stream, of: peer)
    }
}
