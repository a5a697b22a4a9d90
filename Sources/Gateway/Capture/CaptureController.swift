// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import RTC
import RTCDriver
import ServiceLifecycle
import Synchronization

/// Records the packets of a broadcast in plain for an operator.
///
/// They are what the publisher sends and is told, and what goes to the SFU and comes back. It is content: whoever has it can
/// see and hear the broadcast.
struct CaptureController: Sendable {
    private let registry: BroadcastRegistry
    private let key: AdminKey
    private let places = CapturePlaces(count: 2)

    /// How many bytes of packets are recorded at most.
    private static let bytes = 256 << 20

    /// Makes the controller.
    ///
    /// - Parameters:
    ///   - registry: where broadcasts live.
    ///   - configuration: has the key.
    init(registry: BroadcastRegistry, configuration: GatewayConfiguration) {
        self.registry = registry
        key = AdminKey(configuration)
    }

    /// Adds the routes.
    ///
    /// - Parameter router: a router.
    func add(to router: Router<GatewayRequestContext>) {
        let path: RouterPath = "api/v1/broadcasts/:id/capture"
        router.get(path) { request, context in
            try key.check(request)
            return try await capture(request, context)
        }
        for method in [HTTPRequest.Method.head, .post, .put, .patch, .delete] {
            router.on(path, method: method) { _, _ -> Response in throw Refusal.methodNotAllowed(allowed: "GET") }
        }
    }

    private func capture(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let time = try request.number("seconds", in: CaptureBounds.seconds) ?? CaptureBounds.usualSeconds
        let count = try request.number("packets", in: CaptureBounds.packets) ?? CaptureBounds.usualPackets
        let id = try context.broadcastID()
        guard let broadcast = await registry.entries[id]?.broadcast else { throw Refusal.broadcastNotFound }
        guard let place = places.take(for: .seconds(time)) else { throw Refusal.captureRunning }
        do {
            let limits = CaptureLimits(packets: count, bytes: Self.bytes)
            let file = CaptureFile(CaptureLeg.allCases.map(CaptureFile.Interface.init), clock: Clock.wallClock)
            let (capture, chunks) = try await broadcast.startCapture(limits)
            context.logger.notice(
                "Packets of a broadcast are recorded in plain",
                metadata: ["broadcast.id": "\(id)", "seconds": "\(time)", "packets": "\(count)"]
            )
            let recording = Recording(capture: capture, chunks: chunks, file: file, time: .seconds(time))
            return response(recording, of: id) { places.give(back: place) }
        } catch {
            places.give(back: place)
            throw error
        }
    }

    /// A capture that is being answered.
    private struct Recording {
        let capture: PacketCapture
        let chunks: AsyncStream<CaptureChunk>
        var file: CaptureFile
        let time: Duration
    }

    private func response(
        _ recording: Recording,
        of id: BroadcastID,
        finally: @escaping @Sendable () -> Void
    ) -> Response {
        Response(
            status: .ok,
            headers: [
                .contentType: CaptureFile.contentType,
                .contentDisposition: "attachment; filename=\"broadcast-\(id).pcapng\"",
                .cacheControl: "no-store",
            ],
            body: ResponseBody { writer in
                defer { finally() }
                do {
                    try await Self.write(recording, of: id, to: &writer)
                } catch {
                    await recording.capture.stop()
                    throw error
                }
                try await writer.finish(nil)
            }
        )
    }

    private static func write(
        _ recording: Recording,
        of id: BroadcastID,
        to writer: inout any ResponseBodyWriter
    ) async throws {
        let (capture, chunks, time) = (recording.capture, recording.chunks, recording.time)
        var file = recording.file
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await Task.sleep(for: time)
                await capture.stop()
            }
            try await writer.write(ByteBuffer(bytes: file.beginning("broadcast \(id), decrypted")))
            for await chunk in chunks.cancelOnGracefulShutdown() {
                let bytes = file.bytes(of: chunk)
                if !bytes.isEmpty { try await writer.write(ByteBuffer(bytes: bytes)) }
            }
            group.cancelAll()
            await capture.stop()
            try await writer.write(ByteBuffer(bytes: file.end(dropped: capture.dropped)))
        }
    }
}

/// What may be asked of a capture, and what it is where nothing is asked.
package enum CaptureBounds {
    /// How long is recorded, in seconds.
    package static let seconds = 1...300
    /// The seconds that are recorded where nothing is asked.
    package static let usualSeconds = 10
    /// How many packets are recorded.
    package static let packets = 1...1_000_000
    /// The packets that are recorded at most where nothing is asked.
    package static let usualPackets = 100_000
}

/// How many captures may run at a time.
///
/// A place that was not given back, because its connection ended before its answer began, is free again after its time.
final class CapturePlaces: Sendable {
    private struct State {
        var taken: [Int: ContinuousClock.Instant] = [:]
        var last = 0
    }

    /// What an answer may take beside the time of its capture.
    private static let grace = Duration.seconds(30)

    private let count: Int
    private let state = Mutex(State())

    /// Makes places that are all free.
    init(count: Int) {
        self.count = count
    }

    /// Takes a place for a time; `nil` where there is none.
    func take(for time: Duration) -> Int? {
        state.withLock { state in
            let now = ContinuousClock.now
            state.taken = state.taken.filter { $0.value > now }
            guard state.taken.count < count else { return nil }
            state.last += 1
            state.taken[state.last] = now + time + Self.grace
            return state.last
        }
    }

    /// Gives a place back.
    func give(back place: Int) {
        state.withLock { $0.taken[place] = nil }
    }
}
