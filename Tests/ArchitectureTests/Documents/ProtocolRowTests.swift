// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite("The rows of SkyWay's protocol in the documents")
struct ProtocolRowTests {
    /// The display names of SkyWayLocal's tests that begin with a section.
    private static func names() throws -> [String] {
        try SourceTree.swiftFiles(below: "Tests/SkyWayLocalTests").flatMap { file in
            file.lines.joined(separator: "\n").matches(of: /@Test\(\s*"(§[^"]+)"/).map { String($0.1) }
        }
    }

    private static func rows(of header: String) throws -> [[String]] {
        let document = try #require(Document.read("docs/specifications.md"))
        let table = document.tables.first { $0.section == "SkyWayLocal" && $0.rows[0][0] == header }
        return Array(try #require(table).rows.dropFirst())
    }

    @Test("Each row has its test, and each test of a row is listed")
    func rows() throws {
        let names = try Self.names()
        #expect(Set(names).count == names.count)
        let listed = try Self.rows(of: "row").map { $0.joined(separator: ": ") }
        #expect(listed.count >= 100)
        #expect(Set(listed).symmetricDifference(names).isEmpty)
        #expect(Set(listed).count == listed.count)
    }

    @Test("Each item of the checklist names a test")
    func checklist() throws {
        let names = try Set(Self.names())
        let rows = try Self.rows(of: "item")
        #expect(rows.count >= 25)
        for row in rows { #expect(names.contains(row[1]), "\(row[0]): \(row[1])") }
    }

    @Test(
        "Everything that SkyWayLocal reads or says has a row",
        arguments: [
            ("RPC/RPCCall.swift", "§2.3 "), ("ControlPlane/ChannelEvent.swift", "§2.6 "),
        ]
    )
    func completeness(file: String, section: String) throws {
        let path = SourceTree.root.appending(path: "Sources/SkyWayLocal/\(file)")
        let text = try String(contentsOf: path, encoding: .utf8)
        let words = text.matches(of: /case (?:"(\w+)"|\.\w+): (?:\.\w|"(\w+)")/).compactMap { $0.1 ?? $0.2 }
        #expect(words.count >= 13)
        let listed = try Set(Self.rows(of: "row").map { $0[0] })
        for word in words { #expect(listed.contains(section + word), "\(word)") }
    }
}
