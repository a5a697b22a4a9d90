// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@testable import RTCDriver

@Suite("A capture", .timeLimit(.minutes(1)))
struct CaptureTests {
    private static let everything = CaptureLimits(packets: 1_000_000, bytes: 1 << 30)

    /// A packet with its bytes.
    private struct Captured {
        var packet: CapturedPacket
        var bytes: [UInt8]

        var ssrc: UInt32 { bytes[8..<12].reduce(0) { $0 << 8 | UInt32($1) } }
        /// The number that `CountingSource` writes behind two bytes of VP8.
        var number: Int { bytes.suffix(1_000).dropFirst(2).prefix(4).reduce(0) { $0 << 8 | Int($1) } }
    }

    /// A capture with a leg for each of these sessions.
    private static func capture(
        _ sessions: [MediaSession],
        on worker: MediaWorker.Handle,
        limits: CaptureLimits = everything
    ) async throws -> (capture: PacketCapture, chunks: AsyncStream<CaptureChunk>) {
        let begun = try await worker.capture(legs: sessions.count, limits: limits)
        try await begun.capture.record(sessions.enumerated().map { ($1.id, leg: $0) })
        return begun
    }

    private static func packets(of chunks: AsyncStream<CaptureChunk>) async -> [Captured] {
        var packets: [Captured] = []
        for await chunk in chunks {
            packets += chunk.packets.map { Captured(packet: $0, bytes: Array(chunk.bytes[$0.bytes])) }
        }
        return packets
    }

    private static func run(_ test: (ForwardingPath, MediaWorker.Handle) async throws -> Void) async throws {
        let ends = try await MediaWorker.start(.loopback)
        let gateway = try await MediaWorker.start(.loopback)
        let path = try await ForwardingPath(ends: ends, gateway: gateway)
        try await path.ingest.connected()
        try await path.egress.connected()
        try await test(path, gateway)
        await ends.shutdown()
        await gateway.shutdown()
    }

    @Test("has every packet of both ways in plain, as many as are counted, with their true addresses")
    func everything() async throws {
        try await Self.run { path, gateway in
            let sessions = [path.ingest.lite, path.egress.controlling]
            let (capture, chunks) = try await Self.capture(sessions, on: gateway)
            async let captured = Self.packets(of: chunks)
            try await path.publish(500)
            try await path.received.received(500)
            let statistics = try await gateway.statistics(of: sessions.map(\.id))
            await capture.stop()
            let packets = await captured
            let media = packets.filter { $0.packet.content == .rtp }
            let came = media.filter { $0.packet.leg == 0 }
            let went = media.filter { $0.packet.leg == 1 }
            #expect(!came.contains(where: \.packet.isOutgoing) && Set(came.map(\.ssrc)) == [77])
            #expect(went.allSatisfy(\.packet.isOutgoing) && Set(went.map(\.ssrc)) == [4_242])
            #expect(came.map(\.number) == Array(0..<500) && went.map(\.number) == Array(0..<500))
            #expect(UInt64(came.count) == statistics[0]?.session.packetsReceived)
            #expect(UInt64(went.count) == statistics[1]?.session.packetsSent)
            let source = try #require(statistics[0]?.selectedAddress)
            #expect(came.allSatisfy { $0.packet.source == source && $0.packet.destination.port == gateway.port })
            #expect(came.allSatisfy { $0.packet.destination.ip == .loopbackIPv4 })
            let destination = try #require(statistics[1]?.selectedAddress)
            #expect(went.allSatisfy { $0.packet.destination == destination && $0.packet.source.ip == .loopbackIPv4 })
        }
    }

    @Test("has what is said of media both ways: the publisher is asked for a key frame")
    func feedback() async throws {
        try await Self.run { path, gateway in
            let (capture, chunks) = try await Self.capture([path.ingest.lite], on: gateway)
            async let captured = Self.packets(of: chunks)
            try await path.publish(8)
            try await path.received.received(8)
            try await path.ingest.lite.requestKeyFrame(of: path.ingestTrack)
            while try await path.ingest.controlling.statistics().session.keyFrameRequestsReceived == 0 {
                await Task.yield()
            }
            await capture.stop()
            let reports = await captured.filter { $0.packet.content == .rtcp && $0.packet.isOutgoing }
            // Payload-specific feedback, picture loss indication (RFC 4585 §6.3.1).
            #expect(reports.contains { $0.bytes[0] == 0x81 && $0.bytes[1] == 206 && $0.ssrc == 77 })
        }
    }

