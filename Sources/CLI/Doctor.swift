// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Gateway
import Logging

/// `doctor`: looks at everything that `serve` needs, and says what is wrong and what to do.
struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Looks at everything that `serve` needs, and says what is wrong and what to do.",
        discussion: """
            Takes the settings of `serve`. It makes a room of its own in SkyWay, publishes there without media, measures \
            the ways to the SFU, and closes the room again. Exits with 1 where there is a problem.
            """
    )

    @OptionGroup var flags: GatewayFlags
    @Option(help: "The file with settings.") var envFile = ".env"
    @Flag(help: "Print a JSON array instead of lines.") var json = false
    @Option(help: "The longest that one check takes, in seconds.") var timeout = 5.0

    func validate() throws {
        guard (0.1...120).contains(timeout) else {
            throw ValidationError("--timeout has to be from 0.1 to 120 seconds.")
        }
    }

    func run() async throws {
        let settings = settings()
        let report = DoctorReport(isSilent: json)
        let doctor = Gateway.Doctor(
            settings,
            timeout: .seconds(timeout),
            logger: Logger(label: "doctor") { SwiftLogNoOpLogHandler($0) },
            report: { report.show($0) }
        )
        let diagnoses = await doctor.examine()
        if json {
            try StandardOutput.say(json: diagnoses)
        } else {
            report.conclude(diagnoses)
        }
        guard diagnoses.allSatisfy({ $0.status != .problem }) else { throw ExitCode.failure }
    }

    private func settings() -> Result<GatewayConfiguration, ConfigurationError> {
        do {
            let file = try EnvironmentFile(path: envFile)
            let environment = ProcessInfo.processInfo.environment
            return .success(try GatewayConfiguration(flags: flags.values, environment: environment, file: file))
        } catch let error as ConfigurationError {
            return .failure(error)
        } catch {
            return .failure(ConfigurationError("\(envFile) can't be read: \(error.localizedDescription)"))
        }
    }
}
