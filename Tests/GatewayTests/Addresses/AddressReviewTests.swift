// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@testable import Gateway

@Suite("The self-test of addresses")
struct AddressReviewTests {
    private func review(
        _ addresses: [String],
        udp: [UInt16] = [40_000],
        tcp: [UInt16] = [40_000],
        expectsOthers: Bool = true
    ) -> AddressReview {
        AddressReview(
            addresses: addresses.compactMap { IPAddress($0) },
            udpPorts: udp,
            tcpPorts: tcp,
            expectsOthers: expectsOthers
        )
    }

    @Test(
        "has nothing to say where anybody gets through, or nobody else is to",
        arguments: [["203.0.113.7", "127.0.0.1"], ["10.0.0.2", "2001:db8::5", "127.0.0.1"]]
    )
    func quiet(addresses: [String]) {
        #expect(review(addresses).finding == nil)
        #expect(review(["10.0.0.2", "127.0.0.1"], expectsOthers: false).finding == nil)
        #expect(review(["127.0.0.1"], expectsOthers: false).finding == nil)
    }

    @Test(
        "warns where only a private network gets through, and says what to announce and to pass on",
        arguments: [["10.0.0.2", "127.0.0.1"], ["192.168.1.9", "fd00::5"], ["100.64.0.9"], ["fd00::5", "127.0.0.1"]]
    )
    func privateOnly(addresses: [String]) throws {
        let finding = try #require(review(addresses).finding)
        #expect(finding.message == "Only publishers in the same private network will get their media through")
        #expect(finding.advice.contains("GATEWAY_ANNOUNCE (--announce)"))
        #expect(finding.advice.contains("port 40000 (UDP and TCP)"))
    }

    @Test("warns where only this machine gets through")
    func loopbackOnly() throws {
        let finding = try #require(review(["127.0.0.1"], tcp: []).finding)
        #expect(finding.message == "Only publishers on this machine will get their media through")
        #expect(finding.advice.contains("UDP port 40000 of this machine"))
    }

    @Test("warns where there is no address at all, whoever is to come", arguments: [true, false])
    func none(expectsOthers: Bool) throws {
        let finding = try #require(review([], expectsOthers: expectsOthers).finding)
        #expect(finding.message == "Publishers can't be told any address for media")
        #expect(finding.advice.contains("GATEWAY_ANNOUNCE_ONLY"))
    }

    @Test(
        "names the ports",
        arguments: [
            ([40_000], [], "UDP port 40000"), ([40_000], [443], "UDP port 40000 and TCP port 443"),
            ([40_000, 40_001], [40_000, 40_001], "ports 40000, 40001 (UDP and TCP)"),
            ([40_000, 40_001], [443, 444], "UDP ports 40000, 40001 and TCP ports 443, 444"),
        ] as [([UInt16], [UInt16], String)]
    )
    func ports(udp: [UInt16], tcp: [UInt16], expected: String) {
        #expect(review(["127.0.0.1"], udp: udp, tcp: tcp).ports == expected)
    }
}