    @Test(
        "ends at its limits",
        arguments: [CaptureLimits(packets: 10, bytes: 1 << 20), CaptureLimits(packets: 99, bytes: 10_500)]
    )
    func limits(limits: CaptureLimits) async throws {
        try await Self.run { path, gateway in
            let (capture, chunks) = try await Self.capture([path.egress.controlling], on: gateway, limits: limits)
            async let captured = Self.packets(of: chunks)
            try await path.publish(100)
            try await path.received.received(100)
            let packets = await captured
            #expect(!packets.isEmpty && packets.count <= limits.packets)
            let bytes = packets.reduce(0) { $0 + $1.bytes.count }
            #expect(bytes <= limits.bytes && (packets.count == limits.packets || bytes > limits.bytes - 1_100))
            // The place is free again.
            #expect(capture.isOver)
            _ = try await Self.capture([path.egress.controlling], on: gateway, limits: limits)
        }
    }

    @Test("is one of a session at a time, and nobody waits for a reader that is gone")
    func one() async throws {
        try await Self.run { path, gateway in
            let (capture, chunks) = try await Self.capture([path.ingest.lite], on: gateway)
            await #expect(throws: MediaWorkerError.captureRunning) {
                _ = try await Self.capture([path.ingest.lite], on: gateway)
            }
            let reader = Task { for await _ in chunks {} }
            reader.cancel()
            await reader.value
            #expect(capture.isOver)
            try await path.publish(2_000)
            try await path.received.received(2_000)
            #expect(path.received.numbers == Array(0..<2_000))
            _ = try await Self.capture([path.ingest.lite], on: gateway)
        }
    }

    @Test("goes on with the sessions that follow, on the same legs and within the same limits", arguments: [400, 250])
    func followingSessions(most: Int) async throws {
        try await Self.run { path, gateway in
            let limits = CaptureLimits(packets: most, bytes: 1 << 30)
            let sessions = [path.ingest.lite, path.egress.controlling]
            let (capture, chunks) = try await Self.capture(sessions, on: gateway, limits: limits)
            async let captured = Self.packets(of: chunks)
            try await path.publish(50)
            try await path.received.received(50)
            for session in sessions { await session.close() }
            #expect(!capture.isOver)
            // Nothing of a session that has ended.
            try await capture.record([(sessions[0].id, leg: 0)])
            let ends = try await MediaWorker.start(.loopback)
            let next = try await ForwardingPath(ends: ends, gateway: gateway)
            try await next.ingest.connected()
            try await next.egress.connected()
            let following = [next.ingest.lite, next.egress.controlling]
            try await capture.record(following.enumerated().map { ($1.id, leg: $0) })
            try await next.publish(100)
            try await next.received.received(100)
            let counted = try await gateway.statistics(of: following.map(\.id))
            await capture.stop()
            let packets = await captured
            #expect(packets.count <= most && capture.isOver)
            let media = [0, 1].map { leg in packets.filter { $0.packet.leg == leg && $0.packet.content == .rtp } }
            if most == 400 {
                #expect(media.map { $0.map(\.number) } == Array(repeating: Array(0..<50) + Array(0..<100), count: 2))
                #expect(UInt64(media[0].count - 50) == counted[0]?.session.packetsReceived)
                #expect(UInt64(media[1].count - 50) == counted[1]?.session.packetsSent)
            } else {
                #expect(packets.count == most)
            }
            await ends.shutdown()
        }
    }

    @Test("of which the reader is too slow loses packets, counts them and holds up nobody")
    func slow() async throws {
        let (chunks, continuation) = AsyncStream.makeStream(
            of: CaptureChunk.self,
            bufferingPolicy: .bufferingOldest(2)
        )
        let progress = CaptureProgress(legs: 1)
        let tap = PacketTap(1, Self.everything, progress, into: continuation)
        let packet = CapturedPacket(
            leg: 0,
            isOutgoing: false,
            content: .rtp,
            source: TransportAddress(.loopbackIPv4, port: 1),
            destination: TransportAddress(.loopbackIPv4, port: 2),
            moment: MonotonicTime(nanoseconds: 1)
        )
        let bytes = [UInt8](repeating: 7, count: 1_000)
        let perChunk = (PacketTap.chunkBytes + 999) / 1_000
        for _ in 0..<perChunk * 4 { tap.record(packet, bytes.span.bytes) }
        var iterator = chunks.makeAsyncIterator()
        #expect(await iterator.next()?.packets.count == perChunk)
        // One more chunk finds room, and what is left at the end does not.
        for _ in 0..<perChunk + 1 { tap.record(packet, bytes.span.bytes) }
        tap.finish()
        var rest: [CaptureChunk] = []
        while let chunk = await iterator.next() { rest.append(chunk) }
        #expect(rest.map(\.packets.count) == [perChunk, perChunk])
        #expect(progress.dropped == [UInt64(2 * perChunk + 1)])
    }
}
