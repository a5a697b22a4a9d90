// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import CDatagram
internal import Foundation
internal import RTC
internal import RTCCrypto
internal import RTCDriver
internal import Synchronization

/// Sends the traffic of plain publishers, as a media worker sends that of its sessions: waits for the earliest deadline
/// in whole milliseconds, lets every source that is due write its packets, and sends those of each publisher in one
/// call, runs of equal size merged.
package final class PlainSender: Sendable {
    private let isStopping = Atomic(false)
    private let path: PlainPath
    private let port: UInt16
    private let control: TrafficControl

    /// Makes a sender.
    ///
    /// - Parameters:
    ///   - path: the publishers.
    ///   - port: the port of the forwarder, or of the sink, on this machine.
    ///   - control: says when to send.
    package init(_ path: PlainPath, to port: UInt16, control: TrafficControl) {
        self.path = path
        self.port = port
        self.control = control
    }

    /// Ends `run`.
    package func stop() { isStopping.store(true, ordering: .relaxed) }

    /// Sends on a thread of its own until it is stopped.
    ///
    /// - Throws: what keeps it from beginning.
    package func run() async throws {
        try await onThread {
            let batch = SegmentBatch()
            let publishers = try self.path.publishers.enumerated().map { index, publisher in
                try PlainPublisher(publisher, number: index, of: self.path, port: self.port, control: self.control)
            }
            for publisher in publishers { publisher.start(at: Clock.now) }
            while !self.isStopping.load(ordering: .relaxed) {
                Self.wait(for: publishers.lazy.compactMap(\.deadline).min())
                let now = Clock.now
                for publisher in publishers { publisher.send(at: now, into: batch) }
                batch.flush()
            }
        }
    }

    private static func wait(for deadline: MonotonicTime?) {
        guard let wait = deadline.map({ ($0 - Clock.now).inNanoseconds }), wait > 0 else { return }
        poll(nil, 0, Int32(min((wait + 999_999) / 1_000_000, 100)))
    }
}

/// One publisher of a plain path.
private final class PlainPublisher {
    private struct Track {
        var source: TrafficSource
        var stream: SendStream
    }

    private let socket: LoopbackSocket
    private var srtp: SRTPSession
    private var tracks: [Track]

    init(
        _ publisher: PlainPath.Publisher,
        number: Int,
        of path: PlainPath,
        port: UInt16,
        control: TrafficControl
    ) throws {
        socket = try LoopbackSocket()
        try socket.connect(to: port)
        srtp = try SRTPSession(
            SRTPKeyingMaterial(profile: path.profile, local: publisher.keyIn, remote: publisher.keyIn)
        )
        var extensions = HeaderExtensionMap()
        extensions[.mid] = 1
        tracks = publisher.streams.enumerated().map { index, stream in
            let codec = RTPCodec(
                kind: stream.kind,
                name: stream.kind == .audio ? "opus" : "H264",
                payloadType: stream.payloadTypeIn,
                clockRate: stream.kind == .audio ? 48_000 : 90_000
            )
            return Track(
                source: TrafficSource(
                    publisher: number,
                    kind: stream.kind,
                    payloadType: stream.payloadTypeIn,
                    control: control
                ),
                stream: SendStream(
                    SendStreamParameters(
                        kind: stream.kind,
                        mid: "\(index)",
                        ssrc: stream.ssrcIn,
                        codec: codec,
                        extensions: extensions,
                        cname: "plain"
                    )
                )
            )
        }
    }

    var deadline: MonotonicTime? { tracks.lazy.compactMap(\.source.deadline).min() }

    func start(at now: MonotonicTime) {
        for index in tracks.indices { tracks[index].source.start(at: now) }
    }

    /// Writes and protects every packet that is due.
    func send(at now: MonotonicTime, into batch: SegmentBatch) {
        for index in tracks.indices {
            var budget = 256
            while budget > 0, let due = tracks[index].source.deadline, due <= now {
                guard write(index, at: now, into: batch) else { break }
                budget -= 1
            }
        }
    }

    private func write(_ index: Int, at now: MonotonicTime, into batch: SegmentBatch) -> Bool {
        var payload = OutputRawSpan(buffer: batch.scratch, initializedCount: 0)
        guard let packet = tracks[index].source.poll(at: now, into: &payload) else { return false }
        let length = payload.finalize(for: batch.scratch)
        let bytes = UnsafeRawBufferPointer(rebasing: batch.scratch[..<length]).bytes
        let room = batch.reserve()
        var datagram = OutputRawSpan(buffer: room, initializedCount: 0)
        tracks[index].stream.writeHeader(of: packet, payloadLength: length, at: now, into: &datagram)
        let isProtected = (try? srtp.protectRTP(payload: bytes, into: &datagram)) != nil
        let count = datagram.finalize(for: room)
        precondition(isProtected, "a packet of our own can't be protected")
        batch.commit(count, on: socket.descriptor)
        return true
    }
}
