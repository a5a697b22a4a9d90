// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@Suite("Pacing of pictures")
struct PacerTests {
    /// A pacer with packets that wait in line, each with the moment it came and the moment it left, in milliseconds.
    private struct Line {
        var pacer = Pacer()
        var now = 1_000
        var waiting: [(size: Int, came: Int)] = []
        var left: [(size: Int, came: Int, at: Int)] = []

        mutating func come(_ sizes: [Int]) {
            for size in sizes {
                if pacer.admits(size, at: .milliseconds(now)) {
                    left.append((size, now, now))
                } else {
                    pacer.queue(size)
                    waiting.append((size, now))
                }
            }
        }

        mutating func pass(_ milliseconds: Int) {
            for _ in 0..<milliseconds {
                now += 1
                guard let due = pacer.deadline, due <= .milliseconds(now) else { continue }
                while let first = waiting.first,
                    pacer.releases(first.size, queuedAt: .milliseconds(first.came), at: .milliseconds(now))
                {
                    left.append((first.size, first.came, now))
                    waiting.removeFirst()
                }
            }
        }

        /// Pictures of 5 packets, 30 a second: 1.44 Mbit/s.
        mutating func play(pictures: Int) {
            for _ in 0..<pictures {
                come(Array(repeating: 1_200, count: 5))
                pass(33)
            }
        }

        var longestWait: Int { left.map { $0.at - $0.came }.max() ?? 0 }

        /// The most bytes that left within 20 ms.
        var peak: Int {
            left.indices.map { first in
                left[first...].prefix { $0.at < left[first].at + 20 }.reduce(0) { $0 + $1.size }
            }.max() ?? 0
        }
    }

    @Test("even pictures leave at once, and nothing is waited for")
    func even() {
        var line = Line()
        line.play(pictures: 300)
        #expect(line.left.count == 1_500)
        #expect(line.longestWait == 0)
        #expect(line.pacer.deadline == nil)
    }

    @Test("a key frame leaves at two and a half times the average at most, in order")
    func keyFrame() {
        var line = Line()
        line.play(pictures: 90)
        line.left = []
        line.come((1...15).map { 1_000 + $0 })
        line.pass(200)
        #expect(line.left.map(\.size) == (1...15).map { 1_000 + $0 })
        #expect(line.longestWait > 0 && line.longestWait <= 50)
        // 180,000 bytes/s × 2.5 × 20 ms.
        #expect(line.peak <= 9_000 + 100, "\(line.peak)")
        #expect(line.pacer.queuedBytes == 0)
    }

    @Test("no packet waits for more than 50 ms, however large the key frame, and it is spread evenly then")
    func large() {
        var line = Line()
        line.play(pictures: 90)
        line.left = []
        line.come(Array(repeating: 1_200, count: 200))
        line.pass(20)
        line.come(Array(repeating: 1_200, count: 5))
        line.pass(100)
        #expect(line.left.count == 205)
        #expect(line.longestWait <= 50)
        // 240 KB in some 45 ms.
        #expect(line.peak < 150_000, "\(line.peak)")
    }

    @Test("before the average is known, and after a long pause, everything leaves at once")
    func unknown() {
        var line = Line()
        line.come(Array(repeating: 1_200, count: 100))
        #expect(line.waiting.isEmpty)
        line.play(pictures: 60)
        line.pass(3_000)
        line.come([1_200])
        line.pass(10)
        line.left = []
        line.come(Array(repeating: 1_200, count: 100))
        #expect(line.longestWait == 0 && line.left.count == 100)
    }

    @Test("a limit holds, and what waits is told as the time that it takes")
    func limited() {
        var line = Line()
        line.play(pictures: 60)
        line.left = []
        line.pacer.limit = 480_000
        line.come(Array(repeating: 1_200, count: 20))
        // 24 KB at 60 KB/s.
        #expect(line.pacer.backlog > .milliseconds(300) && line.pacer.backlog < .milliseconds(400))
        line.pass(200)
        let sent = line.left.reduce(0) { $0 + $1.size }
        #expect(sent > 10_000 && sent < 15_000, "\(sent)")
        line.pass(1_000)
        #expect(line.left.count == 20 && line.longestWait < 450)
        #expect(line.pacer.backlog == .zero)
    }
}
