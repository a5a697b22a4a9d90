// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite("What the gateway says, in the documents")
struct ProblemDocumentTests {
    private static func literals(in path: String) throws -> [String] {
        let text = try String(contentsOf: SourceTree.root.appending(path: path), encoding: .utf8)
        return text.matches(of: /"((?:[^"\\\n]|\\.)*)"/).map { String($0.1) }
    }

    @Test("Every problem is explained, and no other")
    func problems() throws {
        let document = try #require(Document.read("docs/troubleshooting.md"))
        let table = try #require(document.tables.first { $0.rows[0].first == "problem" })
        let described = table.rows.dropFirst().flatMap { $0[0].codeSpans }
        let known = try ["Refusal", "SDPError", "SkyWayError"]
            .flatMap { try Self.literals(in: "Sources/Gateway/WHIP/\($0)+Problem.swift") }
            .filter { $0.wholeMatch(of: /[a-z]+(-[a-z]+)*/) != nil }
        #expect(known.count > 20)
        #expect(Set(described) == Set(known))
    }

    @Test(
        "A sentence that is quoted is in the sources",
        arguments: ["docs/troubleshooting.md", "docs/lifecycle.md", "docs/guides/obs.md", "docs/guides/ffmpeg.md"]
    )
    func sentences(path: String) throws {
        let document = try #require(Document.read(path))
        let sources = try SourceTree.swiftFiles(below: "Sources").map { $0.lines.joined(separator: "\n") }
        for span in document.codeSpans where Self.isSentence(span) {
            #expect(sources.contains { $0.contains(span) }, "\(path) quotes: \(span)")
        }
    }

    /// Whether words are a sentence: not a command, a setting or a header field.
    private static func isSentence(_ span: String) -> Bool {
        let words = span.split(separator: " ")
        return words.count > 2 && words[0].first?.isUppercase == true && !words[0].hasSuffix(":")
            && words.dropFirst().allSatisfy { !$0.contains("=") && !$0.hasPrefix("-") }
    }

    @Test("Every advice about a stream is explained, and no other")
    func advice() throws {
        let document = try #require(Document.read("docs/troubleshooting.md"))
        let table = try #require(document.tables.first { $0.section == "The log has advice" })
        let file = SourceTree.root.appending(path: "Sources/Gateway/Broadcast/StreamAdvice.swift")
        let text = try String(contentsOf: file, encoding: .utf8)
        let known = text.matches(of: /(?:"|\n *)(The publisher[^;"\n]+)/).map { String($0.1) }
        #expect(known.count >= 5)
        #expect(Set(known) == Set(table.rows.dropFirst().flatMap { $0[0].codeSpans }))
    }

    @Test("Every reason for which a session ends is explained")
    func reasons() throws {
        let document = try #require(Document.read("docs/lifecycle.md"))
        let table = try #require(document.tables.first { $0.rows[0].first == "reason in the log" })
        let described = Set(table.rows.dropFirst().flatMap { $0[0].codeSpans })
        let text = try String(
            contentsOf: SourceTree.root.appending(path: "Sources/Gateway/Broadcast/EndReason.swift"),
            encoding: .utf8
        )
        let known = text.matches(of: /case \.\w+(?:\(let \w+\))?: "([^"(]+?)(?: \()?[\\"]/).map { String($0.1) }
        #expect(known.count > 8)
        #expect(Set(known) == described)
    }
}
