// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@Suite("Observations of key frames")
struct KeyFrameObservationTests {
    @Test("given key frames every 4 s or more often, nothing is told or asked for", arguments: [500, 2_000, 4_000])
    func shortInterval(interval: Int) {
        var stream = ObservedStream(interval: interval)
        stream.run(seconds: 60)
        #expect(stream.findings.isEmpty)
        #expect(stream.requests.isEmpty)
    }

    @Test(
        "given rare key frames and a publisher that answers nothing, the interval is told once",
        arguments: [4_400, 5_000, 5_400, 6_200, 6_600, 8_300, 10_000, 60_000]
    )
    func longInterval(interval: Int) throws {
        var stream = ObservedStream(interval: interval)
        stream.run(seconds: 90)
        #expect(stream.findings.count { if case .longKeyFrameInterval = $0 { true } else { false } } == 1)
        guard case .longKeyFrameInterval(let seen)? = stream.findings.first else {
            Issue.record("the interval was not told first")
            return
        }
        #expect(seen > .seconds(4))
        #expect(seen <= .milliseconds(interval))
        #expect(stream.requests.count <= 3)
    }

    @Test("an interval of 10 s is told after 7 s at most")
    func inTime() {
        var stream = ObservedStream(interval: 10_000)
        stream.run(seconds: 4)
        #expect(stream.requests.isEmpty)
        stream.run(seconds: 3)
        #expect(stream.findings.tellLongInterval)
        #expect(stream.requests.count == 2)
    }

    @Test(
        "given a publisher that makes key frames when asked, nothing is told, and it is asked twice at most",
        arguments: ["H264", "VP8", "VP9", "AV1"],
        [40, 300, 1_500]
    )
    func onDemand(name: String, answerTime: Int) {
        var stream = ObservedStream(name: name, answerTime: answerTime)
        stream.run(seconds: 120)
        #expect(stream.findings.isEmpty)
        // One of both requests may be repeated.
        #expect(stream.requests.count <= (answerTime > 1_000 ? 4 : 2))
    }

    @Test("other formats are watched as well", arguments: ["VP8", "VP9", "AV1"])
    func formats(name: String) {
        var stream = ObservedStream(name: name, interval: 10_000)
        stream.run(seconds: 20)
        #expect(stream.findings.tellLongInterval)
    }

    @Test("sound is not watched")
    func sound() {
        var stream = ObservedStream(name: "opus")
        stream.run(seconds: 60)
        #expect(stream.findings.isEmpty)
        #expect(stream.requests.isEmpty)
    }

    @Test("a pause of the publisher is no interval")
    func pause() {
        var stream = ObservedStream(interval: 2_000)
        stream.run(seconds: 3)
        stream.pause(seconds: 30)
        stream.request()
        stream.pause(seconds: 30)
        stream.run(seconds: 10)
        #expect(stream.findings.isEmpty)
        #expect(stream.requests.isEmpty)
    }

    @Test("given three requests in a row without a key frame within 2 s, it is told once that they are ignored")
    func ignored() {
        var stream = ObservedStream(interval: 10_000)
        stream.run(seconds: 0.1)
        for _ in 0..<2 {
            stream.request()
            stream.run(seconds: 2.1)
        }
        #expect(!stream.findings.tellIgnored)
        stream.request()
        stream.run(seconds: 2.1)
        #expect(stream.findings.tellIgnored)
        for _ in 0..<10 {
            stream.request()
            stream.run(seconds: 2.1)
        }
        #expect(stream.findings.count { $0 == .ignoredKeyFrameRequests } == 1)
    }

    @Test("requests that follow one another quickly count as one")
    func repeatedRequests() {
        var stream = ObservedStream(interval: 10_000)
        for _ in 0..<39 {
            stream.request()
            stream.run(seconds: 0.1)
        }
        #expect(!stream.findings.tellIgnored)
    }

    @Test("a request that is answered begins the count anew")
    func answeredBetween() {
        var stream = ObservedStream(interval: 3_000)
        for round in 0..<20 {
            stream.answerTime = round % 3 == 2 ? 200 : nil
            stream.request()
            stream.run(seconds: 2.2)
        }
        #expect(stream.findings.isEmpty)
    }
}
