// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@Suite("Send-side estimate")
struct SendSideEstimateTests {
    @Test("a link of any rate is found and used, and its queue stays short", arguments: [300_000, 1e6, 3e6, 10e6])
    func convergence(capacity: Double) {
        var path = BottleneckPath(capacity: capacity)
        path.run(.seconds(40))
        let sent = path.sentBytes
        path.longestWait = 0
        path.run(.seconds(20))
        let rate = Double((path.sentBytes - sent) * 8) / 20
        #expect(rate > 0.7 * capacity && rate < 1.02 * capacity)
        #expect(path.longestWait < 0.25)
        let acknowledged = path.estimate.acknowledgedBitrate ?? 0
        #expect(Double(acknowledged) > 0.6 * capacity && Double(acknowledged) < 1.1 * capacity)
    }

    @Test("when the link gets slower, the estimate follows within two seconds; when it gets faster, in the end")
    func changes() {
        var path = BottleneckPath(capacity: 2e6)
        path.run(.seconds(40))
        path.capacity = 600_000
        path.run(.seconds(2))
        #expect(path.estimate.bitrate < 700_000)
        path.run(.seconds(20))
        #expect(path.estimate.bitrate > 350_000)
        path.capacity = 2e6
        path.run(.seconds(60))
        #expect(path.estimate.bitrate > 1_200_000)
    }

    @Test("beside others the estimate takes what they leave")
    func crossTraffic() {
        var path = BottleneckPath(capacity: 2e6)
        path.crossTraffic = 1e6
        path.run(.seconds(60))
        #expect(path.estimate.bitrate > 600_000 && path.estimate.bitrate < 1_100_000)
        path.crossTraffic = 0
        path.run(.seconds(60))
        #expect(path.estimate.bitrate > 1_300_000)
    }

    @Test("a few losses by chance change nothing, many make it fall", arguments: [(0.01, true), (0.25, false)])
    func losses(loss: Double, isKept: Bool) {
        var path = BottleneckPath(capacity: 10e6)
        path.wanted = 500_000
        path.run(.seconds(10))
        path.loss = loss
        path.run(.seconds(15))
        #expect((path.estimate.bitrate >= 500_000) == isKept)
        #expect((path.estimate.fellAt == nil) == isKept)
        path.loss = 0
        path.run(.seconds(60))
        #expect(path.estimate.bitrate >= 500_000)
    }

    @Test("who sends less than the path carries learns no more than that, until a burst shows it")
    func bursts() {
        var path = BottleneckPath(capacity: 2e6)
        path.wanted = 150_000
        path.run(.seconds(30))
        #expect(path.estimate.bitrate >= 600_000 && path.estimate.bitrate < 650_000)
        path.beginBurst(1.5e6)
        #expect(path.estimate.hasBurst)
        path.run(.seconds(1))
        #expect(!path.estimate.hasBurst)
        #expect(path.estimate.bitrate > 1_300_000 && path.estimate.bitrate < 1_700_000)
        // More than the link carries is not believed.
        path.beginBurst(6e6)
        path.run(.seconds(2))
        let proven = path.estimate.provenBitrate ?? 0
        #expect(proven > 1_500_000 && proven < 2_100_000)
        #expect(path.estimate.bitrate < 2_200_000)
    }

    @Test("reports of nonsense do no harm", arguments: 0..<50)
    func nonsense(seed: UInt64) {
        var numbers = SplitMix64(seed: seed)
        var estimate = SendSideEstimate()
        for number: UInt16 in 0..<500 { estimate.send(number, size: 1_200, at: .milliseconds(Int(number))) }
        for _ in 0..<200 {
            let words = Int.random(in: 4...60, using: &numbers)
            var bytes: [UInt8] = [0x8F, 205, 0, UInt8(words)]
            for _ in 0..<4 * words { bytes.append(.random(in: 0...255, using: &numbers)) }
            guard var reader = try? RTCPReader(validating: bytes.span.bytes) else { continue }
            while case .transportFeedback(let feedback)? = reader.next(in: bytes.span.bytes) {
                estimate.receive(feedback, in: bytes.span.bytes, roundTrip: nil, at: .milliseconds(600))
            }
        }
        #expect(estimate.bitrate >= 30_000 && estimate.bitrate <= 100_000_000)
    }

    @Test("a receiver whose clock runs away does no harm")
    func runaway() throws {
        var estimate = SendSideEstimate.unlimited
        var reference: UInt32 = 0
        for number: UInt16 in 0..<2_000 {
            estimate.send(number, size: 1_200, at: .milliseconds(Int(number)))
            // One packet, received at the reference time.
            var report: [UInt8] = [0x8F, 205, 0, 5] + Array(repeating: 0, count: 8)
            report += [UInt8(number >> 8), UInt8(number & 0xFF), 0, 1]
            report += [UInt8(reference >> 16 & 0xFF), UInt8(reference >> 8 & 0xFF), UInt8(reference & 0xFF), 0]
            report += [0x20, 1, 0, 0]
            var reader = try RTCPReader(validating: report.span.bytes)
            while case .transportFeedback(let feedback)? = reader.next(in: report.span.bytes) {
                estimate.receive(feedback, in: report.span.bytes, roundTrip: nil, at: .milliseconds(Int(number)))
            }
            // As far ahead as can be told.
            reference = (reference + (1 << 23) - 1) & 0xFF_FFFF
        }
        #expect(estimate.reports == 2_000)
    }
}
