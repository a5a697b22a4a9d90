// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import HTTPKit

/// `status`: what is on the air at a gateway that runs.
struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows what is on the air at a gateway that runs.",
        discussion: "The key comes from GATEWAY_ADMIN_KEY, in the environment or .env, as for `serve`."
    )

    @Argument(help: "A broadcast whose streams are shown. (default: all broadcasts)") var id: UInt64?
    @Flag(help: "Print what the gateway answers, in JSON.") var json = false
    @Flag(help: "Look again every two seconds, until the command is ended.") var watch = false
    @OptionGroup var admin: AdminFlags

    func run() async throws {
        let question = try admin.question()
        repeat {
            if let id {
                let statistics = try await question.ask("GET", "/api/v1/broadcasts/\(id)/stats")
                try show(statistics, StreamTable(statistics: statistics).text)
            } else {
                async let gateway = question.ask("GET", "/api/v1/status")
                async let broadcasts = question.ask("GET", "/api/v1/broadcasts")
                try show(try await gateway, try await broadcasts)
            }
            if watch { try await Task.sleep(for: .seconds(2)) }
        } while watch
    }

    private func show(_ gateway: JSONValue, _ broadcasts: JSONValue) throws {
        let all: JSONValue = [
            "gateway": gateway, "broadcasts": broadcasts["broadcasts"], "ended": broadcasts["ended"],
        ]
        try show(all, StatusTable(gateway: gateway, broadcasts: broadcasts).text)
    }

    private func show(_ answer: JSONValue, _ text: String) throws {
        guard !json else { return try StandardOutput.say(json: answer) }
        // A terminal shows the present picture in the place of the one before.
        StandardOutput.say(watch && StandardOutput.isTerminal ? "\u{1B}[H\u{1B}[2J" + text : text)
    }
}
