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

@Suite("A batch of datagrams")
struct DatagramBatchTests {
    @Test("arrives complete, in order and with its sizes, whatever runs it left in", arguments: [false, true])
    func sizesAndOrder(portable: Bool) throws {
        let fixture = try DatagramFixture(portable: portable)
        fixture.sender.connect(to: fixture.destination)
        let sizes = [1200, 1200, 1200, 700, 1200, 40, 40, 41, 1, 0, 1452, 1453, 1453]
        for (index, size) in sizes.enumerated() { fixture.queue(UInt8(index), size: size) }
        fixture.batch.flush()
        let expected = sizes.enumerated().map { DatagramFixture.Arrival($1 == 0 ? 0 : UInt8($0), size: $1) }
        #expect(fixture.receive(sizes.count) == expected)
        #expect(fixture.batch.statistics.packetsSent == UInt64(sizes.count))
        #expect(fixture.batch.statistics.bytesSent == UInt64(sizes.reduce(0, +)))
        #expect(fixture.batch.statistics.packetsReceived == UInt64(sizes.count))
    }

    #if os(Linux)
        @Test("leaves in one call, and equal sizes in one send that the kernel splits")
        func oneCallPerFlush() throws {
            let fixture = try DatagramFixture()
            fixture.sender.connect(to: fixture.destination)
            for index in 0..<8 { fixture.queue(UInt8(index), size: index < 7 ? 1000 : 300) }
            for index in 8..<10 { fixture.queue(UInt8(index), size: 500) }
            fixture.batch.flush()
            #expect(fixture.receive(10).map(\.byte) == Array(0..<10))
            #expect(fixture.batch.statistics.sendCalls == 1)
            #expect(fixture.batch.statistics.segmentedSends == 2)
            #expect(fixture.batch.statistics.segments == 10)
        }

        @Test("splits a run where the kernel takes no more", arguments: [(200, 64), (1_400, 46)])
        func runLimits(size: Int, mostPerSend: Int) throws {
            let fixture = try DatagramFixture()
            for index in 0..<100 { fixture.queue(UInt8(index), size: size) }
            fixture.batch.flush()
            #expect(fixture.receive(100).map(\.byte) == (0..<100).map { UInt8($0) })
            let sends = (100 + mostPerSend - 1) / mostPerSend
            #expect(fixture.batch.statistics.segmentedSends == UInt64(sends))
            #expect(fixture.batch.statistics.segmentationFailures == 0)
        }

        @Test("loses nothing when the system refuses to split a send, and stops asking on that socket")
        func segmentationRefused() throws {
            let fixture = try DatagramFixture()
            // Without checksums the kernel takes no send to be split.
            var on: Int32 = 1
            setsockopt(fixture.sender.descriptor, SOL_SOCKET, SO_NO_CHECK, &on, socklen_t(MemoryLayout<Int32>.size))
            for index in 0..<6 { fixture.queue(UInt8(index), size: index == 0 ? 100 : 900) }
            fixture.batch.flush()
            #expect(fixture.receive(6).map(\.byte) == Array(0..<6))
            #expect(fixture.batch.statistics.segmentationFailures == 1)
            #expect(!fixture.sender.canSegment)
            for index in 0..<3 { fixture.queue(UInt8(index), size: 900) }
            fixture.batch.flush()
            #expect(fixture.receive(3).count == 3)
            #expect(fixture.batch.statistics.segmentationFailures == 1)
        }

        @Test("is taken apart where the kernel handed several over as one")
        func receiveOffload() throws {
            let fixture = try DatagramFixture(receiveOffload: true)
            for index in 0..<5 { fixture.queue(UInt8(index), size: index < 4 ? 1_100 : 77) }
            fixture.batch.flush()
            let expected = (0..<5).map { DatagramFixture.Arrival(UInt8($0), size: $0 < 4 ? 1_100 : 77) }
            #expect(fixture.receive(5) == expected)
            #expect(fixture.batch.statistics.packetsReceived == 5)
        }

