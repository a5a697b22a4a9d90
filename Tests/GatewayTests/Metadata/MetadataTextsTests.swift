// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import SkyWay
import Testing

@testable import Gateway

@Suite("Who says which metadata")
struct MetadataTextsTests {
    private static func texts(_ value: JSONValue) throws -> MetadataTexts { try MetadataTexts(value) }

    @Test("a text is the member's, a text in an object is taken as it is, and of other JSON the text is taken")
    func reading() throws {
        #expect(try Self.texts("camera").templates.mapValues(\.text) == [.member: "camera"])
        let several: JSONValue = ["video": ["b": 1, "a": "x/y"], "audio": "{codec}", "channel": .null]
        #expect(
            try Self.texts(several).templates.mapValues(\.text)
                == [.video: #"{"a":"x/y","b":1}"#, .audio: "{codec}"]
        )
    }

    @Test(
        "what can't be read is told in a sentence",
        arguments: [
            (3, "has to be a text, or an object of channel, member, audio, video"),
            (["picture": "a"], #"of "picture" is not known; there is channel, member, audio, video"#),
            (["video": "{x}"], "of the video has {x}, which is not known"),
        ] as [(JSONValue, String)]
    )
    func flaws(value: JSONValue, reason: String) {
        let flaw = #expect(throws: MetadataFlaw.self) { try MetadataTexts(value) }
        #expect(flaw?.reason.hasPrefix(reason) == true, "\(flaw?.reason ?? "")")
    }

    @Test("a merge changes what it names, takes back what is null there, and nothing where something is wrong")
    func merging() throws {
        var texts = try Self.texts(["member": "a", "video": "b"])
        try texts.merge(["video": .null, "audio": "c"])
        #expect(texts.templates.mapValues(\.text) == [.member: "a", .audio: "c"])
        let before = texts
        #expect(throws: MetadataFlaw.self) { try texts.merge(["member": "d", "video": "{x}"]) }
        #expect(texts == before)
    }

    @Test("the operator's last word counts first, then the grant's, the publisher's, and the configuration's")
    func precedence() throws {
        var sources = MetadataSources()
        sources.configuration = try Self.texts(["member": "1", "video": "1", "audio": "1", "channel": "1"])
        sources.publisher = try Self.texts(["member": "2", "video": "2", "audio": "2"])
        sources.grant = try Self.texts(["member": "3", "video": "3"])
        sources.admin = try Self.texts(["member": "4"])
        let counting = MetadataSubject.allCases.map { sources.template(of: $0)?.0.text }
        #expect(counting == ["1", "4", "2", "3"])
        let words = MetadataSubject.allCases.map { sources.template(of: $0)?.1 }
        #expect(words == [.configuration, .admin, .publisher, .grant])
        #expect(MetadataSources().template(of: .member) == nil)
    }

    @Test("what will be changed later is what changes by itself, and the room, which may be there already")
    func updates() throws {
        var sources = MetadataSources()
        sources.configuration = try Self.texts(["channel": "a", "member": "{state}", "video": "{resolution}"])
        #expect(sources.updates == [.channel, .member, .video])
        sources.publisher = try Self.texts(["member": "fixed"])
        #expect(sources.updates == [.channel, .video])
    }

    @Test("a hook's words go over a key's, and others of the key stay")
    func grants() throws {
        var key = GrantDescription()
        key.metadata = ["member": "key", "video": "key"]
        var hook = GrantDescription()
        hook.metadata = "hook"
        let grant = try hook.applied(to: try key.applied(to: PublishGrant()))
        #expect(grant.metadata.templates.mapValues(\.text) == [.member: "hook", .video: "key"])
        key.metadata = ["member": "{nothing}"]
        let error = #expect(throws: InvalidGrant.self) { try key.applied(to: PublishGrant()) }
        #expect(error?.reason.hasPrefix("metadata of the member has {nothing}, which is not known") == true)
    }

    @Test("a list of names is read, in any case and with spaces")
    func lists() {
        #expect(Set<MetadataSubject>(listed: "member, VIDEO") == [.member, .video])
        #expect(Set<MetadataSubject>(listed: "member,picture") == nil)
    }
}
