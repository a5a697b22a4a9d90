// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@Suite struct ICECandidateTests {
    @Test(
        "Candidates of real publishers are read",
        arguments: [
            (
                "a=candidate:1082881636 1 udp 2122260223 127.0.0.1 54465 typ host generation 0 network-id 1", 54465,
                "udp"
            ),
            ("candidate:1 1 UDP 2015363327 10.77.0.1 57676 typ host", 57676, "udp"),
            ("candidate:3 1 TCP 1010827519 10.77.0.1 35013 typ host tcptype passive", 35013, "tcp"),
            ("a=candidate:3655082077 1 tcp 1518280447 127.0.0.1 9 typ host tcptype active generation 0", 9, "tcp"),
            ("a=candidate:4 1 UDP 2015363583 fe80::b4d6:4bff:fefa:5f53 35938 typ host", 35938, "udp"),
            ("a=candidate:1594112127 1 udp 2122267903 ::1 46289 typ host generation 0 network-id 2", 46289, "udp"),
            ("candidate:udpcandidate 1 udp 1076302079 203.0.113.5 41000 typ host", 41000, "udp"),
        ]
    )
    func real(line: String, port: UInt16, transport: String) throws {
        let candidate = try #require(ICECandidate(line))
        #expect(candidate.kind == .host)
        #expect(candidate.component == ICECandidate.rtpComponent)
        #expect(candidate.address.port == port)
        #expect(candidate.address.transport == (transport == "udp" ? .udp : .tcp))
    }

    @Test("A reflexive candidate keeps its base")
    func related() throws {
        let line = "candidate:842 1 udp 1677729535 203.0.113.77 61665 typ srflx raddr 10.0.0.7 rport 54400 generation 0"
        let candidate = try #require(ICECandidate(line))
        #expect(candidate.kind == .serverReflexive)
        let base = try #require(IPAddress("10.0.0.7"))
        #expect(candidate.relatedAddress == TransportAddress(base, port: 54400))
        #expect(candidate.text == String(line.dropLast(" generation 0".count)))
    }

    @Test(
        "What is written is read again, and the same",
        arguments: [
            "candidate:1 1 udp 2130706431 192.0.2.1 40000 typ host",
            "candidate:2 1 udp 2130706431 2001:db8::1 40000 typ host",
            "candidate:3 1 tcp 1518280447 192.0.2.1 40000 typ host tcptype passive",
            "candidate:4 2 udp 16777215 192.0.2.9 3478 typ relay raddr 192.0.2.1 rport 0",
        ]
    )
    func roundTrip(line: String) throws {
        let candidate = try #require(ICECandidate(line))
        #expect(candidate.text == line)
        #expect(ICECandidate(candidate.text) == candidate)
    }

    @Test(
        "Names, unknown kinds and broken lines are no candidates",
        arguments: [
            "candidate:1 1 udp 2122260223 8b9a1f2e-1111-2222-3333-444455556666.local 54465 typ host",
            "candidate:1 1 udp 2122260223 example.com 54465 typ host",
            "candidate:1 1 udp 2122260223 fe80::1%eth0 54465 typ host",
            "candidate:1 1 sctp 2122260223 192.0.2.1 54465 typ host",
            "candidate:1 1 ssltcp 2122260223 192.0.2.1 443 typ host",
            "candidate:1 1 tcp 2122260223 192.0.2.1 54465 typ host",
            "candidate:1 1 udp 2122260223 192.0.2.1 54465 typ magic",
            "candidate:1 1 udp 2122260223 192.0.2.1 65536 typ host",
            "candidate:1 1 udp 4294967296 192.0.2.1 54465 typ host",
            "candidate:1 1 udp 0 192.0.2.1 54465 typ host",
            "candidate:1 0 udp 2122260223 192.0.2.1 54465 typ host",
            "candidate:1 257 udp 2122260223 192.0.2.1 54465 typ host",
            "candidate: 1 udp 2122260223 192.0.2.1 54465 typ host",
            "candidate:123456789012345678901234567890123 1 udp 1 192.0.2.1 54465 typ host",
            "candidate:1 1 udp 2122260223 192.0.2.1 54465 host",
            "candidate:1 1 udp",
            "foo:1 1 udp 2122260223 192.0.2.1 54465 typ host",
            "",
        ]
    )
    func refused(line: String) {
        #expect(ICECandidate(line) == nil)
    }

    @Test("A line of unreasonable length is no candidate")
    func long() {
        let line = "candidate:1 1 udp 2122260223 192.0.2.1 54465 typ host" + String(repeating: " a b", count: 200)
        #expect(ICECandidate(line) == nil)
    }

    @Test("Priorities are those of RFC 8445 §5.1.2.1, TCP below UDP of the same kind")
    func priorities() {
        #expect(ICECandidate.priority(of: .host) == 2_130_706_431)
        #expect(ICECandidate.priority(of: .peerReflexive) == 1_862_270_975)
        #expect(ICECandidate.priority(of: .serverReflexive) == 1_694_498_815)
        let udp = ICECandidate(host: .test(1), localPreference: 0)
        let tcp = ICECandidate(host: TransportAddress(.loopbackIPv4, port: 1, transport: .tcp))
        #expect(udp.priority > tcp.priority)
        #expect(tcp.tcpType == .passive)
    }

    @Test("Foundations are equal for one address and protocol, and differ otherwise")
    func foundations() {
        let one = ICECandidate(host: .test(1, port: 1))
        #expect(one.foundation == ICECandidate(host: .test(1, port: 2)).foundation)
        #expect(one.foundation != ICECandidate(host: .test(2, port: 1)).foundation)
    }
}
