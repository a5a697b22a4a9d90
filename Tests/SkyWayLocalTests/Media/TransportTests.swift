// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCDriver
import Testing

@testable import SkyWayLocal

/// How the SFU's transports behave on the wire (protocol page §7.6).
@Suite(.timeLimit(.minutes(1))) struct TransportTests {
    /// Runs `body` with a path of one layer, frames on the way.
    private func run(_ body: (EnginePath) async throws -> Void) async throws {
        let certificate = try #require(MediaClient.certificate)
        let worker = try await MediaWorker.start(MediaWorkerConfiguration(address: .loopbackIPv4, port: 0))
        let engine = WorkerMediaEngine(worker: worker, certificate: certificate)
        try await MediaClient.run { client in
            let path = try await EnginePath.open(on: engine, client: client, encodings: 1)
            try await path.record.received(20)
            try await body(path)
        }
        await engine.shutdown()
    }

    @Test("An ICE restart gives new credentials of 32 characters; DTLS and media go on as they were")
    func restart() async throws {
        try await run { path in
            for transport in ["viewer", "broadcaster"] {
                let parameters = try await path.engine.restartICE(ofTransport: transport)
                #expect(parameters.iceLite)
                #expect(parameters.usernameFragment.count == 32 && parameters.password.count == 32)
                // The former credentials are good until the new ones are used.
                try await path.record.received(path.record.frames.count + 50)
                let credentials = try #require(
                    ICECredentials(usernameFragment: parameters.usernameFragment, password: parameters.password)
                )
                let session = transport == "viewer" ? path.viewer : path.publisher
                try await session.restartICE(remote: credentials)
                try await path.record.received(path.record.frames.count + 200)
            }
            let frames = path.record.frames
            let first = try #require(frames.first)
            #expect(frames.map(\.number) == (0..<frames.count).map { first.number + UInt32($0) })
            #expect(await path.engine.statistics(ofTransport: "viewer")?.isConnected == true)
        }
    }

    @Test("Viewers that come at once let the publisher be asked for few key frames")
    func viewersAtOnce() async throws {
        try await run { path in
            let clock = ContinuousClock()
            let asked = path.wishes[0].value
            let start = clock.now
            let records = try await withThrowingTaskGroup(of: FrameRecorder.Record.self) { group in
                for number in 0..<12 { group.addTask { try await path.addViewer(number) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            for record in records { try await record.received(10) }
            // One per 500 ms, and each of the first viewers may have come before the first key frame.
            let intervals = Int((clock.now - start) / .milliseconds(500)) + 2
            #expect((1...intervals).contains(path.wishes[0].value - asked))
            for record in records {
                let frames = record.frames
                #expect(frames.first?.isKeyFrame == true)
                #expect(zip(frames, frames.dropFirst()).allSatisfy { $1.number == $0.number + 1 })
            }
        }
    }
}
