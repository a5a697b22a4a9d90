// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Gateway
import HTTPKit
import SkyWay

/// `drain`: lets the sessions of a gateway that runs end one after another, and no new ones begin.
struct Drain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lets a gateway that runs take no new publishers, while those that are there go on.",
        discussion: "The key comes from GATEWAY_ADMIN_KEY, in the environment or .env, as for `serve`."
    )

    @Option(help: "Where the gateway is.") var url = "http://127.0.0.1:8080"
    @Option(help: "Where new publishers are sent to. (default: what the gateway is set to)") var redirect: String?
    @Option(help: "Seconds that running sessions have. (default: what the gateway is set to)") var limit: Int?
    @Flag(help: "Return when no session is left.") var wait = false
    @Flag(help: "Take publishers again.") var undo = false
    @Option(help: "The file with settings.") var envFile = ".env"

    func validate() throws {
        guard !undo || (redirect == nil && limit == nil && !wait) else {
            throw ValidationError("--undo goes with --url and --env-file alone.")
        }
    }

    func run() async throws {
        let key = try key()
        let fields: [(String, JSONValue?)] = [
            ("redirect", redirect.map(JSONValue.string)),
            ("limitSeconds", limit.map { .integer(Int64($0)) }),
        ]
        let body = Dictionary(uniqueKeysWithValues: fields.compactMap { name, value in value.map { (name, $0) } })
        var state = try await ask(undo ? "DELETE" : "PUT", key, undo ? nil : .object(body))
        StandardOutput.say(state.isDraining ? "Draining. \(state.text)" : "Publishers are taken. \(state.text)")
        while wait, state.isDraining, state.sessions > 0 {
            try await Task.sleep(for: .seconds(1))
            state = try await ask("GET", key)
        }
        guard wait else { return }
        guard state.isDraining else { throw Failure("Somebody has ended the drain. \(state.text)") }
        StandardOutput.say("Drained.")
    }

    private func key() throws -> String {
        let key: Redacted<String>?
        do {
            key = try GatewayConfiguration.adminKey(
                environment: ProcessInfo.processInfo.environment,
                file: try EnvironmentFile(path: envFile)
            )
        } catch let error as ConfigurationError {
            throw Failure(error.description)
        }
        guard let key else { throw Failure("GATEWAY_ADMIN_KEY is missing: say the one that the gateway has.") }
        return key.exposed
    }

    private func ask(_ method: String, _ key: String, _ body: JSONValue? = nil) async throws -> State {
        let question = JSONQuestion(
            base: url,
            key: key,
            unreachable: "There is no gateway at \(url). Name it with --url."
        )
        return State(try await question.ask(method, "/api/v1/drain", body))
    }

    /// How far the gateway is.
    private struct State {
        let isDraining: Bool
        let sessions: Int64

        init(_ answer: JSONValue) {
            guard case .object(let fields) = answer else {
                (isDraining, sessions) = (false, 0)
                return
            }
            isDraining = fields["draining"] == .bool(true)
            if case .integer(let count)? = fields["sessions"] { sessions = count } else { sessions = 0 }
        }

        var text: String { sessions == 1 ? "One session is running." : "\(sessions) sessions are running." }
    }
}
