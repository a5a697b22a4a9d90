// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCCrypto
import Testing

@Suite("SDP fragments of trickle ICE")
struct SDPFragmentTests {
    private static func fragment(_ lines: [String]) throws -> SDPFragment {
        try SDPFragment(parsing: lines.map { $0 + "\r\n" }.joined().utf8)
    }

    private static let credentials = ["a=ice-ufrag:EsAw", "a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1"]
    private static let host = "a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag EsAw"

    @Test(
        "The example of RFC 9725 is read: one section of the bundle, its media id, and the candidates that are usable"
    )
    func example() throws {
        let fragment = try Self.fragment(
            ["a=group:BUNDLE 0 1", "m=audio 9 UDP/TLS/RTP/SAVPF 111", "a=mid:0"] + Self.credentials + [
                Self.host, "a=candidate:473322822 1 tcp 1518280447 192.0.2.1 9 typ host tcptype active generation 0",
                "a=end-of-candidates",
            ]
        )
        #expect(fragment.bundle == ["0", "1"])
        #expect(fragment.credentials == ICECredentials(usernameFragment: "EsAw", password: "P2uYro0UCOQ4zxjKXaWCBui1"))
        #expect(fragment.sections.map(\.mediaLine) == ["audio 9 UDP/TLS/RTP/SAVPF 111"])
        #expect(fragment.sections.map(\.mid) == ["0"])
        #expect(fragment.sections.first?.candidates.map(\.address.port) == [61_764, 9])
        #expect(fragment.sections.first?.endsCandidates == true)
        #expect(!fragment.endsCandidates && !fragment.isLite)
    }

    @Test("Credentials of the section count before those above it")
    func precedence() throws {
        let section = ["m=audio 9 RTP/AVP 0", "a=ice-ufrag:inside", "a=ice-pwd:abcdefghijklmnopqrstuv"]
        #expect(try Self.fragment(Self.credentials + section).credentials?.usernameFragment == "inside")
    }

    @Test("Credentials count wherever they stand, and what ends candidates of all sections stands above them")
    func sessionLevel() throws {
        let fragment = try Self.fragment(
            Self.credentials + ["a=ice-options:trickle,ice2", "a=end-of-candidates", "m=video 9 RTP/AVP 0", "a=mid:v"]
        )
        #expect(fragment.credentials?.usernameFragment == "EsAw")
        #expect(fragment.iceOptions == ["trickle", "ice2"])
        #expect(fragment.endsCandidates)
        #expect(fragment.sections.map(\.endsCandidates) == [false])
    }

    @Test(
        "Candidates that can't be used are left out, and nothing else is",
        arguments: [
            "a=candidate:1 1 udp 1 f81d4fae-7dec-11d0-a765-00a0c91e6bf6.local 5000 typ host",
            "a=candidate:1 1 sctp 1 192.0.2.1 5000 typ host", "a=candidate:1 1 udp 1 192.0.2.1 70000 typ host",
            "a=candidate:1 1 udp 1 host.example.com 5000 typ host", "a=candidate:", "a=candidate",
            "a=end-of-candiadates",
            "a=candidate:1 1 tcp 1 192.0.2.1 5000 typ host", "b=AS:1", "a=unknown:x",
        ]
    )
    func unusable(line: String) throws {
        let fragment = try Self.fragment(Self.credentials + ["m=audio 9 RTP/AVP 0", "a=mid:0", line, Self.host])
        #expect(fragment.sections.first?.candidates.count == 1)
        #expect(fragment.sections.first?.endsCandidates == false)
    }

    @Test("An m-line without a port, as an old client writes it, is read like any other")
    func noPort() throws {
        let fragment = try Self.fragment(Self.credentials + ["m=audio RTP/AVP 0", "a=mid:0", Self.host])
        #expect(fragment.sections.first?.candidates.count == 1)
    }

    @Test(
        "What is no fragment is malformed",
        arguments: ["", "\r\n", "hello", "{\"candidate\": \"\"}", "a", "=x", "a=ice-ufrag:EsAw\r\nnonsense"]
    )
    func malformed(text: String) {
        #expect(throws: SDPError(.malformed, "")) { try SDPFragment(parsing: text.utf8) }
    }

