// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTCCrypto

/// Bytes of a datagram, for tests.
typealias Datagram = [UInt8]

extension DTLSConnection {
    /// All datagrams that wait to be sent.
    func takeDatagrams() -> [Datagram] {
        var datagrams: [Datagram] = []
        while true {
            var isDone = false
            let datagram = Datagram(capacity: 2048) { (output: inout OutputSpan<UInt8>) in
                output.withUnsafeMutableBufferPointer { buffer, count in
                    var raw = OutputRawSpan(buffer: UnsafeMutableRawBufferPointer(buffer), initializedCount: 0)
                    isDone = !poll(into: &raw)
                    count = raw.finalize(for: UnsafeMutableRawBufferPointer(buffer))
                }
            }
            if isDone { return datagrams }
            datagrams.append(datagram)
        }
    }

    /// Takes a datagram.
    func receive(_ datagram: Datagram) {
        receive(datagram.span.bytes)
    }

    /// The keys, once connected.
    var keys: SRTPKeyingMaterial? {
        if case .connected(let keys) = state { keys } else { nil }
    }
}

/// A DTLS client and a DTLS server that know each other's fingerprints.
struct DTLSPair {
    let client: DTLSConnection
    let server: DTLSConnection

    /// Every datagram that was passed on, in order.
    private(set) var wire: [(from: DTLSRole, bytes: Datagram)] = []

    /// Makes both ends; `configure` may change either's configuration.
    init(configure: (inout DTLSConfiguration) -> Void = { _ in }) throws {
        try self.init(client: .makeSelfSigned(), server: .makeSelfSigned(), configure: configure)
    }

    /// Makes both ends with certificates that are there.
    init(
        client ours: Certificate,
        server theirs: Certificate,
        configure: (inout DTLSConfiguration) -> Void = { _ in }
    ) throws {
        var client = DTLSConfiguration(role: .client, certificate: ours, expectedFingerprints: [theirs.fingerprint])
        var server = DTLSConfiguration(role: .server, certificate: theirs, expectedFingerprints: [ours.fingerprint])
        configure(&client)
        configure(&server)
        self.client = try DTLSConnection(client)
        self.server = try DTLSConnection(server)
    }

    /// Passes datagrams to and fro until nobody has any.
    mutating func exchange() {
        client.start()
        while true {
            let (up, down) = (client.takeDatagrams(), server.takeDatagrams())
            if up.isEmpty && down.isEmpty { return }
            for datagram in up {
                wire.append((.client, datagram))
                server.receive(datagram)
            }
            for datagram in down {
                wire.append((.server, datagram))
                client.receive(datagram)
            }
        }
    }
}
