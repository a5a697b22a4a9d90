// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import CDatagram
internal import RTC

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// The memory that datagrams are received into and sent from, allocated once, and the calls that move them.
///
/// Receiving fills the slots from one socket at a time; they are valid until the next `receive(from:)`. Sending
/// collects packets in a slab, each on a *lane*: the packets of a lane leave in the order they were committed, and
/// `flush()` makes one system call for all lanes of a socket. Packets of a lane that follow each other to one
/// destination and are of equal size leave as one send, which the kernel splits (UDP_SEGMENT).
///
/// Safe because every pointer stays inside allocations that live as long as the batch, and every index is bounded by
/// their capacities.
@safe
final class DatagramBatch {
    /// How much memory there is, and which calls move it.
    struct Configuration: Sendable {
        /// Datagrams received in one call.
        var receiveSlots = 64
        /// The longest datagram that is received.
        var receiveSlotSize = 2048
        /// Packets that fit between two flushes.
        var sendCapacity = 1024
        /// The longest packet that is sent.
        var sendPacketSize = 2048
        /// Bytes of all packets between two flushes.
        var sendSlabSize = 1 << 20
        /// Whether to use `recvmsg` and `sendmsg` one at a time, as on systems without the calls for many.
        var usesPortableCalls = Platform.hasOnlyPortableCalls
    }

    /// A packet that waits in the slab.
    struct QueuedPacket {
        var remote: TransportAddress
        var local: IPAddress?
        var offset: Int
        var length: Int
        /// The next packet of the lane, or −1.
        var next: Int
    }

    /// The packets of one sender in their order.
    struct Lane {
        var socket: DatagramSocket?
        var first = -1
        var last = -1
        /// The next lane of the socket with packets, or −1.
        var next = -1
    }

    /// A socket with packets to send, and the chain of its lanes.
    struct PendingSocket {
        var socket: DatagramSocket
        var firstLane: Int
        var lastLane: Int
    }

    let configuration: Configuration
    var statistics = DatagramStatistics()

    let receiveBytes: UnsafeMutableRawPointer
    let receiveStride: Int
    let receiveVectors: UnsafeMutablePointer<iovec>
    let receiveMessages: UnsafeMutablePointer<datagram_message>
    let receiveNames: UnsafeMutablePointer<SocketName>
    let receiveControls: UnsafeMutableRawPointer
    var receivedCount = 0

    let slab: UnsafeMutableRawPointer
    var slabUsed = 0
    let packets: UnsafeMutablePointer<QueuedPacket>
    var packetCount = 0
    var lanes: [Lane] = []
    var freeLanes: [Int] = []
    var pendingSockets: [PendingSocket] = []
    /// Connected sockets whose peers' ports turned out to be closed, each once.
    private var refusedSockets: [DatagramSocket] = []

    /// The packets of the socket being flushed, in sending order.
    let order: UnsafeMutablePointer<Int>
    let sendVectors: UnsafeMutablePointer<iovec>
    let sendMessages: UnsafeMutablePointer<datagram_message>
    let sendNames: UnsafeMutablePointer<SocketName>
    let sendControls: UnsafeMutableRawPointer

    static let controlSize = Int(DATAGRAM_CONTROL_CAPACITY)

    /// Allocates the memory.
    init(_ configuration: Configuration = Configuration()) {
        self.configuration = configuration
        let slots = configuration.receiveSlots
        let capacity = configuration.sendCapacity
        // A little more than the size, so that the starts of large slots do not share one cache set.
        receiveStride = configuration.receiveSlotSize + (configuration.receiveSlotSize > 4096 ? 1088 : 0)
        unsafe receiveBytes = .allocate(byteCount: slots * receiveStride, alignment: 64)
        unsafe receiveVectors = .allocate(capacity: slots)
        unsafe receiveMessages = .allocate(capacity: slots)
        unsafe receiveNames = .allocate(capacity: slots)
        unsafe receiveControls = .allocate(byteCount: slots * Self.controlSize, alignment: 16)
        unsafe slab = .allocate(byteCount: configuration.sendSlabSize, alignment: 64)
        unsafe packets = .allocate(capacity: capacity)
        unsafe order = .allocate(capacity: capacity)
        unsafe sendVectors = .allocate(capacity: capacity)
        unsafe sendMessages = .allocate(capacity: capacity)
        unsafe sendNames = .allocate(capacity: capacity)
        unsafe sendControls = .allocate(byteCount: capacity * Self.controlSize, alignment: 16)
        unsafe receiveVectors.initialize(repeating: iovec(), count: slots)
        unsafe receiveMessages.initialize(repeating: datagram_message(), count: slots)
        unsafe receiveNames.initialize(repeating: SocketName(), count: slots)
        unsafe sendVectors.initialize(repeating: iovec(), count: capacity)
        unsafe sendMessages.initialize(repeating: datagram_message(), count: capacity)
        unsafe sendNames.initialize(repeating: SocketName(), count: capacity)
        unsafe receiveBytes.initializeMemory(as: UInt8.self, repeating: 0, count: slots * receiveStride)
        unsafe slab.initializeMemory(as: UInt8.self, repeating: 0, count: configuration.sendSlabSize)
        prepareReceiveSlots()
    }

    /// Notes that the system says that no way leads to a socket's peer: the address it was connected from may have gone.
    func noteLostRoute(on socket: DatagramSocket) {
        socket.hasLostRoute = true
        noteRefusal(on: socket)
    }

    /// Notes that the system says that the port of a socket's peer is closed.
    func noteRefusal(on socket: DatagramSocket) {
        statistics.refused += 1
        guard !socket.isRefused else { return }
        socket.isRefused = true
        refusedSockets.append(socket)
    }

    /// The next socket of which that was noted.
    func nextRefused() -> DatagramSocket? {
        let socket = refusedSockets.popLast()
        socket?.isRefused = false
        return socket
    }

    deinit {
        unsafe receiveBytes.deallocate()
        unsafe receiveVectors.deallocate()
        unsafe receiveMessages.deallocate()
        unsafe receiveNames.deallocate()
        unsafe receiveControls.deallocate()
        unsafe slab.deallocate()
        unsafe packets.deallocate()
        unsafe order.deallocate()
        unsafe sendVectors.deallocate()
        unsafe sendMessages.deallocate()
        unsafe sendNames.deallocate()
        unsafe sendControls.deallocate()
    }
}
