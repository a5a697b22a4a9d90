// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@Suite("From how far away an address is reached")
struct AddressScopeTests {
    @Test(
        "is told by its range",
        arguments: [
            ("203.0.113.7", true), ("8.8.8.8", true), ("172.15.255.255", true), ("172.32.0.0", true),
            ("100.63.255.255", true), ("100.128.0.0", true), ("2001:db8::1", true), ("2a00:1450::1", true),
            ("10.0.0.1", false), ("172.16.0.1", false), ("172.31.255.255", false), ("192.168.3.4", false),
            ("100.64.0.1", false), ("100.127.255.255", false), ("fc00::1", false), ("fdff::1", false),
            ("127.0.0.1", false), ("::1", false), ("169.254.3.4", false), ("fe80::1", false), ("0.0.0.0", false),
            ("::", false), ("224.0.0.251", false), ("ff02::fb", false),
        ]
    )
    func isPublic(text: String, expected: Bool) throws {
        #expect(try #require(IPAddress(text)).isPublic == expected)
    }

    @Test("is private in the ranges that anybody may use, and not on loopback or a link")
    func isPrivate() {
        func addresses(_ texts: [String]) -> [IPAddress] { texts.compactMap { IPAddress($0) } }
        let inside = addresses(["10.1.2.3", "172.20.0.1", "192.168.0.1", "100.64.9.9", "fd00::1"])
        let outside = addresses(["127.0.0.1", "169.254.0.1", "::1", "fe80::1", "fe00::1", "8.8.8.8"])
        #expect(inside.allSatisfy { $0.isPrivate })
        #expect(!outside.contains { $0.isPrivate })
    }
}
