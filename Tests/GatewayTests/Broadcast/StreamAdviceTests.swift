// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Logging
import RTC
import Testing

@testable import Gateway

@Suite("What the log advises publishers")
struct StreamAdviceTests {
    /// The first sequence parameter set of a stream of libx264: Main 3.1, 1280×720.
    private static let main: [UInt8] = [
        0x67, 0x4D, 0x40, 0x1F, 0xEC, 0xA0, 0x28, 0x02, 0xDD, 0x80, 0x88, 0x00, 0x00, 0x03, 0x00, 0x08, 0x00, 0x00,
        0x03, 0x01, 0x90, 0x78, 0xC1, 0x8C, 0xB0,
    ]

    @Test(
        "each observation is one sentence that names what to change",
        arguments: [
            (.bidirectionalPictures, "B-frames", "-bf 0"),
            (.longKeyFrameInterval(.seconds(6)), "more than 4 s apart", "Keyframe Interval 2 s"),
            (.ignoredKeyFrameRequests, "ignores requests for key frames", "-g"),
        ] as [(StreamFinding, String, String)]
    )
    func sentences(finding: StreamFinding, seen: String, change: String) {
        let advice = StreamAdvice(observation(finding))
        #expect(advice.level == .warning)
        #expect("\(advice.message)".contains(seen))
        #expect("\(advice.message)".contains(change))
        #expect(!"\(advice.message)".contains("\n"))
        #expect(advice.metadata["video.layer"] == "1")
    }

    @Test("the measured time stands beside the sentence, not in it")
    func interval() {
        let advice = StreamAdvice(observation(.longKeyFrameInterval(.milliseconds(6_240))))
        #expect(advice.metadata["video.seconds"] == "6")
    }

    @Test(
        "a profile above the declared one is a warning, a level a notice, and what was declared plain information",
        arguments: [
            ("42e01f", Logger.Level.warning), ("42e034", .warning), ("4d001e", .notice), ("4d001f", .info),
            ("4d0028", .info),
        ]
    )
    func format(declared: String, level: Logger.Level) throws {
        // Outside the macro, which takes no value that can't escape.
        let parsed = H264SequenceParameterSet(parsing: Self.main.span.bytes)
        let set = try #require(parsed)
        let profile = try #require(H264ProfileLevel(declared))
        let advice = StreamAdvice(observation(.format(H264StreamFormat(set, declared: profile))))
        #expect(advice.level == level)
        #expect(advice.metadata["video.profile"] == "4d401f")
        #expect(advice.metadata["video.declared"] == "\(declared)")
        #expect(advice.metadata["video.size"] == "1280x720")
        if level == .warning { #expect("\(advice.message)".contains("-profile:v baseline")) }
    }

    @Test("A publisher that declared High is warned where viewers are told Constrained Baseline")
    func toldOtherwise() throws {
        let parsed = H264SequenceParameterSet(parsing: Self.main.span.bytes)
        let set = try #require(parsed)
        let own = try #require(H264ProfileLevel("640028"))
        let told = try #require(H264ProfileLevel("42e01f"))
        let seen = observation(.format(H264StreamFormat(set, declared: own)))
        #expect(StreamAdvice(seen).level == .info)
        let advice = StreamAdvice(seen, told: told)
        #expect(advice.level == .warning)
        #expect(advice.metadata["video.declared"] == "42e01f")
    }

    private func observation(_ finding: StreamFinding) -> StreamObservation {
        StreamObservation(track: TrackIndex(0), encoding: EncodingIndex(1), finding: finding)
    }
}
