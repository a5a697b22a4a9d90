// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite("Links and names in the documents")
struct LinkTests {
    @Test("A link leads to a file and a heading that are there", arguments: Document.all)
    func links(document: Document) {
        let folder = SourceTree.root.appending(path: document.path).deletingLastPathComponent()
        for link in document.links where !link.hasPrefix("https://") {
            let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let target = parts[0].isEmpty ? document.path : Self.relative(folder.appending(path: parts[0]))
            #expect(SourceTree.exists(target), "\(document.path): \(link) leads nowhere")
            guard parts.count == 2, let other = Document.read(target) else { continue }
            #expect(other.headings.contains { $0.anchor == parts[1] }, "\(document.path): \(link) has no such heading")
        }
    }

    private static func relative(_ url: URL) -> String {
        String(url.standardized.path.dropFirst(SourceTree.root.standardized.path.count + 1))
    }

    @Test("A path that is named is there", arguments: Document.all)
    func paths(document: Document) throws {
        for span in document.codeSpans where Self.isPath(span) {
            #expect(SourceTree.exists(span) || SourceTree.exists("Sources/\(span)"), "\(document.path) names \(span)")
        }
        for span in document.codeSpans where span.firstMatch(of: /^[\w+.-]+\.(swift|py|c|js)$/) != nil {
            #expect(try SourceTree.hasFile(named: span), "\(document.path) names \(span)")
        }
    }

    /// Whether a word is a path in this repository: not a placeholder, and not a media type or an SDP profile.
    private static func isPath(_ span: String) -> Bool {
        if span.firstMatch(of: /^(Sources|Tests|docs|scripts|Benchmarks|Fuzzing|deploy)\/[\w\/+.-]*$/) != nil {
            return true
        }
        return span.firstMatch(of: /^[A-Z][A-Za-z]+(\/[A-Z][\w+.-]*)+\/?$/) != nil
            && span.contains { $0.isLowercase }
    }

    @Test("A target of make that is named is there", arguments: Document.all)
    func makeTargets(document: Document) throws {
        let makefile = try String(contentsOf: SourceTree.root.appending(path: "Makefile"), encoding: .utf8)
        let targets = Set(makefile.matches(of: /(?m)^([a-z-]+):/).map { String($0.1) })
        #expect(targets.contains("test"))
        let code = document.codeSpans + document.blocks.flatMap { $0.text.components(separatedBy: "\n") }
        for match in code.compactMap({ $0.firstMatch(of: /^make ([a-z-]+)/) }) {
            #expect(targets.contains(String(match.1)), "\(document.path) names make \(match.1)")
        }
    }

    @Test(
        "A type or member that is named is in the sources",
        arguments: Document.all.filter { $0.path.hasPrefix("docs/") && !$0.path.hasPrefix("docs/guides") }
    )
    func types(document: Document) throws {
        let sources = SwiftNames.all
        try #require(sources.types.count > 300)
        for span in document.codeSpans {
            guard let match = span.firstMatch(of: /^([A-Z]\w*[a-z]\w*)(?:\.([a-z]\w*)(?:\([\w:]*\))?)?$/) else {
                continue
            }
            let type = String(match.1)
            let isTarget = SourceTree.exists("Sources/\(type)") || SourceTree.exists("Tests/\(type)")
            guard !isTarget, !SwiftNames.foreign.contains(type) else { continue }
            let isThere = sources.types.contains(type) && (match.2.map { sources.members.contains(String($0)) } ?? true)
            #expect(isThere, "\(document.path) names \(span)")
        }
    }

    @Test("Decisions are numbered one after another, and have their four parts")
    func decisions() {
        let decisions = Document.all.filter { $0.path.hasPrefix("docs/decisions/") }
        let numbers = decisions.map { Int($0.path.dropFirst(15).prefix(4)) }
        #expect(numbers == (1...max(1, decisions.count)).map { $0 })
        for decision in decisions {
            for part in ["Context", "Choice", "Rejected", "Consequences"] {
                #expect(decision.says("**\(part).**"), "\(decision.path) has no \(part)")
            }
        }
    }

    @Test("Where a specification is kept is there")
    func specifications() throws {
        let document = try #require(Document.read("docs/specifications.md"))
        let rows = document.tables.flatMap { $0.rows.dropFirst() }
        #expect(rows.count > 15)
        for row in rows {
            for span in row[1].codeSpans { #expect(SourceTree.exists("Sources/\(span)"), "\(row[0]): \(span)") }
        }
    }
}

extension SourceTree {
    /// Whether a path from the root of the repository is there.
    static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appending(path: path).path)
    }

    /// Whether there is a file of this name somewhere in the sources, tests or scripts.
    static func hasFile(named name: String) throws -> Bool {
        ["Sources", "Tests", "scripts", "Benchmarks"].contains { folder in
            let base = root.appending(path: folder).path
            let paths = FileManager.default.enumerator(atPath: base)?.compactMap { $0 as? String } ?? []
            return paths.contains { $0 == name || $0.hasSuffix("/\(name)") }
        }
    }
}
