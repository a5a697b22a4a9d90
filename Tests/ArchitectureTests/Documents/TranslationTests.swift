// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@Suite("Translations of the documents")
struct TranslationTests {
    @Test("Those that users need most are there in Japanese")
    func areThere() {
        let translated = Set(Document.translated.map(\.english.path))
        #expect(translated.isSuperset(of: ["README.md", "docs/guides/obs.md", "docs/guides/ffmpeg.md"]))
        #expect(translated.count == Document.all.count { $0.path.hasSuffix(".ja.md") })
    }

    @Test("They have the same headings, tables and links", arguments: Document.translated.map(\.japanese))
    func structure(japanese: Document) throws {
        let english = try #require(Document.read(japanese.path.replacing(".ja.md", with: ".md")))
        #expect(japanese.headings.map(\.level) == english.headings.map(\.level))
        #expect(japanese.tables.map(\.rows.count) == english.tables.map(\.rows.count))
        #expect(japanese.tables.map { $0.rows.map(\.count) } == english.tables.map { $0.rows.map(\.count) })
        // To each other, and to translations where there are some.
        #expect(japanese.links.map(Self.plain).sorted() == english.links.map(Self.plain).sorted())
    }

    @Test("They have the same commands, keys and names", arguments: Document.translated.map(\.japanese))
    func code(japanese: Document) throws {
        let english = try #require(Document.read(japanese.path.replacing(".ja.md", with: ".md")))
        #expect(Self.commands(japanese) == Self.commands(english))
        for (left, right) in zip(japanese.tables, english.tables) {
            for (one, other) in zip(left.rows, right.rows) {
                #expect(one.map { Set($0.codeSpans) } == other.map { Set($0.codeSpans) }, "\(japanese.path): \(one[0])")
            }
        }
    }

    private static func plain(_ link: String) -> String {
        String(link.split(separator: "#", omittingEmptySubsequences: false)[0]).replacing(".ja.md", with: ".md")
    }

    /// The lines of fenced blocks without what is said about them.
    private static func commands(_ document: Document) -> [[Substring]] {
        document.blocks.filter { !$0.text.contains("──") }.map { block in
            block.text.split(separator: "\n").map { $0.prefix { $0 != "#" } }
                .map { $0.reversed().drop { $0 == " " } }.map { Substring(String($0.reversed())) }
        }
    }
}
