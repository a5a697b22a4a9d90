// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing
import WHIPClient

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

@Suite("Packets of another program")
struct RelaySourceTests {
    /// Another program that sends to the port.
    struct Sender: ~Copyable {
        let descriptor: Int32
        var address = sockaddr_in()

        init(to port: UInt16) throws {
            #if canImport(Darwin)
                descriptor = socket(AF_INET, SOCK_DGRAM, 0)
            #else
                descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
            #endif
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            address.sin_port = port.bigEndian
            try #require(descriptor >= 0)
        }

        deinit { close(descriptor) }

        mutating func send(_ bytes: [UInt8]) {
            let length = socklen_t(MemoryLayout<sockaddr_in>.size)
            withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                    _ = sendto(descriptor, bytes, bytes.count, 0, name, length)
                }
            }
        }
    }

    private static let begin = MonotonicTime(nanoseconds: 1_000)

    private static func packet(
        type: UInt8 = 96,
        _ number: UInt8,
        ssrc: UInt8 = 7,
        payload: [UInt8] = [0x41, 1, 2]
    ) -> [UInt8] {
        [0x80, type | 0x80, 0, number, 0, 0, 1, number, 0, 0, 0, ssrc] + payload
    }

    private static func poll(
        _ source: inout RelaySource,
        at now: MonotonicTime = begin
    ) -> (packet: OutgoingRTP, payload: [UInt8])? {
        var packet: OutgoingRTP?
        let payload = [UInt8](unsafeUninitializedCapacity: 1_900) { buffer, count in
            let bytes = UnsafeMutableRawBufferPointer(buffer)
            var output = OutputRawSpan(buffer: bytes, initializedCount: 0)
            packet = source.poll(at: now, into: &output)
            count = output.finalize(for: bytes)
        }
        return packet.map { ($0, payload) }
    }

    @Test("are sent on with their number, time and payload, under the payload type that was agreed on")
    func relays() throws {
        let receiver = try LoopbackReceiver()
        var sender = try Sender(to: receiver.port)
        var source = RelaySource(receiver, incoming: 96, payloadType: 103)
        #expect(source.deadline == nil)
        source.start(at: Self.begin)
        #expect(source.deadline == Self.begin)
        sender.send(Self.packet(1))
        sender.send(Self.packet(2, payload: [0x65]))
        let polled = [Self.poll(&source), Self.poll(&source)]
        let (first, second) = (try #require(polled[0]), try #require(polled[1]))
        #expect(first.packet.payloadType == 103 && first.packet.marker)
        #expect(first.packet.sequenceNumber == 1 && first.packet.timestamp == 257)
        #expect(first.payload == [0x41, 1, 2])
        #expect(second.packet.sequenceNumber == 2)
        #expect(second.payload == [0x65])
        #expect(source.deadline == Self.begin, "there may be more")
        #expect(Self.poll(&source) == nil)
        #expect(source.deadline == Self.begin + .milliseconds(4))
    }

    @Test("that came before the transport was there are not sent late")
    func drains() throws {
        let receiver = try LoopbackReceiver()
        var sender = try Sender(to: receiver.port)
        var source = RelaySource(receiver, incoming: 96, payloadType: 96)
        sender.send(Self.packet(1))
        source.start(at: Self.begin)
        sender.send(Self.packet(2))
        let next = Self.poll(&source)
        #expect(next?.packet.sequenceNumber == 2)
    }

    /// A datagram that is no packet of the stream, and why.
    struct Stray: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var bytes: [UInt8]

        init(_ description: String, _ bytes: [UInt8]) {
            testDescription = description
            self.bytes = bytes
        }
    }

    @Test(
        "that are none, or of another stream, are passed over",
        arguments: [
            Stray("nothing", []),
            Stray("one byte", [0x80]),
            Stray("zeros", [UInt8](repeating: 0, count: 40)),
            Stray("RTCP", packet(type: 72, 9)),
            Stray("another payload type", packet(type: 97, 9)),
            Stray("another source", packet(9, ssrc: 8)),
            Stray("no payload", packet(9, payload: [])),
            Stray("a payload too long to be sent", packet(9, payload: [UInt8](repeating: 1, count: 1_901))),
            Stray("a payload too long to be read", packet(9, payload: [UInt8](repeating: 1, count: 4_000))),
        ]
    )
    func passesOver(stray: Stray) throws {
        let receiver = try LoopbackReceiver()
        var sender = try Sender(to: receiver.port)
        var source = RelaySource(receiver, incoming: 96, payloadType: 96)
        source.start(at: Self.begin)
        sender.send(Self.packet(1))
        sender.send(stray.bytes)
        sender.send(Self.packet(2))
        let numbers = (0..<2).map { _ in Self.poll(&source)?.packet.sequenceNumber }
        #expect(numbers == [1, 2])
    }
}
