// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import HTTPKit

/// `drain`: lets the sessions of a gateway that runs end one after another, and no new ones begin.
struct Drain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lets a gateway that runs take no new publishers, while those that are there go on.",
        discussion: "The key comes from GATEWAY_ADMIN_KEY, in the environment or .env, as for `serve`."
    )

    @Option(help: "Where new publishers are sent to. (default: what the gateway is set to)") var redirect: String?
    @Option(help: "Seconds that running sessions have. (default: what the gateway is set to)") var limit: Int?
    @Flag(help: "Return when no session is left.") var wait = false
    @Flag(help: "Take publishers again.") var undo = false
    @OptionGroup var admin: AdminFlags

    func validate() throws {
        guard !undo || (redirect == nil && limit == nil && !wait) else {
            throw ValidationError("--undo goes with --url and --env-file alone.")
        }
    }

    func run() async throws {
        let gateway = try admin.question()
        let ask = { (method: String, body: JSONValue?) in
            State(try await gateway.ask(method, "/api/v1/drain", body))
        }
        let fields: [(String, JSONValue?)] = [
            ("redirect", redirect.map(JSONValue.string)),
            ("limitSeconds", limit.map { .integer(Int64($0)) }),
        ]
        let body = Dictionary(uniqueKeysWithValues: fields.compactMap { name, value in value.map { (name, $0) } })
        var state = try await ask(undo ? "DELETE" : "PUT", undo ? nil : .object(body))
        StandardOutput.say(state.isDraining ? "Draining. \(state.text)" : "Publishers are taken. \(state.text)")
        while wait, state.isDraining, state.sessions > 0 {
            try await Task.sleep(for: .seconds(1))
            state = try await ask("GET", nil)
        }
        guard wait else { return }
        guard state.isDraining else { throw Failure("Somebody has ended the drain. \(state.text)") }
        StandardOutput.say("Drained.")
    }

    /// How far the gateway is.
    private struct State {
        let isDraining: Bool
        let sessions: Int

        init(_ answer: JSONValue) {
            isDraining = answer["draining"] == .bool(true)
            sessions = answer["sessions"].count
        }

        var text: String { sessions == 1 ? "One session is running." : "\(sessions) sessions are running." }
    }
}
