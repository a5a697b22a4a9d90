// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTCCrypto
import Testing

@Suite("DTLS between two of ours")
struct DTLSConnectionTests {
    @Test("both ends get the same keys, each its own as local", arguments: SRTPProfile.allCases)
    func keysMatch(profile: SRTPProfile) throws {
        var pair = try DTLSPair { $0.profiles = [profile] }
        pair.exchange()
        let (client, server) = (try #require(pair.client.keys), try #require(pair.server.keys))
        #expect(client.profile == profile)
        #expect(server.profile == profile)
        #expect(client.local == server.remote)
        #expect(client.remote == server.local)
        #expect(client.local != client.remote)
    }

    @Test("each connection has keys of its own")
    func freshKeys() throws {
        let (ours, theirs) = (try Certificate.makeSelfSigned(), try Certificate.makeSelfSigned())
        var keys: Set<SRTPKeyingMaterial> = []
        for _ in 0..<3 {
            var pair = try DTLSPair(client: ours, server: theirs)
            pair.exchange()
            keys.insert(try #require(pair.client.keys))
        }
        #expect(keys.count == 3)
    }

    @Test(
        "the server's order of profiles decides",
        arguments: [
            ([.aes128CMHMACSHA1_80, .aeadAES256GCM, .aeadAES128GCM], SRTPProfile.preferred, .aeadAES128GCM),
            ([.aeadAES128GCM, .aes128CMHMACSHA1_80], [.aes128CMHMACSHA1_80, .aeadAES128GCM], .aes128CMHMACSHA1_80),
            ([.aes128CMHMACSHA1_80], SRTPProfile.preferred, .aes128CMHMACSHA1_80),
        ] as [([SRTPProfile], [SRTPProfile], SRTPProfile)]
    )
    func preference(client: [SRTPProfile], server: [SRTPProfile], expected: SRTPProfile) throws {
        var pair = try DTLSPair { $0.profiles = $0.role == .client ? client : server }
        pair.exchange()
        #expect(pair.client.keys?.profile == expected)
        #expect(pair.server.keys?.profile == expected)
    }

    @Test("every flight is one datagram below the MTU, and our ClientHello is far below it")
    func sizes() throws {
        var pair = try DTLSPair()
        pair.exchange()
        #expect(pair.wire.map(\.from) == [.client, .server, .client, .server])
        #expect(pair.wire[0].bytes.count < 200)
        #expect(pair.wire.allSatisfy { $0.bytes.count < 1200 })
    }

    @Test("with a small MTU flights become more datagrams, none larger")
    func smallMTU() throws {
        var pair = try DTLSPair { $0.mtu = 300 }
        pair.exchange()
        #expect(pair.client.keys != nil)
        #expect(pair.wire.count > 4)
        #expect(pair.wire.allSatisfy { $0.bytes.count <= 300 })
    }

    @Test("a server says nothing until it is asked, a client begins once")
    func silence() throws {
        let pair = try DTLSPair()
        pair.server.start()
        #expect(pair.server.takeDatagrams().isEmpty)
        #expect(pair.server.timeout == nil)
        #expect(pair.client.takeDatagrams().isEmpty)
        pair.client.start()
        pair.client.start()
        #expect(pair.client.takeDatagrams().count == 1)
    }

    @Test("a fragmented ClientHello is put together, in any order", arguments: [false, true], [1, 3, 7])
    func fragments(isReversed: Bool, count: Int) throws {
        let pair = try DTLSPair()
        pair.client.start()
        let hello = try #require(pair.client.takeDatagrams().first)
        let fragments = DTLSFragments.split(hello, into: count)
        for fragment in isReversed ? fragments.reversed() : fragments {
            #expect(pair.server.takeDatagrams().isEmpty)
            pair.server.receive(fragment)
        }
        for answer in pair.server.takeDatagrams() { pair.client.receive(answer) }
        for answer in pair.client.takeDatagrams() { pair.server.receive(answer) }
        for answer in pair.server.takeDatagrams() { pair.client.receive(answer) }
        #expect(pair.client.keys != nil)
        #expect(pair.server.keys != nil)
    }

    @Test("close_notify ends the other side, which says so as well", arguments: [DTLSRole.client, .server])
    func closeNotify(closing: DTLSRole) throws {
        var pair = try DTLSPair()
        pair.exchange()
        let (one, other) = closing == .client ? (pair.client, pair.server) : (pair.server, pair.client)
        one.close()
        #expect(one.state == .closed)
        for datagram in one.takeDatagrams() { other.receive(datagram) }
        #expect(other.state == .closed)
        #expect(other.takeDatagrams().count == 1)
        other.close()
        #expect(other.takeDatagrams().isEmpty)
    }

    @Test("close_notify is said again, in the same record, until the other side has answered it")
    func closeNotifyAgain() throws {
        var pair = try DTLSPair()
        pair.exchange()
        pair.client.close()
        let lost = pair.client.takeDatagrams()
        #expect(lost.count == 1 && pair.client.awaitsCloseNotify)
        pair.client.repeatCloseNotify()
        pair.client.repeatCloseNotify()
        let again = pair.client.takeDatagrams()
        #expect(again == lost + lost)
        for datagram in again { pair.server.receive(datagram) }
        #expect(pair.server.state == .closed)
        let answers = pair.server.takeDatagrams()
        #expect(answers.count == 1)
        // Not by what anybody could have sent.
        pair.client.receive([21, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 1, 0])
        #expect(pair.client.awaitsCloseNotify)
        for datagram in answers { pair.client.receive(datagram) }
        #expect(!pair.client.awaitsCloseNotify)
        pair.client.repeatCloseNotify()
        #expect(pair.client.takeDatagrams().isEmpty)
        #expect(pair.client.state == .closed)
    }

    @Test("closing before the end of the handshake just ends it")
    func earlyClose() throws {
        let pair = try DTLSPair()
        pair.client.start()
        pair.client.close()
        #expect(pair.client.state == .closed)
        #expect(pair.client.timeout == nil)
        pair.client.handleTimeout()
        #expect(pair.client.takeDatagrams().count == 1)
        pair.client.receive([22, 0xFE, 0xFD])
        #expect(pair.client.ignoredDatagrams == 1)
    }

    @Test("the first timeout is the configured one", arguments: [100, 1_000])
    func firstTimeout(milliseconds: Int) throws {
        let pair = try DTLSPair { $0.firstTimeout = .milliseconds(milliseconds) }
        #expect(pair.client.timeout == nil)
        pair.client.start()
        let timeout = try #require(pair.client.timeout)
        #expect(timeout > .milliseconds(milliseconds) / 2)
        #expect(timeout <= .milliseconds(milliseconds))
        _ = pair.client.takeDatagrams()
        pair.client.handleTimeout()
        #expect(pair.client.takeDatagrams().isEmpty)
    }
}
