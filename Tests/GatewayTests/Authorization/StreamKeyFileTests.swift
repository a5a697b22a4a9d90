// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Gateway
@testable import SkyWay

@Suite("The file of stream keys")
struct StreamKeyFileTests {
    private func grant(_ channel: String = "studio") -> GrantDescription {
        var grant = GrantDescription()
        grant.channel = channel
        return grant
    }

    @Test("A key is kept as its digest, in a file for its owner alone, and nothing else is left behind")
    func keeping() async throws {
        try await TemporaryFolder.with { folder in
            let file = StreamKeyFile(path: folder.file("keys.json"))
            #expect(try file.keys() == nil)
            let made = try file.add(grant(), note: "camera")
            #expect(made.key.exposed.wholeMatch(of: /[a-hjkmnp-z2-9]{8}-[a-hjkmnp-z2-9]{32}/) != nil)
            #expect(made.key.exposed.hasPrefix(made.kept.id))
            #expect(try file.keys() == [made.kept])
            let text = try String(contentsOfFile: file.path, encoding: .utf8)
            #expect(!text.contains(made.key.exposed.dropFirst(9)))
            #expect(FileStamp(path: file.path)?.mode == 0o600)
            #expect(folder.names == ["keys.json"])
        }
    }

    @Test("Keys that are added at the same time are all there")
    func together() async throws {
        try await TemporaryFolder.with { folder in
            let file = StreamKeyFile(path: folder.file("keys.json"))
            let ids = try await withThrowingTaskGroup(of: String.self) { group in
                for index in 0..<20 { group.addTask { try file.add(self.grant("room-\(index)")).kept.id } }
                return try await group.reduce(into: Set<String>()) { $0.insert($1) }
            }
            #expect(ids.count == 20)
            #expect(Set(try file.keys()?.map(\.id) ?? []) == ids)
        }
    }

    @Test("A revoked key is gone, and one that is not there is said to be so")
    func revoking() async throws {
        try await TemporaryFolder.with { folder in
            let file = StreamKeyFile(path: folder.file("keys.json"))
            let first = try file.add(grant()).kept
            let second = try file.add(grant()).kept
            #expect(try file.revoke(first.id))
            #expect(try !file.revoke(first.id))
            #expect(try file.keys() == [second])
        }
    }

    @Test("A link to the file stays one")
    func link() async throws {
        try await TemporaryFolder.with { folder in
            _ = try StreamKeyFile(path: folder.file("real.json")).add(grant())
            try FileManager.default.createSymbolicLink(
                atPath: folder.file("keys.json"),
                withDestinationPath: folder.file("real.json")
            )
            _ = try StreamKeyFile(path: folder.file("keys.json")).add(grant())
            #expect(try StreamKeyFile(path: folder.file("real.json")).keys()?.count == 2)
            #expect(folder.names == ["keys.json", "real.json"])
        }
    }

    @Test(
        "What can't be granted is told when the key is made, and the file stays as it was",
        arguments: [
            { $0.channel = "a room" }, { $0.memberName = "*" }, { $0.codecs = ["h266"] },
            { $0.maximumBitrate = 8 }, { $0.maximumPublishers = 0 },
            {
                $0.memberName = "a"
                $0.maximumPublishers = 2
            },
        ] as [@Sendable (inout GrantDescription) -> Void]
    )
    func impossible(edit: @Sendable (inout GrantDescription) -> Void) async throws {
        try await TemporaryFolder.with { folder in
            let file = StreamKeyFile(path: folder.file("keys.json"))
            var grant = grant()
            edit(&grant)
            #expect(throws: InvalidGrant.self) { try file.add(grant) }
            #expect(folder.names.isEmpty)
        }
    }

    @Test(
        "A file that is none of keys is not written over",
        arguments: [
            "", "{", "[]", #"{"version": 2, "keys": []}"#,
            #"{"version": 1, "keys": [{"id": "a", "sha256": "00", "grant": {"channel": "a"}, "createdAt": "2026-01-01T00:00:00Z"}]}"#,
        ]
    )
    func unreadable(text: String) async throws {
        try await TemporaryFolder.with { folder in
            try folder.write(text, to: "keys.json")
            let file = StreamKeyFile(path: folder.file("keys.json"))
            #expect(throws: StreamKeyFileError.self) { try file.keys() }
            #expect(throws: StreamKeyFileError.self) { try file.add(grant()) }
            #expect(try String(contentsOfFile: file.path, encoding: .utf8) == text)
        }
    }

    @Test("A folder that is not there is told as such")
    func noFolder() {
        let error = #expect(throws: FileError.self) { try StreamKeyFile(path: "/nowhere/keys.json").add(grant()) }
        #expect(error?.description.contains("/nowhere") == true)
    }

    @Test("Hexadecimal digits are read as they are written, and nothing else is")
    func hexadecimal() {
        let bytes: [UInt8] = [0, 9, 0x1A, 0xFF]
        #expect(bytes.hexadecimal == "00091aff")
        #expect([UInt8](hexadecimal: "00091AfF") == bytes)
        for text in ["0", "0g", "@@", "::", "０0"] { #expect([UInt8](hexadecimal: text) == nil) }
    }
}
