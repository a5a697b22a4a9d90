// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC

/// What both agents have in common, so that a link can join any two.
protocol ICEAgentUnderTest {
    var state: ICEState { get }
    var selected: TransportAddress? { get }
    var deadline: MonotonicTime? { get }
    var counters: ICECounters { get }
    mutating func receive(_: RawSpan, from: TransportAddress, at: MonotonicTime) throws(ICEDropReason)
    mutating func advance(to: MonotonicTime)
    mutating func poll(into: inout OutputRawSpan) -> TransportAddress?
}

extension ICELiteAgent: ICEAgentUnderTest {}
extension ICEControllingAgent: ICEAgentUnderTest {}

extension ICEAgentUnderTest {
    /// Everything that the agent sends at this moment.
    mutating func drain() -> [(bytes: [UInt8], to: TransportAddress)] {
        var datagrams: [(bytes: [UInt8], to: TransportAddress)] = []
        while true {
            var target: TransportAddress?
            let bytes = STUNBytes.written(capacity: STUNMessage.maximumWrittenSize) { target = poll(into: &$0) }
            guard let target else { return datagrams }
            datagrams.append((bytes, target))
        }
    }

    /// Takes a message and says why it was dropped, if it was.
    mutating func take(_ bytes: [UInt8], from source: TransportAddress, at now: MonotonicTime) -> ICEDropReason? {
        do {
            try receive(bytes.span.bytes, from: source, at: now)
            return nil
        } catch {
            return error
        }
    }
}

extension MonotonicTime {
    /// A moment of virtual time.
    static func at(_ duration: Duration) -> MonotonicTime {
        MonotonicTime(nanoseconds: 1_000_000_000_000) + duration
    }
}

extension TransportAddress {
    /// An address of the documentation range 192.0.2.0/24.
    static func test(_ host: UInt32, port: UInt16 = 5000) -> TransportAddress {
        TransportAddress(IPAddress(ipv4: 0xc000_0200 | host), port: port)
    }
}

extension ICECredentials {
    /// Credentials that a seed decides.
    static func test(_ seed: UInt64) -> ICECredentials {
        var generator = SplitMix64(seed: seed)
        return make(using: &generator)
    }
}
