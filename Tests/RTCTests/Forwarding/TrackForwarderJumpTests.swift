// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@Suite("Track forwarder when numbers jump")
struct TrackForwarderJumpTests {
    @Test("numbers and timestamps that jump together are a restart, taken from its first packet on")
    func restart() throws {
        var fixture = ForwarderFixture()
        _ = try fixture.forward(40_000, timestamp: 4_000_000_000, at: 0)
        let first = try #require(try fixture.forward(0, timestamp: 0, at: 100))
        #expect(first.sequenceNumber == 5001)
        #expect(first.timestamp == 79_000)
        let second = try #require(try fixture.forward(1, timestamp: 3000, at: 133))
        #expect(second.sequenceNumber == 5002)
        #expect(second.timestamp == 82_000)
        #expect(fixture.forwarder.counters.sourceChanges == 1)
    }

    @Test("stragglers from before a restart find their place, newer ones of the old numbers don't come back")
    func stragglersOfRestart() throws {
        var fixture = ForwarderFixture()
        _ = try fixture.forward(40_000, timestamp: 4_000_000_000)
        _ = try fixture.forward(40_002, timestamp: 4_000_000_000)
        _ = try fixture.forward(0, timestamp: 0, at: 100)
        #expect(try fixture.forward(40_001, timestamp: 4_000_000_000, at: 110)?.sequenceNumber == 5001)
        #expect(try fixture.forward(40_003, timestamp: 4_000_000_000, at: 110) == nil)
        #expect(try fixture.forward(1, timestamp: 0, at: 120)?.sequenceNumber == 5004)
    }

    @Test(
        "numbers that jump under a clock that goes on are a long loss: it stays a gap, as long as receivers allow",
        arguments: [3010, 10_010, 32_000, 50_000] as [UInt16]
    )
    func outage(number: UInt16) throws {
        var fixture = ForwarderFixture()
        _ = try fixture.forward(10, timestamp: 1000, at: 0)
        let next = try #require(try fixture.forward(number, timestamp: 1000 + 900_000, at: 10_050))
        #expect(next.sequenceNumber == 5000 + 2999)
        #expect(next.timestamp == 70_000 + 900_000)
        #expect(try fixture.forward(number + 1, timestamp: 1000 + 900_000, at: 10_050)?.sequenceNumber == 8000)
    }

    @Test("a packet from long ago is no restart")
    func longAgo() throws {
        var fixture = ForwarderFixture()
        _ = try fixture.forward(10, timestamp: 1000, at: 0)
        for index in 1...5 { _ = try fixture.forward(UInt16(10 + 1000 * index), timestamp: 1000 + 90_000, at: 1000) }
        #expect(try fixture.forward(12, timestamp: 1000, at: 1000) == nil)
        #expect(fixture.forwarder.counters.tooLate == 1)
        #expect(try fixture.forward(5011, timestamp: 91_000, at: 1000)?.sequenceNumber == 10_001)
    }
}
