// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// The command line: each subcommand reads what is wanted and starts the services for it.
@main
struct Main: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "skyway-whip-gateway",
        abstract: "Publishes into SkyWay rooms by WHIP.",
        subcommands: [
            Serve.self, Doctor.self, Local.self, Demo.self, Publish.self, Key.self, Token.self, Drain.self, Status.self,
            Capture.self, Fault.self,
        ]
    )
}
