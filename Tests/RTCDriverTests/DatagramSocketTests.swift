// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@testable import RTCDriver

@Suite("A datagram socket")
struct DatagramSocketTests {
    @Test("keeps its port when it is connected, let go and connected again")
    func keepsPort() throws {
        let first = try DatagramSocket(bindingTo: DatagramFixture.anyLoopbackPort, options: .init())
        let second = try DatagramSocket(bindingTo: DatagramFixture.anyLoopbackPort, options: .init())
        let socket = try DatagramSocket(bindingTo: TransportAddress(.anyIPv4, port: 0), options: .init())
        let port = socket.localAddress.port
        #expect(port != 0)
        for peer in [first, second, first] {
            #expect(socket.connect(to: peer.localAddress))
            #expect(socket.connectedPeer == peer.localAddress)
            #expect(socket.currentLocalAddress?.port == port)
            socket.disconnect()
            #expect(socket.connectedPeer == nil)
            #expect(socket.currentLocalAddress?.port == port)
        }
    }

    @Test("says so when somebody has the port")
    func portInUse() throws {
        let first = try DatagramSocket(bindingTo: DatagramFixture.anyLoopbackPort, options: .init())
        let error = #expect(throws: SocketError.self) {
            try DatagramSocket(bindingTo: first.localAddress, options: .init())
        }
        #expect(error?.operation == .bind)
        #expect(error?.isAddressInUse == true)
    }

    @Test("names addresses the way its family does", arguments: ["127.0.0.1", "192.0.2.33", "2001:db8::7", "::1"])
    func names(text: String) throws {
        let address = TransportAddress(try #require(IPAddress(text)), port: 40_000)
        #expect(SocketName(address, family: .ipv6).address == address)
        if address.ip.isIPv4 { #expect(SocketName(address, family: .ipv4).address == address) }
    }

    @Test("of both families reaches IPv4 as well")
    func dualStack() throws {
        var options = DatagramSocketOptions()
        options.isDualStack = true
        let any = TransportAddress(IPAddress(high: 0, low: 0), port: 0)
        // A machine without IPv6 has nothing to show here.
        guard let socket = try? DatagramSocket(bindingTo: any, options: options) else { return }
        let fixture = try DatagramFixture()
        let lane = fixture.batch.addLane(on: socket)
        fixture.queue(1, size: 100, on: lane)
        fixture.batch.flush()
        #expect(socket.connect(to: fixture.destination))
        fixture.queue(2, size: 100, on: lane)
        fixture.batch.flush()
        #expect(fixture.receive(2).map(\.byte) == [1, 2])
    }
}
