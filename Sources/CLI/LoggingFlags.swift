// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Logging

/// How much is reported.
struct LoggingFlags: ParsableArguments {
    @Option(help: "trace, debug, info, notice, warning or error.", transform: level) var logLevel = Logger.Level.info

    /// A logger that writes to standard error.
    ///
    /// - Parameter label: who reports.
    /// - Returns: the logger.
    func logger(_ label: String) -> Logger {
        var logger = Logger(label: label) { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = logLevel
        return logger
    }

    /// Reads a level by its name.
    private static func level(_ name: String) throws -> Logger.Level {
        guard let level = Logger.Level(rawValue: name.lowercased()) else {
            throw ValidationError("--log-level has to be trace, debug, info, notice, warning or error.")
        }
        return level
    }
}
