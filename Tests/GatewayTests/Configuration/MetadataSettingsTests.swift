// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import SkyWay
import Testing

@testable import Gateway

@Suite("The settings of metadata")
struct MetadataSettingsTests {
    private func read(_ more: [String: String]) throws -> MetadataSettings {
        let account = ["SKYWAY_APP_ID": "app", "SKYWAY_SECRET_KEY": "secret"]
        return try GatewayConfiguration(environment: account.merging(more) { $1 }).metadata
    }

    @Test("without any nothing is said, and publishers say what is theirs")
    func defaults() throws {
        let metadata = try read([:])
        #expect(metadata.texts.isEmpty && metadata.publishers == [.member, .audio, .video])
        #expect(metadata.updates.isEmpty)
        #expect(metadata.timing.interval == .seconds(5))
    }

    @Test("each thing has a variable of its own")
    func texts() throws {
        let metadata = try read([
            "SKYWAY_CHANNEL_METADATA": "c", "SKYWAY_MEMBER_METADATA": "m {encoder}",
            "SKYWAY_AUDIO_METADATA": "a {state}", "SKYWAY_VIDEO_METADATA": #"{"w":{width}}"#,
            "GATEWAY_PUBLISHER_METADATA": "Video, channel",
        ])
        let expected: [MetadataSubject: String] = [
            .channel: "c", .member: "m {encoder}", .audio: "a {state}", .video: #"{"w":{width}}"#,
        ]
        #expect(metadata.texts.templates.mapValues(\.text) == expected)
        #expect(metadata.publishers == [.video, .channel])
        #expect(metadata.updates == [.channel, .audio, .video])
        #expect(try read(["GATEWAY_PUBLISHER_METADATA": "off"]).publishers.isEmpty)
    }

    @Test(
        "what can't be used ends the start with a sentence that names the setting",
        arguments: [
            (
                "SKYWAY_VIDEO_METADATA", "{size}",
                "SKYWAY_VIDEO_METADATA can't be used: the metadata of the video has {size}"
            ),
            ("SKYWAY_MEMBER_METADATA", #"{"a":1"#, "the metadata of the member looks like JSON and is none"),
            (
                "SKYWAY_CHANNEL_METADATA", String(repeating: "x", count: 1_025),
                "the metadata of the channel is 1025 bytes long; it has to be of at most 1024 bytes of UTF-8."
            ),
            (
                "GATEWAY_PUBLISHER_METADATA", "picture",
                #"GATEWAY_PUBLISHER_METADATA is "picture"; it has to be off, or"#
            ),
        ]
    )
    func wrong(variable: String, value: String, sentence: String) {
        let error = #expect(throws: ConfigurationError.self) { try read([variable: value]) }
        #expect(error?.description.contains(sentence) == true, "\(error?.description ?? "")")
    }
}
