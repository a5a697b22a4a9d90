// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import RTC

/// One thread with everything it needs to carry media: sockets, sessions and the ways between them.
///
/// Nothing of it is shared. It is made on its thread and lives there; others reach it through `Handle`, whose jobs run
/// between two waits. One turn of the loop waits for the earliest deadline or the first datagram, does the jobs, takes
/// what has come in batches, lets due sessions act, drains those that changed, and sends everything in one flush.
///
/// No lock, allocation or `await` is on the way of a packet. The one long thing on this thread is a DTLS handshake's
/// public-key arithmetic, about 0.55 ms; the keys leave `Session` by value, so handshakes can move to a thread of their
/// own without a change here.
package final class MediaWorker {
    /// The poller's tokens: below `firstPeerToken` the worker's own descriptors, then a peer's socket by its slot.
    enum Token {
        static let mailbox = 0
        static let sharedIPv4 = 1
        static let sharedIPv6 = 2
        static let firstPeer = 16
    }

    let configuration: MediaWorkerConfiguration
    let mailbox: Mailbox<MediaWorker>
    let batch: DatagramBatch
    let poller: Poller
    /// The sockets of the shared port.
    let sharedIPv4: DatagramSocket?
    let sharedIPv6: DatagramSocket?
    /// The addresses that candidates name.
    let announced: [IPAddress]
    /// How many sessions are open, for the choice among workers.
    let load: LoadGauge

    var peers: [Peer?] = []
    var freeSlots: [Int] = []
    var nextGeneration: UInt64 = 1
    var nextForwarding: UInt64 = 1
    var multiplexer = PortMultiplexer()
    var deadlines = DeadlineQueue()
    /// The slots of peers to be drained before the next wait.
    var dirty: [Int] = []
    var ready: [Int] = []
    /// The moment of this turn.
    var now = Clock.now
    var isStopping = false
    var statistics = MediaWorkerStatistics()
    /// Where sources write their payloads.
    let scratch: ScratchBuffer

    /// Opens the shared port; to be called on the worker's thread.
    init(
        _ configuration: MediaWorkerConfiguration,
        mailbox: Mailbox<MediaWorker>,
        load: LoadGauge
    ) throws(SocketError) {
        self.configuration = configuration
        self.mailbox = mailbox
        self.load = load
        batch = DatagramBatch(configuration.batch)
        poller = try Poller(usesPortableCalls: configuration.usesPortableCalls)
        scratch = ScratchBuffer()
        let shared = try SharedSockets(configuration)
        sharedIPv4 = shared.ipv4
        sharedIPv6 = shared.ipv6
        announced = configuration.announced.filter { $0.isIPv4 ? shared.ipv4 != nil : shared.ipv6 != nil }
        try poller.add(mailbox.wakeUp.readEnd, token: Token.mailbox)
        if let sharedIPv4 { try poller.add(sharedIPv4.descriptor, token: Token.sharedIPv4) }
        if let sharedIPv6 { try poller.add(sharedIPv6.descriptor, token: Token.sharedIPv6) }
    }

    /// The shared port.
    var port: UInt16 { (sharedIPv4 ?? sharedIPv6)?.localAddress.port ?? 0 }

    /// The candidates of a port on the announced addresses, best first.
    func candidates(port: UInt16) -> [ICECandidate] {
        announced.enumerated().map { index, address in
            ICECandidate(
                host: TransportAddress(address, port: port),
                localPreference: UInt16.max - UInt16(truncatingIfNeeded: index)
            )
        }
    }

    /// The peer with this name, unless it has ended.
    func peer(_ id: PeerID) -> Peer? {
        guard id.slot < peers.count, let peer = peers[id.slot], peer.id == id else { return nil }
        return peer
    }

    /// Sees to it that a peer is drained before the next wait.
    func touch(_ peer: Peer) {
        guard !peer.isDirty else { return }
        peer.isDirty = true
        dirty.append(peer.id.slot)
    }
}

/// The sockets of the shared port: one for IPv4, one for IPv6 where the machine has it.
struct SharedSockets {
    var ipv4: DatagramSocket?
    var ipv6: DatagramSocket?

    /// Another port is tried this often when any will do.
    private static let attempts = 16

    init(_ configuration: MediaWorkerConfiguration) throws(SocketError) {
        var options = configuration.socketOptions
        options.packetInfo = true
        options.receiveOffload = configuration.coalescesReceived
        guard configuration.address.isIPv4 else {
            let address = TransportAddress(configuration.address, port: configuration.port)
            ipv6 = try DatagramSocket(bindingTo: address, options: options)
            return
        }
        let wantsIPv6 = configuration.address == .anyIPv4 && configuration.announced.contains { !$0.isIPv4 }
        for attempt in 1...Self.attempts {
            let address = TransportAddress(configuration.address, port: configuration.port)
            let first = try DatagramSocket(bindingTo: address, options: options)
            ipv4 = first
            guard wantsIPv6 else { return }
            do throws(SocketError) {
                let any = TransportAddress(IPAddress(high: 0, low: 0), port: first.localAddress.port)
                ipv6 = try DatagramSocket(bindingTo: any, options: options)
                return
            } catch {
                guard error.isAddressInUse else { return }
                if configuration.port != 0 || attempt == Self.attempts { throw error }
            }
        }
    }
}

/// Room for one payload of a source.
///
/// Safe because the allocation lives as long as the buffer and is handed out with its size.
@safe
final class ScratchBuffer {
    static let size = 1_900
    let bytes: UnsafeMutableRawBufferPointer

    init() {
        unsafe bytes = .allocate(byteCount: Self.size, alignment: 16)
        unsafe bytes.initializeMemory(as: UInt8.self, repeating: 0)
    }

    deinit { unsafe bytes.deallocate() }
}
