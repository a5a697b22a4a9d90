// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import AsyncHTTPClient
import Foundation
import HTTPKit
import NIOCore
import NIOHTTP1
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

    /// The longest answer that is read.
    private static let maximumAnswer = 1 << 20

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
        var request = HTTPClientRequest(url: url + path)
        request.method = HTTPMethod(rawValue: method)
        if let body {
            request.headers.add(name: "Content-Type", value: MediaType.json)
            request.body = .bytes(ByteBuffer(bytes: try JSONEncoder().encode(body)))
        }
        let status: UInt
        let data: Data
        do {
            let response = try await HTTPClient.shared.execute(request, timeout: .seconds(10))
            status = response.status.code
            data = Data(try await response.body.collect(upTo: Self.maximumAnswer).readableBytesView)
        } catch {
            throw Failure("There is no SkyWayLocal at \(url): \(error). Start one with `local`, or name it with --url.")
        }
        let answer = (try? JSONDecoder().decode(JSONValue.self, from: data)) ?? .null
        guard status < 300 else {
            guard case .object(let problem) = answer, let detail = problem["detail"] else {
                throw Failure("\(url) answers with status \(status).")
            }
            throw Failure(Self.text(detail))
        }
        return answer
    }
}
