// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Gateway

@Suite("Ids and tokens")
struct SessionIDTests {
    @Test("Ids never repeat and show only their beginning in logs")
    func ids() {
        let ids = (0..<1000).map { _ in SessionID.make() }
        #expect(Set(ids).count == 1000)
        #expect(ids[0].logText.count == 8)
        #expect(SessionID(path: ids[0].text.uppercased()) == ids[0])
    }

    @Test(
        "Tokens are read from the header as RFC 6750 has it",
        arguments: [("Bearer a", true), ("bearer  a", true), ("Bearer", false), ("Bearer ", false), ("Basic a", false)]
    )
    func tokens(header: String, isToken: Bool) {
        let token = BearerToken(authorization: header)
        #expect((token != nil) == isToken)
        #expect(token.map { $0.matches(BearerToken("a")) } ?? true)
    }

    @Test("Tokens don't show, and have a digest each")
    func hidden() {
        let token = BearerToken("topsecret")
        var printed = "\(token)"
        dump(token, to: &printed)
        #expect(!printed.contains("topsecret"))
        #expect(token.digest == BearerToken("topsecret").digest)
        #expect(token.digest != BearerToken("other").digest)
    }
}
