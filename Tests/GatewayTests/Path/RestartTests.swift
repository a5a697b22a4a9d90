// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPKit
import RTC
import RTCCrypto
import RTCDriver
import Testing
import WHIPClient

@testable import Gateway

/// ICE restarts of a publisher in mid-stream, up to a viewer.
@Suite("ICE restarts on the whole path", .serialized, .timeLimit(.minutes(1)))
struct RestartTests {
    /// Runs a test with a publisher, and a viewer whose records go on throughout.
    private static func run(
        _ test: @escaping @Sendable (SteppedPublisher, NumberedSink.Record) async throws -> Void
    ) async throws {
        try await WholePath.run { path in
            let publisher = try await SteppedPublisher.start(in: "studio", on: path)
            let (viewer, records) = try await path.watch("studio")
            let record = try #require(records[.video])
            await record.receives(50)
            try await test(publisher, record)
            await record.receives(50)
            let numbers = record.numbers
            let steps = zip(numbers, numbers.dropFirst()).map { $1 - $0 }
            // One every 10 ms: nothing was lost, so that there was no pause either.
            #expect(steps.allSatisfy { $0 == 1 })
            await viewer.close()
            await publisher.session.close()
        }
    }

    @Test("A restart in mid-stream loses nothing, and the old credentials are good until the new ones are used")
    func restart() async throws {
        try await Self.run { publisher, record in
            let credentials = try await publisher.restart("wxyz")
            await record.receives(20)
            try await publisher.session.restartICE(remote: credentials)
            await record.receives(100)
            #expect(try await publisher.session.statistics().isConnected)
        }
    }

    @Test("Restarts that come to nothing leave the session as it was, and a later one still works")
    func inVain() async throws {
        try await Self.run { publisher, record in
            for number in 0..<5 {
                _ = try await publisher.restart("vain\(number)")
                await record.receives(10)
            }
            #expect(try await publisher.patch(Fragments.candidates("last"), ifMatch: publisher.tag).status == 412)
            #expect(try await publisher.patch("nonsense").status == 400)
            await record.receives(20)
            let credentials = try await publisher.restart("last")
            try await publisher.session.restartICE(remote: credentials)
            await record.receives(50)
        }
    }

    @Test("DELETE after a restart ends the media too: the publisher hears of it and is answered no more")
    func deleted() async throws {
        try await WholePath.run { path in
            let publisher = try await SteppedPublisher.start(in: "studio", on: path)
            for await event in publisher.session.events {
                if case .connected = event { break }
            }
            let credentials = try await publisher.restart("wxyz")
            try await publisher.session.restartICE(remote: credentials)
            let deletion = RawHTTP.request("DELETE", publisher.resource)
            #expect(try await RawHTTP.send(deletion, to: path.gatewayPort).status == 200)
            var reason: SessionCloseReason?
            for await event in publisher.session.events {
                if case .closed(let closed) = event { reason = closed }
            }
            #expect(reason == .remote)
        }
    }
}
