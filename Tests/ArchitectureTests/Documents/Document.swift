// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// A document of the repository, taken apart as far as its tests need it.
struct Document {
    /// A heading, with the anchor that GitHub gives it.
    struct Heading: Hashable {
        var level: Int
        var text: String
        var anchor: String
    }

    /// A fenced block.
    struct Block: Hashable {
        /// What follows the fence, such as `sh`; empty for none.
        var language: String
        var text: String
        var line: Int
    }

    /// A table, with the heading of the second level that it stands under.
    struct Table: Hashable {
        var section: String
        /// The cells of each row, that of the names first.
        var rows: [[String]]
    }

    /// The path from the root of the repository.
    var path: String
    var headings: [Heading] = []
    var blocks: [Block] = []
    var tables: [Table] = []
    /// Everything outside fenced blocks.
    private var prose: [Substring] = []

    /// Takes a document apart.
    init(path: String, text: String) {
        self.path = path
        var open: Block?
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let trimmed = line.trimmingCharacters(in: .whitespaces)
            if var block = open {
                if trimmed.hasPrefix("```") {
                    blocks.append(block)
                    open = nil
                } else {
                    block.text += line + "\n"
                    open = block
                }
            } else if trimmed.hasPrefix("```") {
                open = Block(language: String(trimmed.dropFirst(3)), text: "", line: index + 2)
            } else {
                takeProse(line)
            }
        }
    }

    private mutating func takeProse(_ line: Substring) {
        let isTableRow = line.hasPrefix("|")
        if line.hasPrefix("#") { addHeading(line) }
        if isTableRow {
            let cells = line.dropFirst().split(separator: "|", omittingEmptySubsequences: false).dropLast()
            let row = cells.map { $0.trimmingCharacters(in: .whitespaces) }
            let isRule = row.allSatisfy { !$0.isEmpty && $0.allSatisfy { "-:".contains($0) } }
            if prose.last?.hasPrefix("|") == true {
                if !isRule { tables[tables.count - 1].rows.append(row) }
            } else {
                tables.append(Table(section: headings.last { $0.level == 2 }?.text ?? "", rows: [row]))
            }
        }
        prose.append(line)
    }

    private mutating func addHeading(_ line: Substring) {
        let level = line.prefix { $0 == "#" }.count
        let text = line.dropFirst(level).trimmingCharacters(in: .whitespaces)
        let plain = text.lowercased().filter { $0.isLetter || $0.isNumber || $0 == " " || $0 == "-" || $0 == "_" }
        let anchor = plain.replacing(" ", with: "-")
        let same = headings.count { $0.text == text }
        headings.append(Heading(level: level, text: text, anchor: same == 0 ? anchor : "\(anchor)-\(same)"))
    }

    /// What stands between backticks, outside fenced blocks.
    var codeSpans: [String] {
        prose.joined(separator: "\n").matches(of: /`([^`]+)`/).map { String($0.1).replacing("\n", with: " ") }
    }

    /// Whether it has these words in a line outside fenced blocks.
    func says(_ words: String) -> Bool { prose.contains { $0.contains(words) } }

    /// Where the links lead, outside fenced blocks and code.
    var links: [String] {
        prose.joined(separator: "\n").replacing(/`[^`]*`/, with: "").matches(of: /\]\(([^)\s]+)\)/).map { String($0.1) }
    }
}

extension Document {
    /// All documents: those at the top, in `docs` and beside the tests.
    static let all: [Document] = {
        let top = (try? FileManager.default.contentsOfDirectory(atPath: SourceTree.root.path)) ?? []
        let nested = ["docs", "Tests"].flatMap { folder in
            let base = SourceTree.root.appending(path: folder)
            let paths = FileManager.default.enumerator(atPath: base.path)?.compactMap { $0 as? String } ?? []
            return paths.map { "\(folder)/\($0)" }
        }
        return (top + nested).filter { $0.hasSuffix(".md") }.sorted().compactMap { read($0) }
    }()

    /// The document at a path; `nil` where there is none.
    static func read(_ path: String) -> Document? {
        let file = SourceTree.root.appending(path: path)
        return (try? String(contentsOf: file, encoding: .utf8)).map { Document(path: path, text: $0) }
    }

    /// The documents that have a translation, with it.
    static var translated: [(english: Document, japanese: Document)] {
        all.filter { $0.path.hasSuffix(".ja.md") }.compactMap { japanese in
            read(japanese.path.replacing(".ja.md", with: ".md")).map { ($0, japanese) }
        }
    }
}

extension Document: CustomTestStringConvertible {
    var testDescription: String { path }
}

extension String {
    /// What stands between backticks in it.
    var codeSpans: [String] { matches(of: /`([^`]+)`/).map { String($0.1) } }
}
