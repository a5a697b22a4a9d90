// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@Suite("Observations of H264 streams")
struct StreamInspectorTests {
    private typealias H264 = H264Samples

    @Test(
        "given a declaration, the first sequence parameter set tells whether the stream exceeds it",
        arguments: [
            ("42e01f", H264Samples.baseline, false, false),
            ("42e01e", H264Samples.baseline, false, true),
            ("42e01f", H264Samples.main, true, false),
            ("42e01f", H264Samples.high, true, true),
            ("640028", H264Samples.high, false, false),
            ("4d001f", H264Samples.high, true, true),
            ("640c28", H264Samples.high, false, false),
            // Who decodes High decodes the others.
            ("640028", H264Samples.main, false, false),
            ("640028", H264Samples.baseline, false, false),
            ("42e01f", [0x67, 0x42, 0x80, 0x1F] + H264Samples.baseline[4...], false, false),
            ("42e01f", [0x67, 0x6E, 0x00, 0x1F] + H264Samples.high[4...], true, false),
        ] as [(String, [UInt8], Bool, Bool)]
    )
    func format(declared: String, set: [UInt8], exceedsProfile: Bool, exceedsLevel: Bool) throws {
        var stream = ObservedStream(profile: declared)
        stream.send(set)
        guard case .format(let format)? = stream.findings.first else {
            Issue.record("nothing was told of the format")
            return
        }
        #expect(format.declared.text == declared)
        #expect(format.exceedsDeclaredProfile == exceedsProfile)
        #expect(format.exceedsDeclaredLevel == exceedsLevel)
        #expect(stream.findings.count == 1)
    }

    @Test("the size of the picture is told with it, once, though other sets follow")
    func once() {
        var stream = ObservedStream()
        stream.send(H264.aggregate([0x09, 0xF0], H264.main, H264.mainPicture))
        stream.send(H264.baseline)
        stream.send(H264.refresh)
        guard case .format(let format)? = stream.findings.first else {
            Issue.record("nothing was told of the format")
            return
        }
        #expect(format.width == 1280)
        #expect(format.height == 720)
        #expect(format.stream.profile == .main)
        #expect(stream.findings.count == 1)
    }

    @Test("each size of the picture is told, once, and not faster than once a second")
    func sizes() {
        var stream = ObservedStream()
        stream.send(H264.baseline)
        stream.send(H264.baseline)
        #expect(stream.sizes.map(\.description) == ["640x360"])
        for _ in 0..<10 {
            stream.send(H264.main)
            stream.send(H264.high)
        }
        #expect(stream.sizes.count == 1)
        stream.pause(seconds: 1)
        stream.send(H264.predicted)
        #expect(stream.sizes.map(\.description) == ["640x360", "1920x1080"])
        stream.pause(seconds: 1)
        stream.send(H264.main)
        #expect(stream.sizes.last?.description == "1280x720")
        var silent = ObservedStream(observes: false)
        silent.send(H264.baseline)
        #expect(silent.sizes.isEmpty)
    }

    @Test("given sets that are only declared, the first IDR picture tells the format")
    func declaredSets() {
        var stream = ObservedStream(declaredSets: H264ForwarderFixture.declaredSets)
        stream.send(H264.predicted)
        #expect(stream.findings.isEmpty)
        stream.send(H264.refresh)
        guard case .format(let format)? = stream.findings.first else {
            Issue.record("nothing was told of the format")
            return
        }
        #expect(format.width == 640)
    }

    @Test(
        "B slices are told once, in whatever form they come",
        arguments: [
            H264Samples.bidirectional, H264Samples.fragment(H264Samples.bidirectional, starts: true),
            H264Samples.aggregate([0x09, 0xF0], H264Samples.bidirectional),
        ]
    )
    func bidirectional(payload: [UInt8]) {
        var stream = ObservedStream()
        stream.send(H264.predicted)
        stream.send(H264.fragment(H264.bidirectional))
        stream.send(H264.refresh)
        #expect(stream.findings.isEmpty)
        stream.send(payload)
        stream.send(payload)
        #expect(stream.findings == [.bidirectionalPictures])
    }

    @Test("given an owner that wants to hear nothing, nothing is told or asked for")
    func silent() {
        var stream = ObservedStream(observes: false)
        stream.send(H264.high)
        stream.send(H264.bidirectional)
        stream.run(seconds: 20)
        #expect(stream.findings.isEmpty)
        #expect(stream.requests.isEmpty)
    }

    @Test("no bytes make it trap", arguments: 0..<10 as Range<UInt64>)
    func garbage(seed: UInt64) {
        var numbers = SplitMix64(seed: seed)
        var stream = ObservedStream()
        for _ in 0..<2_000 {
            var payload = numbers.bytes(count: Int.random(in: 0...40, using: &numbers))
            if !payload.isEmpty {
                payload[0] = [0x41, 0x65, 0x67, 0x68, 0x78, 0x7C].randomElement(using: &numbers) ?? 0
            }
            stream.send(payload)
        }
        #expect(stream.findings.count <= 4)
    }
}
