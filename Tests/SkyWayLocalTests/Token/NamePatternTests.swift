// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SkyWayLocal

/// Protocol page §1.4.
@Suite struct NamePatternTests {
    struct Row: Sendable {
        let pattern: String?
        let name: String?
        let version: Int
        let matches: Bool
    }

    @Test(
        "A scope's name covers a channel's name as its version says",
        arguments: [
            Row(pattern: nil, name: "room", version: 3, matches: true),
            Row(pattern: nil, name: nil, version: 3, matches: true),
            Row(pattern: "*", name: "room", version: 1, matches: true),
            Row(pattern: "*", name: nil, version: 1, matches: true),
            Row(pattern: "room", name: "room", version: 1, matches: true),
            Row(pattern: "room", name: "roo", version: 1, matches: false),
            Row(pattern: "room*", name: "room1", version: 1, matches: false),
            Row(pattern: "room*", name: "room*", version: 1, matches: true),
            Row(pattern: "room*", name: "room1", version: 2, matches: true),
            Row(pattern: "room*", name: "room", version: 2, matches: true),
            Row(pattern: "*-studio-*", name: "tokyo-studio-1", version: 3, matches: true),
            Row(pattern: "*-studio-*", name: "tokyo-stage-1", version: 3, matches: false),
            Row(pattern: "a*b*c", name: "aXbXbXc", version: 3, matches: true),
            Row(pattern: "a*b*c", name: "aXbXbX", version: 3, matches: false),
            Row(pattern: "room.1", name: "roomx1", version: 3, matches: false),
            Row(pattern: #"room\*"#, name: "room*", version: 3, matches: true),
            Row(pattern: #"room\*"#, name: "room1", version: 3, matches: false),
            Row(pattern: "**", name: nil, version: 3, matches: true),
            Row(pattern: "room*", name: nil, version: 3, matches: false),
            Row(pattern: "", name: nil, version: 3, matches: false),
            Row(pattern: "a*b*c*d*e*f*g*h*", name: "abcdefgh", version: 3, matches: true),
            Row(pattern: "a*b*c*d*e*f*g*h*i*", name: "abcdefghi", version: 3, matches: false),
        ]
    )
    func names(row: Row) {
        #expect(NamePattern.matches(name: row.pattern, row.name, version: row.version) == row.matches)
    }

    @Test("A pattern of many asterisks against a long name is decided at once")
    func noBacktrackingBlowUp() {
        let name = String(repeating: "a", count: 128)
        #expect(!NamePattern.matches(name: "*a*a*a*a*a*a*ab", name, version: 3))
    }

    @Test("Ids match exactly, by * or by absence", arguments: [(nil, true), ("*", true), ("c", true), ("d", false)])
    func ids(pattern: String?, matches: Bool) {
        #expect(NamePattern.matches(id: pattern, "c") == matches)
    }

    @Test(
        "Names of rooms and members have 1 to 128 of the allowed characters",
        arguments: [
            ("studio-1", true), ("A.b_c%d*", true), ("*", false), ("", false), ("a b", false), ("部屋", false),
            (String(repeating: "x", count: 128), true), (String(repeating: "x", count: 129), false),
        ]
    )
    func validNames(name: String, isValid: Bool) {
        #expect(Name.isValid(name) == isValid)
    }
}
