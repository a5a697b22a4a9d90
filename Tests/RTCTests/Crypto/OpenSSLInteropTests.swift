// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTCCrypto
import Testing

@Suite("DTLS against the openssl program", .timeLimit(.minutes(1)))
struct OpenSSLInteropTests {
    private let ours: Certificate
    private let socket: LoopbackSocket

    init() throws {
        ours = try Certificate.makeSelfSigned()
        socket = try LoopbackSocket()
    }

    // s_client takes half a second to end, so not every pair of key and profile is tried.
    @Test(
        "s_client gets the same keys as our server",
        arguments: [(.rsa, .aes128CMHMACSHA1_80), (.ecdsa, .aeadAES128GCM), (.rsa, .aeadAES256GCM)]
            as [(OpenSSLPeer.Key, SRTPProfile)]
    )
    func client(key: OpenSSLPeer.Key, profile: SRTPProfile) throws {
        let peer = try OpenSSLPeer(key: key)
        let server = try connection(.server, expecting: peer.fingerprint())
        let tool = try peer.client(port: socket.port, peer.certificateArguments + profile.opensslArguments)
        run(server) { $0 != .handshaking }
        try expectKeys(of: server, profile: profile, tool: tool)
    }

    @Test("s_server gets the same keys as our client", arguments: OpenSSLPeer.Key.allCases, SRTPProfile.allCases)
    func server(key: OpenSSLPeer.Key, profile: SRTPProfile) throws {
        let peer = try OpenSSLPeer(key: key)
        let client = try connection(.client, expecting: peer.fingerprint())
        let (tool, port) = try peer.server(peer.certificateArguments + profile.opensslArguments)
        socket.connect(to: port)
        client.start()
        run(client) { $0 != .handshaking }
        let keys = try #require(client.keys, "\(client.state); the peer says: \(tool.output)")
        #expect(keys.profile == profile)
        // s_server closes its socket before it would say close_notify, so here it is we who end.
        client.close()
        try flush(client)
        #expect(OpenSSLPeer.exportedKeys(in: try tool.finish()) == keys.exported(by: .client))
    }

    @Test("our close_notify ends s_client, which names the profile")
    func ourCloseNotify() throws {
        let peer = try OpenSSLPeer()
        let server = try connection(.server, expecting: peer.fingerprint())
        let tool = try peer.client(
            port: socket.port,
            peer.certificateArguments + SRTPProfile.aeadAES128GCM.opensslArguments
        )
        run(server) { $0 != .handshaking }
        #expect(server.keys != nil)
        server.close()
        try flush(server)
        let output = try tool.finish()
        #expect(output.contains("SRTP Extension negotiated, profile=SRTP_AEAD_AES_128_GCM"))
    }

    @Test("a ClientHello that comes in several datagrams is put together")
    func fragmentedHello() throws {
        let peer = try OpenSSLPeer()
        let server = try connection(.server, expecting: peer.fingerprint())
        let protocols = (0..<40).map { "protocol-number-\($0)" }.joined(separator: ",")
        let tool = try peer.client(
            port: socket.port,
            peer.certificateArguments + SRTPProfile.aeadAES128GCM.opensslArguments + [
                "-mtu", "300", "-alpn", protocols,
            ]
        )
        let hello = try #require(try socket.receive(within: .seconds(10)))
        server.receive(hello)
        #expect(hello.count <= 300)
        #expect(server.takeDatagrams().isEmpty, "the first datagram was the whole ClientHello")
        run(server) { $0 != .handshaking }
        try expectKeys(of: server, profile: .aeadAES128GCM, tool: tool)
    }

    @Test("any hash of the peer's certificate will do", arguments: HashAlgorithm.allCases)
    func fingerprints(algorithm: HashAlgorithm) throws {
        let peer = try OpenSSLPeer()
        let client = try connection(.client, expecting: peer.fingerprint(algorithm))
        let (tool, port) = try peer.server(peer.certificateArguments + SRTPProfile.aeadAES128GCM.opensslArguments)
        socket.connect(to: port)
        client.start()
        run(client) { $0 != .handshaking }
        #expect(client.keys != nil)
        client.close()
        try flush(client)
        _ = try tool.finish()
    }

    @Test("a stranger is told bad_certificate")
    func stranger() throws {
        let (peer, other) = (try OpenSSLPeer(), try OpenSSLPeer())
        let server = try connection(.server, expecting: other.fingerprint())
        let tool = try peer.client(
            port: socket.port,
            peer.certificateArguments + SRTPProfile.aeadAES128GCM.opensslArguments
        )
        run(server) { $0 != .handshaking }
        #expect(server.state == .failed(.fingerprintMismatch))
        #expect(try tool.finish().contains("alert bad certificate"))
    }

    @Test("a peer without a certificate is refused")
    func anonymous() throws {
        let peer = try OpenSSLPeer()
        let server = try connection(.server, expecting: peer.fingerprint())
        let tool = try peer.client(port: socket.port, SRTPProfile.aeadAES128GCM.opensslArguments)
        run(server) { $0 != .handshaking }
        #expect(server.state == .failed(.handshake("peer did not return a certificate")))
        #expect(try tool.finish().contains("alert handshake failure"))
    }

    @Test("a peer without SRTP, or without a profile of ours, is refused", arguments: [nil, SRTPProfile.aeadAES256GCM])
    func noCommonProfile(offered: SRTPProfile?) throws {
        let peer = try OpenSSLPeer()
        let server = try connection(.server, expecting: peer.fingerprint(), profiles: [.aeadAES128GCM])
        let tool = try peer.client(port: socket.port, peer.certificateArguments + (offered?.opensslArguments ?? []))
        run(server) { $0 != .handshaking }
        #expect(server.state == .failed(.noCommonProfile))
        #expect(try tool.finish().contains("alert handshake failure"))
    }

    private func connection(
        _ role: DTLSRole,
        expecting fingerprint: CertificateFingerprint,
        profiles: [SRTPProfile] = SRTPProfile.preferred
    ) throws -> DTLSConnection {
        try DTLSConnection(
            DTLSConfiguration(
                role: role,
                certificate: ours,
                expectedFingerprints: [fingerprint],
                profiles: profiles
            )
        )
    }

    private func flush(_ connection: DTLSConnection) throws {
        for datagram in connection.takeDatagrams() { try socket.send(datagram) }
    }

    /// Carries datagrams to and fro until the state is as wanted, or ten seconds have passed.
    private func run(_ connection: DTLSConnection, until isDone: (DTLSState) -> Bool) {
        let clock = ContinuousClock()
        let deadline = clock.now.advanced(by: .seconds(10))
        do {
            try flush(connection)
            while !isDone(connection.state), clock.now < deadline {
                if let datagram = try socket.receive(within: connection.timeout ?? .milliseconds(100)) {
                    connection.receive(datagram)
                } else {
                    connection.handleTimeout()
                }
                try flush(connection)
            }
        } catch {
            Issue.record(error)
        }
    }

    /// Expects the keys of `s_client` to be ours, and its close_notify to be understood.
    private func expectKeys(of server: DTLSConnection, profile: SRTPProfile, tool: Tool) throws {
        let keys = try #require(server.keys, "\(server.state); the peer says: \(tool.output)")
        #expect(keys.profile == profile)
        try tool.write("Q\n")
        run(server) { $0 == .closed }
        #expect(server.state == .closed)
        #expect(OpenSSLPeer.exportedKeys(in: try tool.finish()) == keys.exported(by: .server))
    }
}
