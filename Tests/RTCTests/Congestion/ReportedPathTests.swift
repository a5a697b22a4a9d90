// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import RTC

@Suite("A path that only receiver reports tell of")
struct ReportedPathTests {
    /// A path with the bytes that were sent on it.
    private struct Run {
        var path = ReportedPath()
        var now = MonotonicTime(nanoseconds: 1_000_000_000)
        var bytes: UInt64 = 0

        /// Reports once a second on 100 packets a second, 1 Mbit/s unless it is limited to less.
        mutating func report(seconds: Int, loss: Double = 0, roundTrip: Duration = .milliseconds(40)) {
            for _ in 0..<seconds {
                now = now + .seconds(1)
                bytes += min(path.bitrate ?? .max, 1_000_000) / 8
                path.receive(
                    expected: 100,
                    lost: Int(100 * loss),
                    roundTrip: roundTrip,
                    bytesSent: bytes,
                    at: now
                )
            }
        }
    }

    @Test("as long as round trips are short there is no limit, with few losses or some by chance", arguments: [0, 0.2])
    func calm(loss: Double) {
        var run = Run()
        run.report(seconds: 60, loss: loss)
        #expect(run.path.bitrate == nil)
    }

    @Test("round trips that stay long are congestion, one alone is not")
    func roundTrips() {
        var run = Run()
        run.report(seconds: 10)
        run.report(seconds: 1, roundTrip: .milliseconds(300))
        run.report(seconds: 1)
        #expect(run.path.bitrate == nil)
        run.report(seconds: 4, roundTrip: .milliseconds(300))
        let limit = Double(run.path.bitrate ?? .max)
        #expect(limit > 200_000 && limit < 900_000, "\(limit)")
        #expect(run.path.fellAt != nil)
        run.report(seconds: 90)
        #expect(run.path.bitrate == nil)
    }

    @Test("many losses are congestion, and the limit is gone some time after them")
    func losses() {
        var run = Run()
        run.report(seconds: 10)
        run.report(seconds: 5, loss: 0.5)
        #expect((run.path.bitrate ?? .max) < 600_000)
        run.report(seconds: 90)
        #expect(run.path.bitrate == nil)
    }

    @Test("the peer's own estimate counts once it has fallen")
    func estimates() {
        var run = Run()
        for estimate: UInt64 in [300_000, 600_000, 5_000_000] {
            run.path.receive(estimate: estimate)
            #expect(run.path.bitrate == nil)
        }
        run.path.receive(estimate: 400_000)
        #expect(run.path.bitrate == 400_000)
        run.path.receive(estimate: 5_000_000)
        #expect(run.path.bitrate == nil)
    }

    @Test("an estimate that only follows what is sent limits nothing, nor one that has not risen to that")
    func followingEstimates() {
        var run = Run()
        run.report(seconds: 3)
        // It begins low, and dips on its way up.
        for estimate: UInt64 in [300_000, 700_000, 600_000] {
            run.path.receive(estimate: estimate)
            #expect(run.path.bitrate == nil)
        }
        // What was sent then was more than is sent now.
        run.path.receive(estimate: 7_500_000)
        run.path.receive(estimate: 1_500_000)
        run.report(seconds: 1)
        #expect(run.path.bitrate == nil)
        run.path.receive(estimate: 800_000)
        #expect(run.path.bitrate == 800_000)
    }
}
