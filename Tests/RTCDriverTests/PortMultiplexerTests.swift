// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@testable import RTCDriver

@Suite("A port that many peers share")
struct PortMultiplexerTests {
    private func address(_ number: Int) -> TransportAddress {
        TransportAddress(IPAddress(ipv4: 0x0a00_0000 + UInt32(number)), port: 5_000)
    }

    /// A multiplexer that expectations may ask, which copy values.
    private final class Port {
        var table = PortMultiplexer()

        func register(_ fragment: String, for peer: Int) -> Bool { table.register(fragment, for: peer) }
        func owner(of address: TransportAddress) -> Int? { table.entry(for: address)?.peer }
    }

    @Test("knows nobody before a check is accepted")
    func unknown() {
        let port = Port()
        #expect(port.register("abcd", for: 3))
        #expect(port.owner(of: address(1)) == nil)
        #expect(port.table.peer(forFragment: "abcd") == 3)
        #expect(port.table.peer(forFragment: "abce") == nil)
    }

    @Test("sends an address where it proved to belong, with the address of ours that it uses")
    func learned() {
        let port = Port()
        port.table.learn(address(1), local: .loopbackIPv4, for: 3)
        port.table.learn(address(2), local: nil, for: 4)
        for _ in 0..<2 {
            #expect(port.owner(of: address(1)) == 3)
            #expect(port.table.entry(for: address(1))?.local == .loopbackIPv4)
            #expect(port.owner(of: address(2)) == 4)
        }
    }

    @Test("lets an address move to the peer that proved it last")
    func moves() {
        let port = Port()
        port.table.learn(address(1), local: nil, for: 3)
        #expect(port.owner(of: address(1)) == 3)
        port.table.learn(address(1), local: nil, for: 4)
        #expect(port.owner(of: address(1)) == 4)
        port.table.remove(3)
        #expect(port.owner(of: address(1)) == 4)
    }

    @Test("remembers a bounded number of addresses of a peer, the newest ones")
    func bounded() {
        let port = Port()
        port.table.learn(address(1_000), local: nil, for: 4)
        for number in 0..<100 { port.table.learn(address(number), local: nil, for: 3) }
        #expect(port.table.addressCount == PortMultiplexer.maximumAddresses + 1)
        #expect(port.owner(of: address(99)) == 3)
        #expect(port.owner(of: address(0)) == nil)
        #expect(port.owner(of: address(1_000)) == 4)
    }

    @Test("does not forget the address that a peer's packets go to for others that it tries")
    func used() {
        let port = Port()
        for number in 0..<100 {
            port.table.learn(address(number), local: nil, for: 3, keeping: number > 0 ? address(0) : nil)
        }
        #expect(port.table.addressCount == PortMultiplexer.maximumAddresses)
        #expect(port.owner(of: address(0)) == 3)
        #expect(port.owner(of: address(1)) == nil)
        #expect(port.owner(of: address(99)) == 3)
    }

    @Test("refuses a fragment that another peer has, and keeps those of one that its session takes")
    func fragments() {
        let port = Port()
        #expect(port.register("first", for: 3))
        #expect(port.register("first", for: 3))
        #expect(!port.register("first", for: 4))
        #expect(port.register("second", for: 3))
        #expect(port.register("third", for: 3))
        port.table.retain(["second", "third", "fourth"], for: 3)
        #expect(port.table.peer(forFragment: "first") == nil)
        #expect(port.table.peer(forFragment: "second") == 3)
        #expect(port.table.peer(forFragment: "fourth") == nil)
        #expect(port.register("first", for: 4))
        #expect(port.table.peer(forFragment: "third") == 3)
    }

    @Test("forgets all about a peer that left")
    func removed() {
        let port = Port()
        _ = port.register("first", for: 3)
        port.table.learn(address(1), local: nil, for: 3)
        #expect(port.owner(of: address(1)) == 3)
        port.table.remove(3)
        #expect(port.owner(of: address(1)) == nil)
        #expect(port.table.peer(forFragment: "first") == nil)
        #expect(port.table.addressCount == 0)
    }
}