        @Test("leaves from the address that its message came to", arguments: [false, true])
        func localAddress(portable: Bool) throws {
            let fixture = try DatagramFixture(portable: portable)
            let second = IPAddress(ipv4: 0x7f00_0002)
            fixture.queue(1, size: 10, to: TransportAddress(second, port: fixture.destination.port))
            fixture.batch.flush()
            let question = try #require(fixture.receive(1).first)
            #expect(question.local == second)
            let answers = fixture.batch.addLane(on: fixture.receiver)
            fixture.queue(2, size: 10, on: answers, to: question.source, from: question.local)
            fixture.batch.flush()
            let answer = try #require(fixture.receive(1, from: fixture.sender).first)
            #expect(answer.source == TransportAddress(second, port: fixture.destination.port))
        }
    #endif

    @Test("goes elsewhere from a connected socket, which lets its peer go where it has to", arguments: [false, true])
    func elsewhere(portable: Bool) throws {
        let fixture = try DatagramFixture(portable: portable)
        let other = try DatagramSocket(bindingTo: DatagramFixture.anyLoopbackPort, options: .init())
        fixture.queue(1, size: 100, to: other.localAddress)
        fixture.sender.connect(to: fixture.destination)
        fixture.queue(2, size: 100)
        fixture.batch.flush()
        #expect(fixture.receive(1).map(\.byte) == [2])
        #expect(fixture.batch.receive(from: other) == 1)
        // A named destination on a connected socket is EISCONN on systems other than Linux.
        #expect((fixture.sender.connectedPeer == nil) == portable)
        #expect(fixture.batch.statistics.droppedSendError == 0)
    }

    @Test("keeps the order of each lane and mixes no destinations", arguments: [false, true])
    func lanes(portable: Bool) throws {
        let fixture = try DatagramFixture(portable: portable)
        let other = fixture.batch.addLane(on: fixture.sender)
        for index in 0..<6 { fixture.queue(UInt8(index), size: 100, on: index % 2 == 0 ? fixture.lane : other) }
        fixture.batch.flush()
        #expect(fixture.receive(6).map(\.byte) == [0, 2, 4, 1, 3, 5])
        fixture.batch.removeLane(other)
        #expect(fixture.batch.addLane(on: fixture.sender) == other)
    }

    @Test("flushes by itself when the slab is full", arguments: [false, true])
    func fullSlab(portable: Bool) throws {
        let fixture = try DatagramFixture(portable: portable)
        let received = try (0..<3).flatMap { _ in
            for index in 0..<400 { fixture.queue(UInt8(truncatingIfNeeded: index), size: 1_300) }
            fixture.batch.flush()
            let arrivals = fixture.receive(400)
            try #require(arrivals.count == 400)
            return arrivals
        }
        #expect(received.count == 1_200)
    }

    @Test("drops and counts a datagram that does not fit a slot", arguments: [false, true])
    func truncated(portable: Bool) throws {
        let fixture = try DatagramFixture(portable: portable, segmentation: false)
        for _ in 0..<2 { fixture.queue(1, size: 2_048) }
        fixture.batch.flush()
        #expect(fixture.receive(2).count == 2)
        let big = [UInt8](repeating: 7, count: 3_000)
        fixture.sender.connect(to: fixture.destination)
        #expect(send(fixture.sender.descriptor, big, big.count, 0) == big.count)
        fixture.queue(9, size: 10)
        fixture.batch.flush()
        #expect(fixture.receive(1).map(\.byte) == [9])
        #expect(fixture.batch.statistics.truncated == 1)
    }

    @Test("survives a peer whose port is closed", arguments: [false, true])
    func refused(portable: Bool) throws {
        let fixture = try DatagramFixture(portable: portable)
        let closed = try DatagramSocket(bindingTo: DatagramFixture.anyLoopbackPort, options: .init()).localAddress
        fixture.sender.connect(to: closed)
        for _ in 0..<3 {
            fixture.queue(1, size: 100, to: closed)
            fixture.batch.flush()
        }
        #expect(fixture.batch.statistics.refused > 0)
        fixture.sender.connect(to: fixture.destination)
        fixture.queue(2, size: 100)
        fixture.batch.flush()
        #expect(fixture.receive(1).map(\.byte) == [2])
    }
}
