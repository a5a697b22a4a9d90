// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import RTC
import RTCCrypto
import RTCDriver
import WHIPClient

/// Publishers that are connected, and send nothing but what keeps a session alive.
actor IdleSessions {
    /// How many have ended before they were told to.
    private(set) var lost = 0
    private let whip: String
    private let worker: MediaWorker.Handle

    private static let perRoom = 30
    private static let logger = Logger(label: "load") { _ in SwiftLogNoOpLogHandler() }

    init(at whip: String, worker: MediaWorker.Handle) {
        self.whip = whip
        self.worker = worker
    }

    /// Runs `body` while there are so many of them, of which so many a second are opened before.
    func run<Measured: Sendable>(
        _ count: Int,
        aSecond rate: Int = 20,
        _ body: @Sendable () async throws -> Measured
    ) async throws -> Measured {
        let certificate = try Certificate.makeSelfSigned()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            let (connections, connected) = AsyncStream<Bool>.makeStream()
            let start = ContinuousClock.now
            for number in 0..<count {
                try await Task.sleep(until: start + .seconds(1) * number / rate, clock: .continuous)
                let publisher = try publisher(number, certificate)
                group.addTask {
                    async let end = publisher.run()
                    for await state in publisher.states {
                        if case .publishing = state { connected.yield(true) }
                    }
                    _ = await end
                    connected.yield(false)
                    if !Task.isCancelled { await self.noteLoss() }
                }
            }
            var open = 0
            for await isConnected in connections {
                guard isConnected else { throw StageError("an idle session could not be opened") }
                open += 1
                if open == count { break }
            }
            let measured = try await body()
            group.cancelAll()
            return measured
        }
    }

    private func noteLoss() { lost += 1 }

    private func publisher(_ number: Int, _ certificate: Certificate) throws -> WHIPPublisher {
        guard let address = WHIPAddress("\(whip)/idle-\(number / Self.perRoom)") else {
            throw StageError("\(whip) is no address")
        }
        return WHIPPublisher(
            WHIPEndpoint(address),
            media: PublishedMedia(
                tracks: [RTPCodec.publishedOpus, .publishedH264].map { codec in
                    PublishedMedia.Track(codec: codec) { _ in SilentSource() }
                }
            ),
            worker: worker,
            certificate: certificate,
            logger: Self.logger
        )
    }
}

/// Makes no packet.
private struct SilentSource: MediaSource {
    var deadline: MonotonicTime? { nil }

    func start(at now: MonotonicTime) {}

    func poll(at now: MonotonicTime, into payload: inout OutputRawSpan) -> OutgoingRTP? { nil }

    func keyFrameRequested(at now: MonotonicTime) {}
}