    @Test(
        "Half of the credentials, or such as nobody may have, are refused; none at all are not",
        arguments: [
            ["a=ice-ufrag:EsAw"], ["a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1"], ["a=ice-ufrag:EsAw", "a=ice-pwd:short"],
            ["a=ice-ufrag:E", "a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1"],
        ]
    )
    func halfCredentials(lines: [String]) throws {
        #expect(throws: SDPError(.missingCredentials, "")) { try Self.fragment(lines) }
        #expect(try Self.fragment(["m=audio 9 RTP/AVP 0"]).credentials == nil)
    }

    @Test("More than a session takes is refused, not kept")
    func limits() {
        let many = { (line: String, count: Int) in Array(repeating: line, count: count) }
        #expect(throws: SDPError(.tooLarge, "")) { try Self.fragment(many("m=audio 9 RTP/AVP 0", 33)) }
        #expect(throws: SDPError(.tooLarge, "")) { try Self.fragment(["m=audio 9 RTP/AVP 0"] + many(Self.host, 65)) }
        #expect(throws: SDPError(.tooLarge, "")) { try Self.fragment(many("a=x", 3_000)) }
        #expect(throws: SDPError(.tooLarge, "")) { try Self.fragment(["a=" + String(repeating: "x", count: 70_000)]) }
    }

    @Test("Random bytes are read or refused, and never more than that")
    func garbage() throws {
        var generator = SystemRandomNumberGenerator()
        let pieces =
            Self.credentials + [Self.host, "m=audio 9 RTP/AVP 0", "a=mid:0", "a=group:BUNDLE 0", "a=", "\0", "é"]
        for _ in 0..<500 {
            var bytes = pieces.shuffled(using: &generator).prefix(Int.random(in: 0...6)).joined(separator: "\r\n").utf8
                .map(\.self)
            for _ in 0..<Int.random(in: 0...4) where !bytes.isEmpty {
                bytes[Int.random(in: 0..<bytes.count)] = UInt8.random(in: 0...255)
            }
            do throws(SDPError) {
                let fragment = try SDPFragment(parsing: bytes)
                #expect(fragment.sections.count <= pieces.count)
            } catch {
                #expect(!error.message.isEmpty)
            }
        }
    }

    @Test("An answer's fragment says of ICE what the answer says, and is read as it was written")
    func ofAnswer() throws {
        let answer = try SDPSamples.answer(SDPSamples.offer("chromium156"))
        var fragment = answer.fragment
        #expect(fragment.isLite)
        #expect(fragment.sections.map(\.mid) == ["0"])
        #expect(answer.text.contains("a=group:BUNDLE \(fragment.bundle.joined(separator: " "))\r\n"))
        #expect(answer.text.contains("a=ice-options:\(fragment.iceOptions.joined(separator: " "))\r\n"))
        // A lite agent paces no checks (RFC 8839 §4.3.2).
        #expect(!answer.text.contains("ice-pacing") && !fragment.text.contains("ice-pacing"))
        #expect(fragment.sections.first?.candidates == answer.local)
        #expect(fragment.sections.first?.endsCandidates == true)
        fragment.credentials = ICECredentials(usernameFragment: "other", password: "abcdefghijklmnopqrstuv")
        #expect(try SDPFragment(parsing: fragment.text.utf8) == fragment)
        #expect(
            fragment.text.split(separator: "\r\n").prefix(4) == [
                "a=group:BUNDLE 0 1", "a=ice-lite", "a=ice-options:ice2 trickle", "m=audio 9 UDP/TLS/RTP/SAVPF 111",
            ]
        )
    }
}

extension SDPAnswer {
    /// The candidates that the answer tells.
    fileprivate var local: [ICECandidate] {
        text.split(separator: "\r\n").filter { $0.hasPrefix("a=candidate:") }.compactMap { ICECandidate($0) }
    }
}
