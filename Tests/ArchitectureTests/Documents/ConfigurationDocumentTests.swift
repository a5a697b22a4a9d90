// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite("The settings in the documents")
struct ConfigurationDocumentTests {
    /// A row of the table of variables.
    private struct Row {
        var variables: [String]
        var flag: String
        var type: String
        var value: String
    }

    private static let reading = ["Reading", "Settings", "Tokens"].map {
        "Sources/Gateway/GatewayConfiguration+\($0).swift"
    }
    /// What SkyWayLocal reads.
    private static let local: Set = ["SKYWAY_SDK_JS"]
    /// That, the second names of two variables, and what `publish` reads.
    private static let others = local.union(["APP_ID", "SECRET_KEY", "WHIP_BEARER_TOKEN"])

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: SourceTree.root.appending(path: path), encoding: .utf8)
    }

    private static func readingText() throws -> String { try reading.map(text).joined() }

    /// The variables that the gateway reads, from the code that reads them.
    private static func variablesInCode() throws -> Set<String> {
        Set(try readingText().matches(of: /"((?:skyway|gateway|app|secret)(?:\.[a-z]+)+)"/).map { variable($0.1) })
    }

    private static func variable(_ key: Substring) -> String { key.replacing(".", with: "_").uppercased() }

    private static func variables(in cell: String) -> [String] {
        cell.codeSpans.filter { $0.wholeMatch(of: /[A-Z]+(_[A-Z]+)+/) != nil }
    }

    private static func rows() throws -> [Row] {
        let document = try #require(Document.read("docs/configuration.md"))
        let tables = document.tables.filter { $0.rows[0].first == "variable" }
        return tables.flatMap { $0.rows.dropFirst() }.map {
            Row(variables: variables(in: $0[0]), flag: $0[1], type: $0[2], value: $0[3])
        }
    }

    @Test("Every variable that is read is described, and no other")
    func variables() throws {
        let described = try Self.rows().flatMap(\.variables)
        #expect(Set(described).count == described.count)
        let expected = try Self.variablesInCode().union(Self.others)
        #expect(Set(described).symmetricDifference(expected).isEmpty)
    }

    @Test("Every variable that any command reads is one of those")
    func environment() throws {
        for file in try SourceTree.swiftFiles(below: "Sources") {
            for match in file.lines.joined(separator: "\n").matches(of: /environment\["(\w+)"\]/)
            where match.1 != "PATH" {
                #expect(Self.others.contains(String(match.1)), "\(file.path) reads \(match.1)")
            }
        }
    }

    @Test(
        "Both readmes list the variables of gateway and SkyWayLocal, and no other",
        arguments: ["README.md", "README.ja.md"]
    )
    func readmes(path: String) throws {
        let document = try #require(Document.read(path))
        let table = try #require(document.tables.first { $0.rows.joined().contains { $0.contains("`SKYWAY_APP_ID`") } })
        let listed = Set(table.rows.joined().flatMap(Self.variables))
        #expect(listed.symmetricDifference(try Self.variablesInCode().union(Self.local)).isEmpty)
    }

    @Test("Each variable stands beside its flag")
    func flags() throws {
        let pairs = try Self.text("Sources/CLI/GatewayFlags.swift").matches(of: /\("([A-Z_]+)", (\w+)/)
        #expect(pairs.count > 10)
        var left = try Self.rows().filter { $0.flag.contains("--") }
        for pair in pairs {
            let flag = "`--\(CommandLineSources.kebab(String(pair.2)))`"
            let index = left.firstIndex { $0.variables.contains(String(pair.1)) }
            let row = try #require(index.map { left.remove(at: $0) }, "\(pair.1) has no flag in the document")
            #expect(row.flag.contains(flag), "\(pair.1) stands beside \(row.flag)")
        }
        #expect(left.map(\.variables) == [["WHIP_BEARER_TOKEN"]])
    }

    @Test("Each variable has the default of the code")
    func defaults() throws {
        let configuration = try Self.text("Sources/Gateway/GatewayConfiguration.swift")
        let keys = try Self.readingText().matches(of: /(\w+) = (?:try )?settings\.\w+\("([\w.]+)"/)
        var compared = 0
        for key in keys {
            let declaration = try Regex("var \(key.1)(?:: [^=\\n]+)? = ([^\\n.]+|\"[^\"]*\")\\n")
            guard let match = configuration.firstMatch(of: declaration), let value = match.output[1].substring else {
                continue
            }
            let literal = value.replacing("\"", with: "").replacing("_", with: "")
            let row = try #require(try Self.rows().first { $0.variables.contains(Self.variable(key.2)) })
            // An empty list is none.
            #expect(row.value == (literal == "[]" ? "none" : "`\(literal)`"), "\(key.2)")
            compared += 1
        }
        #expect(compared >= 4)
    }

    @Test("Each number has the range of the code")
    func ranges() throws {
        let numbers = try Self.readingText().matches(of: /number\("([\w.]+)", ([\d_]+)\.\.\.([\d_]+)\)/)
        #expect(numbers.count >= 4)
        for number in numbers {
            let row = try #require(try Self.rows().first { $0.variables.contains(Self.variable(number.1)) })
            let bounds = [number.2, number.3].map { $0.replacing("_", with: "") }
            #expect(row.type.contains("\(bounds[0])–\(bounds[1])"), "\(number.1): \(row.type)")
        }
    }

    @Test("Each command is described with its options, their defaults, and no other")
    func options() throws {
        let document = try #require(Document.read("docs/configuration.md"))
        let sources = try CommandLineSources()
        #expect(sources.commands.count == 15)
        for (command, parameters) in sources.commands {
            let rows = document.tables.filter { $0.section == "`\(command)`" }.flatMap { $0.rows.dropFirst() }
            let described = rows.flatMap { $0.joined(separator: " ").matches(of: /`(--[a-z-]+|<[a-z-]+>)`/) }
            // Described with `serve`, and not again.
            let elsewhere = command == "doctor" ? sources.gatewayFlags : []
            let names = sources.names(of: command).subtracting(elsewhere)
            #expect(Set(described.map { String($0.1) }) == names, "\(command)")
            for parameter in parameters where !elsewhere.contains(parameter.name) {
                guard let value = parameter.defaultValue, value != "false" else { continue }
                let row = rows.first { $0.joined(separator: " ").contains("`\(parameter.name)`") }
                guard let shown = Self.shown(value) else { continue }
                #expect(
                    row?.joined(separator: " ").contains("`\(shown)`") == true,
                    "\(command) \(parameter.name): \(value)"
                )
            }
        }
    }

    /// A default as the document shows it; `nil` where code or a phrase says it.
    private static func shown(_ value: String) -> String? {
        if value.hasPrefix("Logger.Level.") { return String(value.dropFirst(13)) }
        return value == "none" || value.contains(" ") || value.contains("(") ? nil : value
    }
}
