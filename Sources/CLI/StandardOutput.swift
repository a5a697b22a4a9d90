// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What is said to the person, as opposed to what is reported to the log.
enum StandardOutput {
    /// Whether a person looks at it.
    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Writes a text and ends the line, at once also where the output is a pipe.
    static func say(_ text: String) { write(text + "\n") }

    /// Writes a value as JSON that people can read, too.
    static func say(json value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        say(String(decoding: try encoder.encode(value), as: UTF8.self))
    }

    /// Writes a text that is not the whole line yet.
    static func write(_ text: String) { FileHandle.standardOutput.write(Data(text.utf8)) }
}
