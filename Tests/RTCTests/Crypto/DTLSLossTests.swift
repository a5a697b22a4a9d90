// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCCrypto
import Testing

/// OpenSSL's DTLS timer sees real time, so these few tests do as well.
@Suite("DTLS over a bad network, in real time", .timeLimit(.minutes(1)))
struct DTLSLossTests {
    @Test("lost and reordered flights are made up for", arguments: 0..<12 as Range<UInt64>)
    func lossAndReordering(seed: UInt64) async throws {
        let pair = try DTLSPair {
            $0.firstTimeout = .milliseconds(20)
            $0.mtu = 400
        }
        var network = BadNetwork(seed: seed)
        pair.client.start()
        while pair.client.keys == nil || pair.server.keys == nil {
            network.take(from: pair)
            guard !network.deliverOne(to: pair) else { continue }
            let timeouts = [pair.client.timeout, pair.server.timeout].compactMap(\.self)
            let timeout = try #require(timeouts.min(), "nobody repeats anything")
            try await Task.sleep(for: timeout)
            pair.client.handleTimeout()
            pair.server.handleTimeout()
        }
        #expect(pair.client.keys?.local == pair.server.keys?.remote)
        #expect(pair.client.timeout == nil)
    }

    @Test("a flight is sent again in one datagram, whatever it takes the first time")
    func flight() async throws {
        var pair = try DTLSPair { $0.firstTimeout = .milliseconds(20) }
        pair.client.start()
        for datagram in pair.client.takeDatagrams() { pair.server.receive(datagram) }
        let flight = pair.server.takeDatagrams()
        try await Task.sleep(for: try #require(pair.server.timeout))
        pair.server.handleTimeout()
        let again = pair.server.takeDatagrams()
        #expect(again.count == 1 && again[0].count >= flight.reduce(0) { $0 + $1.count })
        pair.client.receive(again[0])
        // Who has waited for too long meanwhile says all once more.
        pair.exchange()
        #expect(pair.client.keys != nil && pair.client.keys?.local == pair.server.keys?.remote)
    }

    @Test("a silent peer is asked again, twice soon, then at intervals that double")
    func retransmission() async throws {
        let pair = try DTLSPair { $0.firstTimeout = .milliseconds(20) }
        pair.client.start()
        #expect(pair.client.takeDatagrams().count == 1)
        for milliseconds in [20, 20, 40, 80] {
            let timeout = try #require(pair.client.timeout)
            #expect(timeout <= .milliseconds(milliseconds))
            try await Task.sleep(for: timeout)
            pair.client.handleTimeout()
            #expect(pair.client.takeDatagrams().count == 1)
        }
    }
}

/// Loses three of ten datagrams, doubles one of ten, and delivers the rest in any order.
private struct BadNetwork {
    private var random: SplitMix64
    private var inFlight: [(to: DTLSRole, bytes: Datagram)] = []

    init(seed: UInt64) {
        random = SplitMix64(seed: seed)
    }

    mutating func take(from pair: DTLSPair) {
        let sent =
            pair.client.takeDatagrams().map { (to: DTLSRole.server, bytes: $0) }
            + pair.server.takeDatagrams().map { (to: DTLSRole.client, bytes: $0) }
        for datagram in sent {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<3: break
            case 3: inFlight += [datagram, datagram]
            default: inFlight.append(datagram)
            }
        }
    }

    mutating func deliverOne(to pair: DTLSPair) -> Bool {
        guard let place = inFlight.indices.randomElement(using: &random) else { return false }
        let datagram = inFlight.remove(at: place)
        (datagram.to == .client ? pair.client : pair.server).receive(datagram.bytes)
        return true
    }
}
