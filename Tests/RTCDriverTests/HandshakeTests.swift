// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@testable import RTCDriver

@Suite("Handshakes beside packets", .timeLimit(.minutes(1)))
struct HandshakeTests {
    private static let source = TransportAddress(.loopbackIPv4, port: 9)

    private static func datagram(_ byte: UInt8, of slot: Int) -> HandshakeQueue.Waiting {
        HandshakeQueue.Waiting(peer: PeerID(slot: slot, generation: 1), source: source, bytes: [byte])
    }

    @Test("What waits goes on in the order in which it came")
    func order() {
        var queue = HandshakeQueue()
        var (next, expected) = (0, 0)
        for round in 1...300 {
            for _ in 0..<round % 7 {
                let hasRoom = queue.append(Self.datagram(UInt8(truncatingIfNeeded: next), of: next))
                #expect(hasRoom)
                next += 1
            }
            for _ in 0..<round % 5 {
                guard let first = queue.popFirst() else { break }
                #expect(first.bytes == [UInt8(truncatingIfNeeded: expected)])
                expected += 1
            }
            #expect(queue.count == next - expected)
        }
    }

    @Test("One peer has room for its flights, all together for a bounded number, and there is room again afterwards")
    func bounds() {
        var queue = HandshakeQueue()
        for number in 1...100 {
            let hasRoom = queue.append(Self.datagram(0, of: 0))
            #expect(hasRoom == (number <= HandshakeQueue.maximumPerPeer))
        }
        for slot in 1...10_000 { _ = queue.append(Self.datagram(0, of: slot)) }
        #expect(queue.count == HandshakeQueue.maximum)
        let first = (1...HandshakeQueue.maximumPerPeer).map { _ in queue.popFirst()?.peer.slot }
        #expect(first.allSatisfy { $0 == 0 })
        let hasRoomAgain = queue.append(Self.datagram(0, of: 0))
        #expect(hasRoomAgain)
        while queue.popFirst() != nil {}
        #expect(queue.count == 0 && queue.deadline == nil)
    }

    @Test("After a while of handshakes as much time is left to others")
    func share() {
        var queue = HandshakeQueue()
        let now = MonotonicTime(nanoseconds: 5_000_000_000)
        queue.rest(after: .milliseconds(3), at: now)
        #expect(queue.deadline == nil)
        _ = queue.append(Self.datagram(0, of: 0))
        #expect(queue.deadline == now + .milliseconds(3))
    }

    @Test("Fifty publishers that come at once all get through, and no packet of one that is there is lost")
    func burst() async throws {
        let ends = try await MediaWorker.start(.loopback)
        let gateway = try await MediaWorker.start(.loopback)
        let path = try await ForwardingPath(ends: ends, gateway: gateway)
        try await path.ingest.connected()
        try await path.egress.connected()
        let others = try await MediaWorker.start(.loopback)
        try await path.publish(2_000)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 1...50 {
                group.addTask { try await SessionPair(lite: gateway, controlling: others).connected() }
            }
            try await group.waitForAll()
        }
        await path.received.received(2_000)
        #expect(Set(path.received.numbers).count == 2_000 && path.received.damaged == 0)
        let handshakes = try await gateway.statistics().handshakes
        // Its own two, and those of the fifty.
        #expect(handshakes == HandshakeStatistics(completed: 52))
        for worker in [ends, gateway, others] { await worker.shutdown() }
    }
}

extension HandshakeStatistics {
    fileprivate init(completed: UInt64) {
        self.init()
        self.completed = completed
    }
}
