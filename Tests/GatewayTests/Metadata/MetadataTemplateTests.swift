// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import SkyWay
import Testing

@testable import Gateway

@Suite("Templates of metadata")
struct MetadataTemplateTests {
    private static let facts: MetadataFacts = {
        var facts = MetadataFacts()
        facts.encoder = #"OBS "32"\n"#
        facts.size = PictureSize(width: 1280, height: 720)
        facts.codecs = [.audio: "opus", .video: "H264"]
        facts.startedAt = "2026-11-26T05:54:29Z"
        facts.room = "studio"
        facts.member = "whip-1"
        facts.key = "ab3d5fgh"
        facts.state = "live"
        return facts
    }()

    private func render(
        _ text: String,
        with facts: MetadataFacts = facts,
        for subject: MetadataSubject = .member
    ) throws -> String? {
        try MetadataTemplate(text).rendered(with: facts, for: subject)
    }

    @Test(
        "a plain text has the facts in their places, and braces that no letter follows stand for themselves",
        arguments: [
            ("camera 1", "camera 1"),
            ("{resolution} in {room}", "1280x720 in studio"),
            ("{width}/{height} {codec} {audioCodec} {videoCodec}", "1280/720 H264 opus H264"),
            ("{startedAt} {member} {key} {state}", "2026-11-26T05:54:29Z whip-1 ab3d5fgh live"),
            ("by {encoder}", #"by OBS "32"\n"#),
            ("{{resolution} is {resolution}}", "{resolution} is 1280x720}"),
            ("{ } {} {1} {\u{3042}}", "{ } {} {1} {\u{3042}}"),
            ("", ""),
        ]
    )
    func plain(text: String, expected: String) throws {
        #expect(try render(text) == expected)
    }

    @Test(
        "in JSON what is put in stays JSON: escaped in strings, and values elsewhere",
        arguments: [
            (#"{"by":"{encoder}"}"#, #"{"by":"OBS \"32\"\\n"}"#),
            (#"{"by":{encoder},"w":{width},"codec":{codec}}"#, #"{"by":"OBS \"32\"\\n","w":1280,"codec":"H264"}"#),
            (#"{"label":"a \"{room}\" {{b}"}"#, #"{"label":"a \"studio\" {b}"}"#),
            (#"[{width}, {height}]"#, "[1280, 720]"),
            (#"{"a":{"b":{}}}"#, #"{"a":{"b":{}}}"#),
        ]
    )
    func json(text: String, expected: String) throws {
        #expect(try render(text) == expected)
    }

    @Test("what is not known is null in JSON, and nothing elsewhere")
    func unknown() throws {
        let nothing = MetadataFacts()
        #expect(try render(#"{"w":{width},"size":"{resolution}"}"#, with: nothing) == #"{"w":null,"size":""}"#)
        #expect(try render("size {resolution}", with: nothing) == "size ")
    }

    @Test("the codec is the publication's own, else that of the picture, or of the sound where there is none")
    func codec() throws {
        #expect(try render("{codec}", for: .audio) == "opus")
        #expect(try render("{codec}", for: .video) == "H264")
        #expect(try render("{codec}", for: .channel) == "H264")
        var sound = MetadataFacts()
        sound.codecs = [.audio: "opus"]
        #expect(try render("{codec}", with: sound) == "opus")
        #expect(try render("{codec}", with: sound, for: .video) == "")
    }

    @Test(
        "a wrong one is refused in a sentence",
        arguments: [
            ("{size}", "has {size}, which is not known; known are {encoder}, {width}"),
            ("{resolution", "has {resolution without a } after it"), ("{width:4}", "has {width without a } after it"),
            (#"{"a":1,}"#, "looks like JSON and is none"),
            (#"{"a":{resolution}"#, "looks like JSON and is none"),
            (String(repeating: "\u{3042}", count: 342), "is 1026 bytes long; it has to be of at most 1024 bytes"),
        ]
    )
    func flaws(text: String, reason: String) {
        let flaw = #expect(throws: MetadataFlaw.self) { try MetadataTemplate(text) }
        #expect(flaw?.reason.hasPrefix(reason) == true, "\(flaw?.reason ?? "")")
    }

    @Test("a text that grows over 1024 bytes by what is put in is none")
    func growing() throws {
        let template = try MetadataTemplate(String(repeating: "x", count: 1_010) + "{resolution}")
        #expect(template.rendered(with: MetadataFacts(), for: .video)?.utf8.count == 1_010)
        #expect(template.rendered(with: Self.facts, for: .video)?.utf8.count == 1_018)
        var long = Self.facts
        long.size = PictureSize(width: 16_384_000, height: 16_384_000)
        #expect(template.rendered(with: long, for: .video) == nil)
    }

    @Test("what changes while the same publisher goes on is known as such")
    func changes() throws {
        for text in ["{width}", "{height}", "{resolution}", "a {state}"] { #expect(try MetadataTemplate(text).changes) }
        #expect(try !MetadataTemplate("{encoder} {codec} {startedAt} {room} {member} {key} {{state}").changes)
    }
}
