// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCCrypto
import Testing

@Suite("What DTLS refuses, and what it ignores")
struct DTLSRefusalTests {
    /// The type of an alert record.
    private static let alert: UInt8 = 21

    private static let wrong = CertificateFingerprint(algorithm: .sha256, bytes: [UInt8](repeating: 1, count: 32))

    @Test("a wrong fingerprint ends the handshake on both sides, by an alert", arguments: [DTLSRole.client, .server])
    func fingerprintMismatch(suspicious: DTLSRole) throws {
        let wrong = try #require(Self.wrong)
        var pair = try DTLSPair { if $0.role == suspicious { $0.expectedFingerprints = [wrong] } }
        pair.exchange()
        let (one, other) = suspicious == .client ? (pair.client, pair.server) : (pair.server, pair.client)
        #expect(one.state == .failed(.fingerprintMismatch))
        guard case .failed(.handshake(let reason)) = other.state else {
            Issue.record("the other side is \(other.state)")
            return
        }
        #expect(reason.contains("bad certificate"))
        #expect(pair.wire.last?.from == suspicious)
        #expect(pair.wire.last?.bytes.first == Self.alert)
    }

    @Test("without a fingerprint nobody is accepted", arguments: [DTLSRole.client, .server])
    func noFingerprint(suspicious: DTLSRole) throws {
        var pair = try DTLSPair { if $0.role == suspicious { $0.expectedFingerprints = [] } }
        pair.exchange()
        let one = suspicious == .client ? pair.client : pair.server
        #expect(one.state == .failed(.fingerprintMismatch))
    }

    @Test("one right fingerprint among several is enough")
    func oneOfSeveral() throws {
        let wrong = try #require(Self.wrong)
        var pair = try DTLSPair { $0.expectedFingerprints = [wrong] + $0.expectedFingerprints + [wrong] }
        pair.exchange()
        #expect(pair.client.keys != nil)
        #expect(pair.server.keys != nil)
    }

    @Test("without a common SRTP profile the handshake ends on both sides")
    func noCommonProfile() throws {
        var pair = try DTLSPair { $0.profiles = $0.role == .client ? [.aeadAES128GCM] : [.aes128CMHMACSHA1_80] }
        pair.exchange()
        #expect(pair.client.state == .failed(.noCommonProfile))
        guard case .failed = pair.server.state else {
            Issue.record("the server is \(pair.server.state)")
            return
        }
        #expect(pair.wire.last?.bytes.first == Self.alert)
    }

    @Test("datagrams that are not DTLS change nothing", arguments: 0..<6 as Range<UInt64>)
    func garbage(seed: UInt64) throws {
        let pair = try DTLSPair()
        var random = SplitMix64(seed: seed)
        pair.client.start()
        var pending = pair.client.takeDatagrams().map { (DTLSRole.server, $0) }
        while !pending.isEmpty {
            let (target, datagram) = pending.removeFirst()
            for end in [pair.client, pair.server] {
                for rubbish in Self.rubbish(like: datagram, using: &random) { end.receive(rubbish) }
            }
            (target == .server ? pair.server : pair.client).receive(datagram)
            pending += pair.client.takeDatagrams().map { (.server, $0) }
            pending += pair.server.takeDatagrams().map { (.client, $0) }
        }
        #expect(pair.client.keys != nil)
        #expect(pair.client.keys?.local == pair.server.keys?.remote)
        #expect(pair.client.ignoredDatagrams > 0)
    }

    @Test("datagrams that are not DTLS change nothing after the handshake either")
    func garbageAfterwards() throws {
        var pair = try DTLSPair()
        pair.exchange()
        var random = SplitMix64(seed: 1)
        let keys = pair.server.keys
        for datagram in pair.wire.map(\.bytes) {
            for rubbish in Self.rubbish(like: datagram, using: &random) { pair.server.receive(rubbish) }
            pair.server.receive(datagram)
        }
        #expect(pair.server.keys == keys)
        pair.client.close()
        for datagram in pair.client.takeDatagrams() { pair.server.receive(datagram) }
        #expect(pair.server.state == .closed)
    }

    /// Datagrams that anybody could send: noise, pieces of a real one, headers that contradict themselves.
    private static func rubbish(like datagram: Datagram, using random: inout SplitMix64) -> [Datagram] {
        let noise = (0..<Int.random(in: 0...300, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
        let header: Datagram = [0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 99]
        return [
            [], noise, [22] + noise, [22] + header + noise,
            Array(datagram.prefix(Int.random(in: 1..<datagram.count, using: &random))),
            Array(datagram.dropFirst(Int.random(in: 1..<datagram.count, using: &random))),
            // An unknown type, unencrypted data, half an alert, a fragment beyond its message, an empty record.
            [25] + header + [0, 1, 7], [23] + header + [0, 2, 1, 2], [21] + header + [0, 1, 2],
            [22] + header + [0, 13, 1, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 1, 9], [22] + header + [0, 0],
            // Encrypted records of an epoch that nobody has keys for.
            [23, 0xFE, 0xFD, 0, 9] + noise.prefix(6) + [0, 4, 1, 2, 3, 4],
        ]
    }
}
