// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Testing
import WHIPClient

@Suite("Addresses of endpoints and sessions")
struct WHIPAddressTests {
    @Test("An endpoint's address is absolute http or https", arguments: ["http://127.0.0.1:8080/whip", "https://a/"])
    func endpoint(text: String) throws {
        #expect(try #require(WHIPAddress(text)).text == text)
    }

    @Test(
        "Anything else is none",
        arguments: [
            "", "/whip", "whip.example", "ftp://a/b", "http://", "http:///whip", "file:///etc/passwd", "ws://a/",
        ]
    )
    func notAnEndpoint(text: String) {
        #expect(WHIPAddress(text) == nil)
    }

    @Test(
        "A Location is resolved against the address that the answer came from (RFC 3986 §5.4)",
        arguments: [
            ("/whip/sessions/1", "http://host:8080/whip/sessions/1"),
            ("sessions/1", "http://host:8080/whip/sessions/1"),
            ("../s/1", "http://host:8080/s/1"),
            ("?id=1", "http://host:8080/whip/room?id=1"),
            ("//other:81/s", "http://other:81/s"),
            ("http://other/s/1", "http://other/s/1"),
            ("https://other/s/1", "https://other/s/1"),
            (" /s/1 ", "http://host:8080/s/1"),
            ("/s/1?q=a%20b", "http://host:8080/s/1?q=a%20b"),
        ]
    )
    func location(location: String, address: String) throws {
        let base = try #require(WHIPAddress("http://host:8080/whip/room?token=x"))
        #expect(base.resolving(location)?.text == address)
    }

    @Test("A Location that leads nowhere is refused", arguments: ["", " ", "ftp://a/b", "http://", "mailto:a@b"])
    func badLocation(location: String) throws {
        let base = try #require(WHIPAddress("http://host:8080/whip"))
        #expect(base.resolving(location) == nil)
    }

    @Test("A Location that leads from https to http is refused, since the token would follow")
    func downgrade() throws {
        let base = try #require(WHIPAddress("https://host/whip"))
        #expect(base.resolving("http://host/s") == nil)
        #expect(base.resolving("/s")?.text == "https://host/s")
    }
}
