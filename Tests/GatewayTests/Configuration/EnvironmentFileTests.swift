// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Gateway

@Suite("The .env file")
struct EnvironmentFileTests {
    @Test(
        "Lines are read as shells read them",
        arguments: [
            ("A=b", ["A": "b"]),
            ("  A =  b  ", ["A": "b"]),
            ("export A=b", ["A": "b"]),
            ("A=\"b c\"", ["A": "b c"]),
            ("A='b=c'", ["A": "b=c"]),
            ("A=b=c", ["A": "b=c"]),
            ("A=", ["A": ""]),
            ("# A=b", [:]),
            ("A", [:]),
            ("=b", [:]),
            ("A=1\r\nB=2\n\nA=3", ["A": "3", "B": "2"]),
            ("A=\"", ["A": "\""]),
        ] as [(String, [String: String])]
    )
    func lines(text: String, values: [String: String]) {
        #expect(EnvironmentFile(parsing: text).values == values)
    }

    @Test("A file that is not there has no values")
    func missing() throws {
        #expect(try EnvironmentFile(path: "/nonexistent/.env").values.isEmpty)
    }
}
