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

    @Test("What waits of one peer can be taken out alone, in its order")
    func onePeer() {
        var queue = HandshakeQueue()
        for number in UInt8(0)..<9 { _ = queue.append(Self.datagram(number, of: Int(number % 3))) }
        _ = queue.popFirst()
        #expect(queue.isWaiting(PeerID(slot: 1, generation: 1)))
        #expect(queue.remove(of: PeerID(slot: 1, generation: 1)).map(\.bytes) == [[1], [4], [7]])
        #expect(!queue.isWaiting(PeerID(slot: 1, generation: 1)))
        var left: [[UInt8]] = []
        while let datagram = queue.popFirst() { left.append(datagram.bytes) }
        #expect(left == [[2], [3], [5], [6], [8]])
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

    @Test("Media that comes right behind the last message of a handshake is taken after it, not dropped")
    func mediaBehindTheHandshake() async throws {
        let servers = try await MediaWorker.start(.loopback)
        let clients = try await MediaWorker.start(.loopback)
        try await withThrowingTaskGroup(of: [Int].self) { group in
            for _ in 0..<30 {
                group.addTask {
                    let pair = try await SessionPair(lite: servers, controlling: clients, isSecuredLater: true)
                    let (receive, send) = SessionPair.track(payloadType: 96, ssrc: 77)
                    let stream = try await pair.lite.addSendStream(send)
                    let track = try await pair.controlling.addReceiveTrack(receive)
                    let (sent, arrived) = (CountingSource.Record(), CountingSink.Record())
                    try await pair.controlling.setSink(for: track) { CountingSink(record: arrived) }
                    // The server has keys before its client does.
                    try await pair.lite.setSource(for: stream) {
                        CountingSource(payloadType: 96, limit: 20, record: sent, arrivals: arrived)
                    }
                    try await pair.secure()
                    try await arrived.received(20)
                    return arrived.numbers
                }
            }
            for try await numbers in group { #expect(numbers == Array(0..<20)) }
        }
        let drops = try await clients.statistics().drops
        #expect(drops.isEmpty)
        for worker in [servers, clients] { await worker.shutdown() }
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
        try await path.received.received(2_000)
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
