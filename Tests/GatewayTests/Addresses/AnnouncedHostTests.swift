// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@testable import Gateway

@Suite("Announced hosts")
struct AnnouncedHostTests {
    private static func addresses(_ texts: String...) -> [IPAddress] { texts.compactMap { IPAddress($0) } }

    @Test(
        "are IP addresses and host names",
        arguments: [
            "203.0.113.7", "2001:db8::1", "[2001:db8::1]", "gateway", "Gateway.Example.com.", "a-b_c.test", "1.2.x",
        ]
    )
    func taken(text: String) {
        #expect(AnnouncedHost(text) != nil)
    }

    @Test(
        "are nothing that nobody can send to or look up",
        arguments: [
            "", "0.0.0.0", "::", "224.0.0.1", "203.0.113.300", "203.0.113", "1", "203.0.113.7:40000", "gateway:40000",
            "https://gateway.test", "-a.test", "a-.test", "a..test", ".test", "fe80::1%eth0", "[2001:db8::1",
            String(repeating: "a", count: 64), "\u{e9}.test",
        ]
    )
    func refused(text: String) {
        #expect(AnnouncedHost(text) == nil)
    }

    @Test("stand in the operator's order, each name with all that it stands for")
    func order() throws {
        let now = ContinuousClock.now
        var table = AnnouncedHostTable(["a.test", "203.0.113.7", "b.test"].compactMap { AnnouncedHost($0) }, at: now)
        #expect(table.addresses == Self.addresses("203.0.113.7"))
        #expect(table.due(at: now) == ["a.test", "b.test"])
        table.found(Self.addresses("203.0.113.1", "2001:db8::1"), of: "a.test", at: now)
        #expect(table.addresses == Self.addresses("203.0.113.1", "2001:db8::1", "203.0.113.7"))
        #expect(table.due(at: now) == ["b.test"])
    }

    @Test("are looked up again each minute, and sooner where that failed, with what they stood for kept")
    func schedule() {
        var now = ContinuousClock.now
        var table = AnnouncedHostTable([.name("a.test")], at: now)
        table.found(Self.addresses("203.0.113.1"), of: "a.test", at: now)
        #expect(table.due(at: now + .seconds(59)).isEmpty)
        now += .seconds(60)
        #expect(table.due(at: now) == ["a.test"])
        var waits: [Int] = []
        for failure in 0..<6 {
            let isFirst = table.failed("a.test", at: now)
            #expect(isFirst == (failure == 0))
            #expect(table.addresses == Self.addresses("203.0.113.1"))
            let wait = (1...120).first { !table.due(at: now + .seconds($0)).isEmpty } ?? 0
            waits.append(wait)
            now += .seconds(wait)
        }
        #expect(waits == [5, 10, 20, 40, 60, 60])
        table.found(Self.addresses("203.0.113.2"), of: "a.test", at: now)
        #expect(table.addresses == Self.addresses("203.0.113.2"))
        let isFirst = table.failed("a.test", at: now + .seconds(60))
        #expect(isFirst)
    }

    @Test("named in this machine's hosts file are found, and others say why not")
    func system() async {
        let results = await HostLookup.system().addresses(of: ["localhost", "nobody.invalid"])
        let found = (try? results["localhost"]?.get()) ?? []
        #expect(found.contains { $0.isLoopback })
        #expect(throws: HostLookupError.self) { try results["nobody.invalid"]?.get() }
    }

    @Test("that nobody answers for are given up")
    func silence() async {
        let lookup = HostLookup { _ in [] }
        let result = await lookup.addresses(of: ["empty.test"])
        #expect(throws: HostLookupError.self) { try result["empty.test"]?.get() }
        let impatient = HostLookup.system(patience: .zero)
        let outcome = await impatient.addresses(of: ["nobody.invalid"])
        #expect(throws: HostLookupError.self) { try outcome["nobody.invalid"]?.get() }
    }
}
