// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@testable import RTCDriver

@Suite("The addresses that peers are told")
struct AddressArrangementTests {
    private static func addresses(_ texts: [String]) -> [IPAddress] { texts.compactMap { IPAddress($0) } }

    /// A machine, by its interfaces and the addresses of its default routes.
    private func machine(_ listed: [String], primaries: [String] = []) -> AddressArrangement {
        AddressArrangement(
            interfaces: Self.addresses(listed).map { InterfaceAddress(ip: $0) },
            primaries: Self.addresses(primaries)
        )
    }

    @Test(
        "begin with that of the default route, IPv4 before IPv6, and end with loopback",
        arguments: [
            (["127.0.0.1", "10.0.0.2", "192.0.2.9"], ["192.0.2.9"], ["192.0.2.9", "10.0.0.2", "127.0.0.1"]),
            (["127.0.0.1"], [], ["127.0.0.1"]),
            (["::1", "127.0.0.1", "169.254.3.4", "fe80::1"], [], ["127.0.0.1"]),
            (["2001:db8::5", "10.0.0.2", "fe80::1"], ["10.0.0.2"], ["10.0.0.2", "2001:db8::5", "127.0.0.1"]),
            (["10.0.0.2", "10.0.0.2"], ["127.0.0.1"], ["10.0.0.2", "127.0.0.1"]),
            (["fd00::5", "2001:db8::5", "::1"], [], ["2001:db8::5", "fd00::5", "127.0.0.1"]),
            (
                ["2001:db8::5", "2001:db8:1::6", "10.0.0.2"], ["2001:db8:1::6"],
                ["10.0.0.2", "2001:db8:1::6", "2001:db8::5", "127.0.0.1"]
            ),
        ]
    )
    func order(listed: [String], primaries: [String], expected: [String]) {
        #expect(machine(listed, primaries: primaries).ordered.map(\.description) == expected)
    }

    @Test(
        "begin with what is announced, and of the others with the one that the peer has reached",
        arguments: [
            ("10.0.0.2", ["203.0.113.7", "10.0.0.2", "10.0.0.1", "2001:db8::9", "fd00::5", "127.0.0.1"]),
            ("fd00::5", ["2001:db8::9", "fd00::5", "203.0.113.7", "10.0.0.1", "10.0.0.2", "127.0.0.1"]),
            ("198.51.100.1", ["203.0.113.7", "10.0.0.1", "10.0.0.2", "2001:db8::9", "fd00::5", "127.0.0.1"]),
            ("127.0.0.1", ["203.0.113.7", "10.0.0.1", "10.0.0.2", "2001:db8::9", "fd00::5", "127.0.0.1"]),
            ("::1", ["203.0.113.7", "10.0.0.1", "10.0.0.2", "2001:db8::9", "fd00::5", "127.0.0.1"]),
        ]
    )
    func announced(reached: String, expected: [String]) {
        var arrangement = machine(["10.0.0.1", "10.0.0.2", "fd00::5", "127.0.0.1"], primaries: ["10.0.0.1"])
        arrangement.announced = Self.addresses(["2001:db8::9", "203.0.113.7", "203.0.113.7"])
        arrangement.reached = IPAddress(reached)
        #expect(arrangement.ordered.map(\.description) == expected)
    }

    @Test("are the announced ones alone where the interfaces don't count")
    func only() {
        let arrangement = AddressArrangement(announced: Self.addresses(["2001:db8::9", "203.0.113.7"]))
        #expect(arrangement.ordered.map(\.description) == ["203.0.113.7", "2001:db8::9"])
        #expect(AddressArrangement().ordered.isEmpty)
        #expect(AnnouncedAddresses([], includesInterfaces: false).current().isEmpty)
    }

    @Test("are few, some of each family, with loopback always among them")
    func limit() {
        let many = (0..<50).map { "10.0.0.\($0 + 1)" } + (0..<50).map { "2001:db8:\($0)::1" }
        let ordered = machine(many, primaries: ["10.0.0.31", "2001:db8:20::1"]).ordered
        let expected = [
            "10.0.0.31", "10.0.0.1", "10.0.0.2", "10.0.0.3", "2001:db8:20::1", "2001:db8::1", "2001:db8:1::1",
            "127.0.0.1",
        ]
        #expect(ordered.map(\.description) == expected)
        var five = machine(["10.0.0.1"])
        five.announced = (0..<5).compactMap { IPAddress("203.0.113.\($0 + 1)") }
        #expect(five.ordered == five.announced + Self.addresses(["10.0.0.1", "127.0.0.1"]))
        var announced = machine(many)
        announced.announced = (0..<12).compactMap { IPAddress("203.0.113.\($0 + 1)") }
        #expect(announced.ordered == announced.announced.prefix(7) + [.loopbackIPv4])
    }

    @Test("are of IPv6 neither deprecated nor yet to be tried, and temporary only where there is no other")
    func states() throws {
        let states = InterfaceAddressState.parse(
            """
            20010db8000000000000000000000001 02 40 00 80     eth0
            20010db80000000000000000000000aa 02 40 00 01     eth0
            20010db80001000000000000000000bb 02 40 00 01     eth0
            20010db8000000000000000000000002 02 40 00 20     eth0
            20010db8000000000000000000000003 02 40 00 c0     eth0
            20010db8000000000000000000000004 02 40 00 88     eth0
            fe8000000000000000fc00fffe000001 02 40 20 80     eth0
            no address 02 40 20 80     eth0
            20010db8000000000000000000000005

            """
        )
        #expect(states.count == 7)
        let stable = try #require(IPAddress("2001:db8::1"))
        #expect(states[stable] == InterfaceAddressState())
        let arrangement = AddressArrangement(
            interfaces: states.map { InterfaceAddress(ip: $0.key, state: $0.value) },
            primaries: Self.addresses(["2001:db8::aa"])
        )
        #expect(Set(arrangement.ordered) == Set(Self.addresses(["2001:db8::1", "2001:db8:1::bb", "127.0.0.1"])))
    }

    @Test("of this machine are found, and change with what is configured")
    func found() throws {
        #expect(InterfaceAddresses.announced().last == .loopbackIPv4)
        #expect(InterfaceAddresses.list().map(\.ip).contains(.loopbackIPv4))
        let announced = AnnouncedAddresses()
        #expect(announced.current() == InterfaceAddresses.announced())
        let name = try #require(IPAddress("203.0.113.7"))
        announced.configured = [name]
        #expect(announced.current().first == name)
        #expect(announced.current().last == .loopbackIPv4)
    }
}
