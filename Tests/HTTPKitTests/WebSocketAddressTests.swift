// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import Testing

@Suite("WebSocket addresses")
struct WebSocketAddressTests {
    @Test(
        "a host with or without a port is taken apart",
        arguments: [
            ("rtc-api.skyway.ntt.com", "rtc-api.skyway.ntt.com", 443),
            ("127.0.0.1:8081", "127.0.0.1", 8081),
            ("[::1]:8081", "::1", 8081),
            ("[::1]", "::1", 443),
        ]
    )
    func authority(text: String, host: String, port: Int) throws {
        let address = try #require(WebSocketAddress(isSecure: true, authority: text, target: "/ws"))
        #expect(address.host == host)
        #expect(address.port == port)
    }

    @Test("what is no host is refused", arguments: ["", ":80", "a:", "a:0", "a:99999", "a:b", "[::1", "[::1]x"])
    func invalid(text: String) {
        #expect(WebSocketAddress(isSecure: false, authority: text, target: "/") == nil)
    }
}
