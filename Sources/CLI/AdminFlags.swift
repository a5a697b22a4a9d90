// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Gateway
import SkyWay

/// Which gateway an operator means, and how it lets the operator in.
struct AdminFlags: ParsableArguments {
    @Option(help: "Where the gateway is.") var url = "http://127.0.0.1:8080"
    @Option(help: "The file with settings.") var envFile = ".env"

    /// What asks the gateway.
    ///
    /// - Throws: `Failure` where there is no administrative key.
    func question() throws -> JSONQuestion {
        JSONQuestion(
            base: url,
            key: try key(),
            unreachable: "There is no gateway at \(url). Name it with --url."
        )
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
}
