// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@testable import RTCDriver

/// Two sockets on the loopback interface and a batch to move datagrams with.
final class DatagramFixture {
    let batch: DatagramBatch
    let sender: DatagramSocket
    let receiver: DatagramSocket
    let lane: Int
    private let poller: Poller

    init(portable: Bool = false, receiveOffload: Bool = false, segmentation: Bool = true) throws {
        var configuration = DatagramBatch.Configuration()
        configuration.usesPortableCalls = portable
        if receiveOffload { configuration.receiveSlotSize = 65_536 }
        batch = DatagramBatch(configuration)
        var options = DatagramSocketOptions()
        options.segmentationOffload = segmentation
        sender = try DatagramSocket(bindingTo: Self.anyLoopbackPort, options: options)
        options.receiveOffload = receiveOffload
        options.packetInfo = true
        receiver = try DatagramSocket(bindingTo: TransportAddress(.anyIPv4, port: 0), options: options)
        lane = batch.addLane(on: sender)
        poller = try Poller(usesPortableCalls: portable)
        try poller.add(receiver.descriptor, token: 1)
        try poller.add(sender.descriptor, token: 2)
    }

    static let anyLoopbackPort = TransportAddress(.loopbackIPv4, port: 0)

    /// Where the receiver listens.
    var destination: TransportAddress { TransportAddress(.loopbackIPv4, port: receiver.localAddress.port) }

    /// Puts a packet of one repeated byte on a lane.
    func queue(
        _ byte: UInt8,
        size: Int,
        on lane: Int? = nil,
        to remote: TransportAddress? = nil,
        from: IPAddress? = nil
    ) {
        let room = batch.reserve()
        for index in 0..<size { room[index] = byte }
        batch.commit(size, on: lane ?? self.lane, to: remote ?? destination, from: from)
    }

    /// A datagram as it arrived.
    struct Arrival: Equatable {
        var byte: UInt8
        var size: Int
        var source: TransportAddress
        var local: IPAddress?

        static func == (left: Arrival, right: Arrival) -> Bool { left.byte == right.byte && left.size == right.size }

        init(_ byte: UInt8, size: Int, source: TransportAddress = anyLoopbackPort, local: IPAddress? = nil) {
            self.byte = byte
            self.size = size
            self.source = source
            self.local = local
        }
    }

    /// Receives until `count` datagrams have come, or nothing has for five seconds.
    func receive(_ count: Int, from socket: DatagramSocket? = nil) -> [Arrival] {
        var arrivals: [Arrival] = []
        var ready: [Int] = []
        while arrivals.count < count {
            poller.wait(milliseconds: 5_000, ready: &ready)
            guard !ready.isEmpty else { break }
            for index in 0..<batch.receive(from: socket ?? receiver) {
                guard let message = batch.message(at: index) else { continue }
                for start in stride(from: 0, to: max(message.bytes.count, 1), by: max(message.segmentSize, 1)) {
                    let size = min(message.segmentSize, message.bytes.count - start)
                    let byte = size > 0 ? message.bytes[start] : 0
                    arrivals.append(Arrival(byte, size: size, source: message.source, local: message.local))
                }
            }
        }
        return arrivals
    }
}
