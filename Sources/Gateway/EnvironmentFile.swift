// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A file of `KEY=VALUE` lines, as shells and Docker read them.
package struct EnvironmentFile: Sendable {
    /// The values by their keys.
    package let values: [String: String]

    /// Reads the text of such a file.
    ///
    /// Empty lines, lines that begin with `#` and lines without `=` are passed over; `export` before a key, spaces
    /// around key and value, and one pair of quotes around the value are taken off. Of two lines with one key the
    /// later counts.
    ///
    /// - Parameter text: the text.
    package init(parsing text: String) {
        var values: [String: String] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            guard let (key, value) = Self.entry(line) else { continue }
            values[key] = value
        }
        self.values = values
    }

    /// Reads a file; one that is not there has no values.
    ///
    /// - Parameter path: the file's path.
    /// - Throws: what the system says of a file that is there and can't be read.
    package init(path: String) throws {
        guard FileManager.default.fileExists(atPath: path) else {
            self.init(parsing: "")
            return
        }
        self.init(parsing: try String(contentsOfFile: path, encoding: .utf8))
    }

    private static func entry(_ line: Substring) -> (key: String, value: String)? {
        let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        var key = parts[0].trimmingCharacters(in: .whitespaces)
        if key.hasPrefix("export ") { key = key.dropFirst(7).trimmingCharacters(in: .whitespaces) }
        guard !key.isEmpty, !key.hasPrefix("#") else { return nil }
        return (key, unquoted(parts[1].trimmingCharacters(in: .whitespaces)))
    }

    private static func unquoted(_ value: String) -> String {
        guard value.count >= 2, let quote = value.first, quote == "\"" || quote == "'", value.last == quote else {
            return value
        }
        return String(value.dropFirst().dropLast())
    }
}
