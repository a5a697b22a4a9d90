// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// An `id` or `name` entry of a token's scope and what it matches (protocol page §1.4).
enum NamePattern {
    /// The most asterisks a pattern may hold; one more and it matches nothing.
    static let maximumAsterisks = 8

    /// Whether an id entry covers an id: exactly, or by `*`, or because it is missing.
    static func matches(id pattern: String?, _ id: String?) -> Bool {
        guard let pattern, pattern != "*" else { return true }
        return pattern == id
    }

    /// Whether a name entry covers a name.
    ///
    /// Version 1 knows exact names and `*`. From version 2 on `*` stands for any run of characters inside the
    /// pattern and `\*` for an asterisk; a resource without a name is covered by nothing but asterisks.
    ///
    /// - Parameters:
    ///   - pattern: the entry, absent meaning any.
    ///   - name: the resource's name, if it has one.
    ///   - version: the token's version.
    /// - Returns: whether the entry covers the name.
    static func matches(name pattern: String?, _ name: String?, version: Int) -> Bool {
        guard let pattern, pattern != "*" else { return true }
        guard version > 1 else { return pattern == name }
        // Those that stand for themselves count too, as they do in the SDK.
        guard pattern.utf8.count(where: { $0 == UInt8(ascii: "*") }) <= maximumAsterisks else { return false }
        let tokens = tokenize(pattern)
        guard let name else { return !tokens.isEmpty && tokens.allSatisfy { $0 == .any } }
        return matches(tokens, Array(name.utf8))
    }

    private enum Token: Equatable {
        case any
        case byte(UInt8)
    }

    private static func tokenize(_ pattern: String) -> [Token] {
        var tokens: [Token] = []
        var escaped = false
        for byte in pattern.utf8 {
            if escaped {
                if byte != UInt8(ascii: "*") { tokens.append(.byte(UInt8(ascii: "\\"))) }
                tokens.append(.byte(byte))
                escaped = false
            } else if byte == UInt8(ascii: "\\") {
                escaped = true
            } else {
                tokens.append(byte == UInt8(ascii: "*") ? .any : .byte(byte))
            }
        }
        if escaped { tokens.append(.byte(UInt8(ascii: "\\"))) }
        return tokens
    }

    /// Wildcard match with one backtracking point: linear in practice, never worse than pattern × name.
    private static func matches(_ pattern: [Token], _ name: [UInt8]) -> Bool {
        var (p, n) = (0, 0)
        var restart: (pattern: Int, name: Int)?
        while n < name.count {
            if p < pattern.count, pattern[p] == .any {
                restart = (p + 1, n)
                p += 1
            } else if p < pattern.count, pattern[p] == .byte(name[n]) {
                p += 1
                n += 1
            } else if let (pattern, name) = restart {
                restart = (pattern, name + 1)
                p = pattern
                n = name + 1
            } else {
                return false
            }
        }
        return pattern[p...].allSatisfy { $0 == .any }
    }
}
