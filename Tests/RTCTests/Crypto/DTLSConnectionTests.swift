// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTCCrypto
import Testing

@Suite("DTLS between two of ours")
struct DTLSConnectionTests {
    @Test("both ends get the same keys, each its own as local")
    func keysMatch() throws {
        var pair = try DTLSPair()
        pair.exchange()
        let (client, server) = (try #require(pair.client.keys), try #require(pair.server.keys))
        #expect(client.profile == .aeadAES128GCM)
        #expect(client.local == server.remote)
        #expect(client.remote == server.local)
        #expect(client.local != client.remote)
    }
}
