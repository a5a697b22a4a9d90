// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCTesting
import Testing

@Suite("A path that is not limited until congestion is seen")
struct UnlimitedPathTests {
    /// A sender of 1 Mbit/s before a link of 5 Mbit/s.
    private func path() -> BottleneckPath {
        var path = BottleneckPath(capacity: 5e6, estimate: .unlimited)
        path.wanted = 1e6
        path.run(.seconds(5))
        return path
    }

    /// What was sent in a while, in bits per second.
    private func rate(_ path: inout BottleneckPath, over duration: Duration) -> Double {
        let sent = path.sentBytes
        path.run(duration)
        return Double((path.sentBytes - sent) * 8) / duration.inSeconds
    }

    @Test("without congestion there is no limit, key frames or not", arguments: [0, 40_000])
    func calm(keyFrame: Int) {
        var path = path()
        path.keyFrame = keyFrame
        path.capacity = 3e6
        path.run(.seconds(20))
        #expect(path.estimate.limit == nil)
        #expect(path.estimate.fellAt == nil)
    }

    @Test("losses by chance are no congestion", arguments: [0.05, 0.2])
    func losses(loss: Double) {
        var path = path()
        path.loss = loss
        path.run(.seconds(30))
        #expect(path.estimate.limit == nil)
    }

    @Test("half the rate: found at once, used by 65 to 100 %, with less than 200 ms of delay", arguments: [1e6, 2.5e6])
    func halved(wanted: Double) {
        var path = path()
        path.wanted = wanted
        path.run(.seconds(5))
        path.capacity = wanted / 2
        path.run(.seconds(1.5))
        #expect((path.estimate.limit ?? .max) < UInt64(wanted / 2))
        path.run(.seconds(8.5))
        path.longestWait = 0
        let share = rate(&path, over: .seconds(20)) / (wanted / 2)
        #expect(share > 0.65 && share < 1, "\(share)")
        #expect(path.longestWait < 0.2)
    }

    @Test("once the link carries all again, so does the sender within 30 s, and the limit is gone in the end")
    func lifted() {
        var path = path()
        path.capacity = 0.5e6
        path.run(.seconds(15))
        path.capacity = 5e6
        path.run(.seconds(27))
        let rate = rate(&path, over: .seconds(3))
        #expect(rate > 0.97e6)
        path.run(.seconds(20))
        #expect(path.estimate.limit == nil)
    }

    @Test("a sender that does not heed the limit does not make it fall further", arguments: [0.05, 0.5])
    func unheeded(queue: Double) {
        var path = path()
        path.ignoresEstimate = true
        path.longestQueue = queue
        path.capacity = 0.5e6
        path.run(.seconds(15))
        let limit = Double(path.estimate.limit ?? 0)
        #expect(limit > 0.27e6 && limit < 0.5e6, "\(limit)")
    }

    @Test("losses alone, when they are many, limit to no less than half of what arrived")
    func policed() {
        var path = path()
        path.loss = 0.45
        path.run(.seconds(30))
        let limit = Double(path.estimate.limit ?? 0)
        #expect(limit > 0.2e6 && limit < 0.7e6, "\(limit)")
        path.loss = 0
        path.run(.seconds(40))
        #expect(path.estimate.limit == nil)
    }

    @Test("a burst that shows that the path carries no more keeps the limit where it is, one that shows more raises it")
    func bursts() {
        var path = path()
        path.capacity = 0.7e6
        path.run(.seconds(5))
        // The sender has less to send now than would fit.
        path.wanted = 0.4e6
        for _ in 0..<3 {
            path.beginBurst(1.2e6)
            path.run(.seconds(8))
            #expect((path.estimate.limit ?? .max) < 800_000)
        }
        path.capacity = 5e6
        path.beginBurst(1.2e6)
        path.run(.seconds(1.5))
        #expect((path.estimate.limit ?? .max) > 1_000_000)
    }

    @Test("a way that becomes longer is taken for a queue for a moment", arguments: [70, 140], [0, 0.05, 0.1])
    func longer(milliseconds: Int, loss: Double) {
        var path = path()
        path.loss = loss
        path.run(.seconds(5))
        path.delay = .milliseconds(20 + milliseconds)
        var least = UInt64.max
        for _ in 0..<20 {
            path.run(.milliseconds(100))
            least = min(least, path.estimate.limit ?? .max)
        }
        #expect(least > 450_000, "\(least)")
        #expect(path.estimate.limit == nil)
        path.run(.seconds(2))
        #expect(rate(&path, over: .seconds(5)) > 950_000)
    }

    @Test("a way that is known to be another one limits nothing, however long it is")
    func known() {
        var path = path()
        path.delay = .milliseconds(180)
        path.estimate.forgetPath(at: path.now)
        for _ in 0..<100 {
            path.run(.milliseconds(100))
            #expect(path.estimate.limit == nil)
        }
    }
}
