// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import HTTPKit
import SkyWayLocal

/// `fault`: turns the fault knobs of a SkyWayLocal that runs.
struct Fault: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes something go wrong in a SkyWayLocal that runs.",
        discussion: "The faults are \(SkyWayLocal.Fault.Name.allCases.map(\.rawValue).joined(separator: ", "))."
    )

    @Argument(help: "A fault and its fields as field=value; with --clear the id of one fault.") var words: [String] = []
    @Flag(help: "List the faults in force.") var list = false
    @Flag(help: "End one fault, or all.") var clear = false
    @Option(help: "Where SkyWayLocal is.") var url = "http://127.0.0.1:8081"

    func validate() throws {
        guard !(list && clear), !list || words.isEmpty, !clear || words.count <= 1, list || clear || !words.isEmpty
        else { throw ValidationError("Name a fault, or use --list, or --clear with or without an id.") }
    }

    func run() async throws {
        if list {
            let answer = try await ask("GET", "/local/faults")
            guard case .object(let document) = answer, case .array(let faults)? = document["faults"] else { return }
            StandardOutput.say(faults.isEmpty ? "No fault is in force." : faults.map(Self.line).joined(separator: "\n"))
        } else if clear {
            _ = try await ask("DELETE", "/local/faults\(words.first.map { "/\($0)" } ?? "")")
        } else {
            let fault: SkyWayLocal.Fault
            do {
                fault = try SkyWayLocal.Fault(words: words)
            } catch {
                throw Failure("\(error)")
            }
            StandardOutput.say(Self.line(try await ask("POST", "/local/faults", .object(fault.document))))
        }
    }

    /// A fault in one line, its id first where it is in force.
    private static func line(_ fault: JSONValue) -> String {
        guard case .object(var fields) = fault else { return "" }
        let id = fields.removeValue(forKey: "id").map { "\(text($0)): " } ?? ""
        let name = fields.removeValue(forKey: "fault").map(text) ?? ""
        return id
            + ([name] + fields.sorted { $0.key < $1.key }.map { "\($0.key)=\(text($0.value))" })
            .joined(separator: " ")
    }

    private static func text(_ value: JSONValue) -> String {
        switch value {
        case .string(let text): text
        case .integer(let number): "\(number)"
        case .number(let number): "\(number)"
        case .bool(let flag): "\(flag)"
        case .null, .array, .object: "…"
        }
    }

    private func ask(_ method: String, _ path: String, _ body: JSONValue? = nil) async throws -> JSONValue {
        let question = JSONQuestion(
            base: url,
            unreachable: "There is no SkyWayLocal at \(url). Start one with `local`, or name it with --url."
        )
        return try await question.ask(method, path, body)
    }
}
