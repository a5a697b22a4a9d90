// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@testable import RTCDriver

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

@Suite("A framed connection")
struct StreamConnectionTests {
    /// The two ends of a connection: the one that is tested, and a descriptor to do with as one likes.
    private final class Ends {
        let connection: StreamConnection
        let far: Int32

        init() throws {
            var descriptors: [Int32] = [-1, -1]
            try #require(socketpair(AF_UNIX, Platform.stream, 0, &descriptors) == 0)
            descriptors.forEach(Platform.makeNonBlocking)
            let remote = TransportAddress(.loopbackIPv4, port: 5_000, transport: .tcp)
            connection = StreamConnection(descriptors[0], remote: remote, slot: 0, at: Clock.now)
            far = descriptors[1]
        }

        deinit { Platform.close(far) }

        func write(_ bytes: some Collection<UInt8>) {
            let bytes = Array(bytes)
            let count = bytes.withUnsafeBytes { sendAll($0) }
            #expect(count == bytes.count)
        }

        private func sendAll(_ bytes: UnsafeRawBufferPointer) -> Int { send(far, bytes.baseAddress, bytes.count, 0) }

        /// All packets that are complete.
        func packets() -> [[UInt8]] {
            var result: [[UInt8]] = []
            while case .bytes(let mayBeMore) = connection.read() {
                while case .packet(let range) = connection.nextFrame() {
                    result.append(Array(connection.bytes(range)))
                }
                if !mayBeMore { break }
            }
            return result
        }

        /// What the far end gets, as far as it reads.
        func drain(_ limit: Int = .max) -> [UInt8] {
            var result: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while result.count < limit {
                let count = recv(far, &buffer, min(buffer.count, limit - result.count), 0)
                guard count > 0 else { break }
                result += buffer[..<count]
            }
            return result
        }

        func append(_ packet: [UInt8]) -> Bool { packet.withUnsafeBytes { connection.append($0) } }
    }

    @Test("puts packets together wherever they were cut")
    func everyBoundary() throws {
        let packets: [[UInt8]] = [Array(1...40), [], [7], Array(repeating: 9, count: 300)]
        let bytes = packets.flatMap(StreamClient.frame)
        for cut in 0...bytes.count {
            let ends = try Ends()
            ends.write(bytes[..<cut])
            let first = ends.packets()
            ends.write(bytes[cut...])
            #expect(first + ends.packets() == packets, "cut at \(cut)")
        }
        let ends = try Ends()
        var single: [[UInt8]] = []
        for byte in bytes {
            ends.write([byte])
            single += ends.packets()
        }
        #expect(single == packets)
    }

    @Test("takes packets of the largest size, and many at once")
    func many() throws {
        let ends = try Ends()
        let packets = (0..<30).map { [UInt8](repeating: $0, count: StreamConnection.maximumPacketSize) }
        ends.write(packets.flatMap(StreamClient.frame))
        #expect(ends.packets() == packets)
        #expect(ends.packets().isEmpty)
    }

    @Test("refuses a longer one as soon as its length is there")
    func tooLong() throws {
        let ends = try Ends()
        let length = StreamConnection.maximumPacketSize + 1
        ends.write([UInt8(length >> 8), UInt8(length & 255)])
        guard case .bytes = ends.connection.read(), case .tooLong = ends.connection.nextFrame() else {
            Issue.record("taken")
            return
        }
    }

    @Test("sends packets in their order and whole, also when the far end reads now and then")
    func slowReader() throws {
        let ends = try Ends()
        var taken: [[UInt8]] = []
        var bytes: [UInt8] = []
        var dropped = 0
        for number in 0..<4_000 {
            let packet = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 1_000 + number % 50)
            if ends.append(packet) { taken.append(packet) } else { dropped += 1 }
            if case .broken = ends.connection.flush() { Issue.record("broken") }
            if number % 3 == 0 { bytes += ends.drain(1_500) }
        }
        while true {
            let flushing = ends.connection.flush()
            bytes += ends.drain()
            if case .done = flushing { break }
        }
        bytes += ends.drain()
        #expect(dropped > 0)
        #expect(bytes == taken.flatMap(StreamClient.frame))
    }

    @Test("notices that the far end has gone, reading and writing")
    func gone() throws {
        let ends = try Ends()
        ends.write(StreamClient.frame([1, 2, 3]))
        shutdownBoth(ends.far)
        #expect(ends.packets() == [[1, 2, 3]])
        guard case .ended = ends.connection.read() else {
            Issue.record("goes on")
            return
        }
        #expect(ends.append([1]))
        guard case .broken = ends.connection.flush() else {
            Issue.record("goes on")
            return
        }
    }
}

private func shutdownBoth(_ descriptor: Int32) {
    #if canImport(Darwin)
        shutdown(descriptor, SHUT_RDWR)
    #else
        shutdown(descriptor, Int32(SHUT_RDWR))
    #endif
}
