// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import RTC
import Testing

/// What is agreed on with each real publisher once all features are on: `Fixtures/answers` has the lines.
@Suite("Answers with loss recovery and bandwidth feedback")
struct NegotiatedAnswerTests {
    /// What a router with AV1 takes, in SkyWay's order.
    static let codecs = SDPSamples.routerCodecs + [SDPSamples.video("AV1")]

    static func answer(_ offer: String, codecs: [RTPCodec] = codecs) throws -> SDPAnswer {
        try SDPSamples.answer(offer, codecs: codecs, features: SDPSamples.features)
    }

    /// The lines that say what is agreed on; transports and directions have tests of their own.
    private static let essential = [
        "m=", "a=mid:", "a=rtcp-rsize", "a=rtcp-xr:", "a=extmap:", "a=rtpmap:", "a=rtcp-fb:", "a=fmtp:", "a=rid:",
        "a=simulcast:",
    ]

    private static func essence(_ answer: SDPAnswer) -> [String] {
        answer.lines.filter { line in essential.contains { line.hasPrefix($0) } }
    }

    private static func expected(_ name: String) throws -> [String] {
        let url = try #require(
            Bundle.module.url(forResource: "Fixtures/answers/\(name)", withExtension: "sdp"),
            "there is no answer \(name)"
        )
        return try String(contentsOf: url, encoding: .utf8).split(whereSeparator: \.isNewline).map { String($0) }
    }

    @Test("list what was offered and is done, line by line", arguments: SDPSamples.names)
    func lines(name: String) throws {
        let answer = try Self.answer(SDPSamples.offer(name))
        #expect(try Self.essence(answer) == Self.expected(name))
    }

    @Test("are the same for an offer without SSRC and msid lines", arguments: SDPSamples.names)
    func withoutSources(name: String) throws {
        let lines = try SDPSamples.offer(name).split(separator: "\r\n").filter { line in
            !["a=ssrc", "a=msid"].contains { line.hasPrefix($0) }
        }
        let answer = try Self.answer(lines.joined(separator: "\r\n") + "\r\n")
        #expect(try Self.essence(answer) == Self.expected(name))
        let encodings = answer.receiveTracks.flatMap(\.encodings)
        #expect(encodings.allSatisfy { $0.ssrc == nil && $0.retransmissionSSRC == nil })
    }

    @Test("have no retransmissions where none are offered", arguments: SDPSamples.names)
    func withoutRetransmissions(name: String) throws {
        let offer = try SDPSamples.offer(name).replacing(" rtx/", with: " x-rtx/")
        let answer = try Self.answer(offer)
        #expect(answer.values("a=rtpmap:").allSatisfy { !$0.contains("rtx") })
        #expect(answer.values("m=").allSatisfy { $0.split(separator: " ").count == 4 })
        #expect(answer.receiveTracks.flatMap(\.codecs).allSatisfy { $0.retransmissionPayloadType == nil })
        #expect(answer.receiveTracks.flatMap(\.encodings).allSatisfy { $0.retransmissionSSRC == nil })
    }

    @Test("have no transport-wide feedback without the numbers, and no numbers without it", arguments: SDPSamples.names)
    func halfOfTransportWide(name: String) throws {
        let offer = try SDPSamples.offer(name)
        for removed in [HeaderExtension.transportSequenceNumber.uri, " transport-cc"] {
            let answer = try Self.answer(offer.replacing(removed, with: " x"))
            #expect(!answer.text.contains("transport-cc"))
            #expect(!answer.text.contains("transport-wide-cc"))
            #expect(answer.receiveTracks.allSatisfy { $0.extensions[.transportSequenceNumber] == nil })
        }
    }

    @Test("are read as they were meant by our own publisher's side", arguments: SDPSamples.names)
    func readable(name: String) throws {
        let answer = try Self.answer(SDPSamples.offer(name))
        let sections = try SDPDescription(parsing: answer.text.utf8).sections
        #expect(sections.map(\.codecs.count) == answer.receiveTracks.map { _ in 1 })
        for (section, track) in zip(sections, answer.receiveTracks) {
            let codec = try #require(track.codecs.first)
            #expect(section.codecs.first?.payloadType == codec.payloadType)
            #expect(section.codecs.first?.retransmissionPayloadType == codec.retransmissionPayloadType)
            #expect(section.codecs.first?.feedback == codec.feedback)
            #expect((section.receiverRoundTrip != nil) == track.sendsReceiverReferenceTimes)
        }
    }
}
