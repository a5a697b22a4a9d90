// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// What the page of specifications says is tested.
@Suite("The rows of the specifications")
struct SpecificationTests {
    /// A row of one of the tables that name tests.
    struct Row: Hashable, CustomTestStringConvertible {
        var section: String
        var cells: [String]
        var testDescription: String { "\(section): \(cells.first ?? "")" }
        /// The tests named, as `Suite.function`.
        var tests: [String] { cells.last?.codeSpans ?? [] }
    }

    private static let words: Set = [
        "MUST", "MUST NOT", "SHALL", "SHOULD", "SHOULD NOT", "RECOMMENDED", "MAY", "OPTIONAL", "will", "could",
        "preferred", "not required", "–",
    ]

    static let rows: [Row] = {
        let tables = Document.read("docs/specifications.md")?.tables ?? []
        return tables.filter { $0.rows[0].last == "test" && $0.rows[0].count == 5 }.flatMap { table in
            table.rows.dropFirst().map { Row(section: table.section, cells: $0) }
        }
    }()

    /// All tests there are, as `Suite.function`.
    private static func testsInSources() throws -> Set<String> {
        var tests: Set<String> = []
        for file in try SourceTree.swiftFiles(below: "Tests") {
            var suite = ""
            var isTest = false
            for line in file.lines {
                if let match = line.firstMatch(of: /(?:struct|extension|class) (\w+Tests)\b/) {
                    suite = String(match.1)
                }
                if line.contains("@Test") { isTest = true }
                guard isTest, let match = line.firstMatch(of: /func (\w+)\(/) else { continue }
                tests.insert("\(suite).\(match.1)")
                isTest = false
            }
        }
        return tests
    }

    @Test("Every row names tests, and they are there; only what is not there at all has none")
    func named() throws {
        let tests = try Self.testsInSources()
        #expect(tests.count > 500)
        for row in Self.rows {
            #expect(row.cells.count == 5, "\(row)")
            #expect(Self.words.contains(row.cells[1]), "\(row): \(row.cells[1])")
            #expect(!row.tests.isEmpty || row.cells[3].contains("*not there*"), "\(row)")
            for test in row.tests { #expect(tests.contains(test), "\(row) names \(test)") }
        }
    }

    @Test("The specifications that are to be there row by row are")
    func complete() {
        let counts = Dictionary(grouping: Self.rows, by: \.section).mapValues(\.count)
        #expect(counts["RFC 9725, row by row"] ?? 0 >= 60)
        #expect(counts["RFC 8840, row by row"] ?? 0 >= 8)
        #expect(counts["RFC 8839, row by row"] ?? 0 >= 15)
        #expect(counts["RFC 8853, row by row"] ?? 0 >= 12)
        #expect(counts["RFC 9143, 8851 and 8852, row by row"] ?? 0 >= 9)
    }
}
