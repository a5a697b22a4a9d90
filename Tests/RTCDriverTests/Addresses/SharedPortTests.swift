// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@testable import RTCDriver

@Suite("The port of both families", .timeLimit(.minutes(1)))
struct SharedPortTests {
    private static let addresses = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "2001:db8::1", "127.0.0.1"].compactMap {
        IPAddress($0)
    }

    @Test("has a candidate by UDP on each address, and by TCP on two of each family and loopback")
    func candidates() {
        var port = SharedPort(
            number: 40_000,
            hasIPv4: true,
            hasIPv6: true,
            streamNumber: 443,
            hasIPv4Streams: true,
            hasIPv6Streams: true
        )
        let candidates = port.candidates(on: Self.addresses)
        #expect(
            candidates.map(\.address.description) == [
                "10.0.0.1:40000", "10.0.0.2:40000", "10.0.0.3:40000", "[2001:db8::1]:40000", "127.0.0.1:40000",
                "10.0.0.1:443/tcp", "10.0.0.2:443/tcp", "[2001:db8::1]:443/tcp", "127.0.0.1:443/tcp",
            ]
        )
        #expect(candidates.map(\.priority) == candidates.map(\.priority).sorted(by: >))
        #expect(Set(candidates.map(\.priority)).count == candidates.count)
        (port.hasIPv6, port.hasIPv6Streams) = (false, false)
        #expect(port.candidates(on: Self.addresses).allSatisfy { $0.address.ip.isIPv4 })
        port.streamNumber = nil
        #expect(port.candidates(on: Self.addresses).count == 4)
    }

    @Test(
        "takes UDP and TCP by IPv4 and IPv6 on one number",
        .enabled(if: InterfaceAddresses.hasIPv6, "SKIPPED: no IPv6 here")
    )
    func families() async throws {
        let both = [IPAddress.loopbackIPv4, IPAddress(high: 0, low: 1)]
        var configuration = MediaWorkerConfiguration(port: 0, announcedAddresses: both)
        configuration.streams = StreamConfiguration()
        let worker = try await MediaWorker.start(configuration)
        #expect(worker.candidates.map(\.address.ip) == both + both)
        #expect(worker.streamPort == worker.port)
        for address in both {
            _ = try StreamClient(to: worker.port, at: address)
            let pair = try await SessionPair(
                lite: worker,
                controlling: worker,
                candidates: [ICECandidate(host: TransportAddress(address, port: worker.port))]
            )
            try await pair.connected()
            #expect(try await pair.controlling.statistics().selectedAddress?.ip == address)
        }
        await worker.shutdown()
    }

    @Test("has a number of its own for TCP where one is given")
    func streamPort() async throws {
        var configuration = MediaWorkerConfiguration.loopback
        configuration.streams = StreamConfiguration()
        configuration.streams?.port = 0
        let worker = try await MediaWorker.start(configuration)
        let streamPort = try #require(worker.streamPort)
        #expect(worker.candidates.map(\.address.port) == [worker.port, streamPort])
        _ = try StreamClient(to: streamPort)
        await worker.shutdown()
    }

    @Test("tells each session the addresses that are there when it is asked")
    func changes() async throws {
        let announced = AnnouncedAddresses(Array(Self.addresses.prefix(1)), includesInterfaces: false)
        var configuration = MediaWorkerConfiguration(port: 0)
        configuration.announced = announced
        let worker = try await MediaWorker.start(configuration)
        #expect(worker.candidates.map(\.address.ip) == Array(Self.addresses.prefix(1)))
        announced.configured = Array(Self.addresses.prefix(3))
        #expect(worker.candidates.map(\.address.ip) == Array(Self.addresses.prefix(3)))
        #expect(worker.candidates(for: Self.addresses[3]).map(\.address.ip) == Array(Self.addresses.prefix(3)))
        announced.configured = []
        #expect(worker.candidates.isEmpty)
        await worker.shutdown()
    }
}

extension InterfaceAddresses {
    /// Whether this machine has IPv6 at all, if only for itself.
    static let hasIPv6 = list().contains { $0.ip == IPAddress(high: 0, low: 1) }
}
