// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit

extension Fault {
    /// Reads a fault as it is written on the command line: its name, then `field=value`.
    ///
    /// - Parameter words: such as `fail-calls`, `method=addMember`, `count=2`.
    /// - Throws: what does not fit, and what fits.
    package init(words: some Sequence<String>) throws(FaultError) {
        var fields: [String: JSONValue] = [:]
        var name: String?
        for word in words {
            guard name != nil else {
                name = word
                continue
            }
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { throw .noField(word) }
            fields[String(parts[0])] = Self.value(String(parts[1]))
        }
        fields["fault"] = name.map { .string($0) }
        try self.init(.object(fields))
    }

    /// Reads a fault that can be in force from the start on: one that is not done at once and over.
    package init(lasting words: some Sequence<String>) throws(FaultError) {
        try self.init(words: words)
        guard !name.isDoneAtOnce else { throw .nothingThere("thing to break before the server runs") }
    }

    private static func value(_ word: String) -> JSONValue {
        if let integer = Int64(word) { return .integer(integer) }
        if let number = Double(word), number.isFinite { return .number(number) }
        return switch word {
        case "true": .bool(true)
        case "false": .bool(false)
        default: .string(word)
        }
    }
}
