// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Testing

extension EndToEnd {
    @Suite("Publishers that come back")
    struct ReturnTests {
        @Test("A publisher that is killed and started again goes on with its broadcast")
        func killed() async throws {
            let outcome = try await ReturnRun(publisher: .wrtc, loss: .kill).outcome()
            outcome.expectReturns()
        }

        @Test("After a network that was cut for 3 s, and OBS's order of DELETE and POST, the broadcast goes on")
        func cut() async throws {
            let outcome = try await ReturnRun(publisher: .libdatachannel, loss: .tidiedCut(seconds: 3)).outcome()
            outcome.expectReturns()
        }
    }

    @Suite(
        "Publishers that come back, at length",
        .enabled(if: LongPart.returning.isWanted, LongPart.returning.complaint)
    )
    struct ReturnMatrixTests {
        @Test("Killed and started again, time after time", arguments: [PublisherCase.wrtc, .ffmpeg])
        func killed(_ publisher: PublisherCase) async throws {
            let outcome = try await ReturnRun(publisher: publisher, loss: .kill, count: 10).outcome()
            outcome.expectReturns()
        }

        @Test("A network that is cut for so long, and a session that goes on", arguments: [3, 10])
        func cut(seconds: Int) async throws {
            let outcome = try await ReturnRun(publisher: .wrtc, loss: .cut(seconds: seconds), count: 5).outcome()
            outcome.expectReturns()
        }

        @Test("A network that is cut for so long, and OBS's order of DELETE and POST", arguments: [3, 10])
        func tidied(seconds: Int) async throws {
            let loss = ReturnRun.Loss.tidiedCut(seconds: seconds)
            let outcome = try await ReturnRun(publisher: .libdatachannel, loss: loss, count: 5).outcome()
            outcome.expectReturns()
        }

        @Test("A network that is cut for longer than a session lasts, and OBS's order", arguments: 1...5)
        func long(run: Int) async throws {
            let outcome = try await ReturnRun(publisher: .libdatachannel, loss: .tidiedCut(seconds: 40)).outcome()
            outcome.expectReturns()
        }
    }
}

extension PublisherCase {
    fileprivate static let wrtc = PublisherCase(
        implementation: .wrtc,
        name: "VP8",
        codec: "VP8",
        options: ["--codec", "VP8"]
    )
    fileprivate static let ffmpeg = PublisherCase(implementation: .ffmpeg, name: "H264", codec: "H264")
    fileprivate static let libdatachannel = PublisherCase(implementation: .libdatachannel, name: "H264", codec: "H264")
}
