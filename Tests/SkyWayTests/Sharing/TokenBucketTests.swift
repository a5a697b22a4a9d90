// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SkyWay

@Suite("Token bucket")
struct TokenBucketTests {
    private let start = ContinuousClock.now

    /// When each of so many turns is, in milliseconds, for somebody who takes each as soon as it is there.
    private func turns(_ count: Int, of bucket: inout TokenBucket, from begin: Duration = .zero) -> [Int64] {
        var now = start + begin
        return (0..<count).map { _ in
            now += bucket.wait(at: now)
            #expect(bucket.take(at: now) == true)
            return Int64(((now - start) / .milliseconds(1)).rounded())
        }
    }

    @Test("so many at once, and so many a second after that")
    func rate() {
        var bucket = TokenBucket(burst: 3, perSecond: 5)
        #expect(turns(6, of: &bucket) == [0, 0, 0, 200, 400, 600])
    }

    @Test("what is not used is there later, up to what may happen at once")
    func refill() {
        var bucket = TokenBucket(burst: 3, perSecond: 5)
        _ = turns(3, of: &bucket)
        #expect(turns(3, of: &bucket, from: .milliseconds(400)) == [400, 400, 600])
        #expect(turns(5, of: &bucket, from: .seconds(3600)) == [3_600_000, 3_600_000, 3_600_000, 3_600_200, 3_600_400])
    }

    @Test("nothing is taken before its time")
    func early() {
        var bucket = TokenBucket(burst: 1, perSecond: 5)
        #expect(bucket.take(at: start) == true)
        #expect(bucket.take(at: start + .milliseconds(199)) == false)
        #expect(bucket.wait(at: start + .milliseconds(199)) == .milliseconds(1))
        #expect(bucket.take(at: start + .milliseconds(200)) == true)
    }

    @Test("turns that are reserved follow each other")
    func reserved() {
        var bucket = TokenBucket(burst: 2, perSecond: 20)
        let waits = (0..<5).map { _ in bucket.reserve(at: start) }
        #expect(waits == [.zero, .zero, .milliseconds(50), .milliseconds(100), .milliseconds(150)])
        #expect(bucket.reserve(at: start + .seconds(1)) == .zero)
    }

    @Test("in no second are there more than the burst and what is refilled in it", arguments: 1...20)
    func never(seed: Int) {
        var bucket = TokenBucket(burst: 15, perSecond: 5)
        var now = start
        var taken: [ContinuousClock.Instant] = []
        var state = UInt64(seed)
        for _ in 0..<2000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            now += .milliseconds(Int64((state >> 33) % 120))
            if bucket.take(at: now) { taken.append(now) }
        }
        for (index, moment) in taken.enumerated() {
            #expect(taken[index...].prefix { $0 - moment < .seconds(1) }.count <= 20)
        }
        #expect(Double(taken.count) >= (now - start) / .seconds(1) * 5)
    }
}
