// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import RTC

/// Records packets of sessions of a worker, in plain, and hands them over in chunks.
///
/// Confined to the worker's thread. A reader that is too slow misses whole chunks, which are counted: nothing waits for it.
final class PacketTap {
    /// A chunk with as many bytes is handed over.
    static let chunkBytes = 48 << 10
    /// A chunk with as many packets is handed over.
    static let chunkPackets = 512
    /// The longest packet.
    static let longestPacket = 2_048
    /// A chunk is handed over that was begun so long ago.
    private static let chunkTime: Duration = .milliseconds(200)
    /// How many chunks may wait for the reader.
    static let maximumChunks = 64

    /// Names it within its worker.
    let id: UInt64
    private let chunks: AsyncStream<CaptureChunk>.Continuation
    private var left: CaptureLimits
    private var chunk = CaptureChunk()
    private let progress: CaptureProgress
    /// Whether nothing more is recorded.
    private(set) var isOver = false

    /// Makes a tap.
    ///
    /// - Parameters:
    ///   - id: names it within its worker.
    ///   - limits: how much is recorded at most.
    ///   - progress: where it counts what its reader misses.
    ///   - chunks: where it goes.
    init(
        _ id: UInt64,
        _ limits: CaptureLimits,
        _ progress: CaptureProgress,
        into chunks: AsyncStream<CaptureChunk>.Continuation
    ) {
        self.id = id
        left = limits
        self.progress = progress
        self.chunks = chunks
    }

    deinit { finish() }

    /// Records a packet.
    ///
    /// - Parameters:
    ///   - packet: all that is known of it, with its bytes nowhere yet.
    ///   - head: its bytes, or the first of them.
    ///   - tail: the others.
    func record(_ packet: CapturedPacket, _ head: RawSpan, _ tail: RawSpan = RawSpan()) {
        let length = head.byteCount + tail.byteCount
        guard !isOver, length <= Self.longestPacket else { return }
        guard left.packets > 0, left.bytes >= length else { return finish() }
        left.packets -= 1
        left.bytes -= length
        var packet = packet
        packet.start = chunk.bytes.count
        packet.length = length
        append(head)
        append(tail)
        chunk.packets.append(packet)
        let isOld = packet.moment - chunk.packets[0].moment >= Self.chunkTime
        if isOld || chunk.bytes.count >= Self.chunkBytes || chunk.packets.count >= Self.chunkPackets { handOver() }
        if left.packets == 0 { finish() }
    }

    /// Hands over what was recorded, and records nothing more.
    func finish() {
        guard !isOver else { return }
        isOver = true
        handOver()
        chunks.finish()
    }

    private func append(_ bytes: RawSpan) {
        unsafe bytes.withUnsafeBytes { unsafe chunk.bytes.append(contentsOf: $0) }
    }

    private func handOver() {
        guard !chunk.packets.isEmpty || isOver else { return }
        switch chunks.yield(chunk) {
        case .dropped(let lost): progress.addDropped(lost)
        case .terminated: isOver = true
        case .enqueued: break
        @unknown default: break
        }
        if !isOver { chunk = CaptureChunk() }
    }
}

/// A peer's place in what is recorded.
struct PeerTap {
    let tap: PacketTap
    /// The leg that its packets are on.
    let leg: Int
    /// The address of ours that was last used, and to which other end.
    var path: (remote: TransportAddress, local: TransportAddress)?
}
