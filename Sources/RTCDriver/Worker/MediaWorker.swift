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
/// public-key arithmetic, about 0.55 ms: handshakes wait until packets have left, and have a part of the time only.
package final class MediaWorker {
    /// The poller's tokens: below `firstPeer` the worker's own descriptors, then a peer's socket by its slot; below zero
    /// a TCP connection by its slot; far above all of them a relay's socket by its place.
    enum Token {
        static let mailbox = 0
        static let sharedIPv4 = 1
        static let sharedIPv6 = 2
        static let listenerIPv4 = 3
        static let listenerIPv6 = 4
        static let firstPeer = 16
        static let firstRelay = 1 << 32

        /// The token of a TCP connection, and the other way round.
        static func stream(_ slot: Int) -> Int { -1 - slot }
    }

    let configuration: MediaWorkerConfiguration
    let mailbox: Mailbox<MediaWorker>
    let batch: DatagramBatch
    let poller: Poller
    /// The sockets of the shared port.
    let sharedIPv4: DatagramSocket?
    let sharedIPv6: DatagramSocket?
    /// The sockets that take TCP connections to it.
    let listeners: (ipv4: StreamListener?, ipv6: StreamListener?)
    /// What candidates are made of.
    let port: SharedPort
    /// How many sessions are open, for the choice among workers.
    let load: LoadGauge

    var peers: [Peer?] = []
    var freeSlots: [Int] = []
    var nextGeneration: UInt64 = 1
    var nextForwarding: UInt64 = 1
    var multiplexer = PortMultiplexer()
    var deadlines = DeadlineQueue()
    /// What records packets of sessions.
    var taps: [PacketTap] = []
    /// What waits until packets have left.
    var handshakes = HandshakeQueue()
    var streams = StreamTable()
    /// The sockets by which sessions speak to TURN servers.
    var relaySockets = RelaySockets()
    /// When a TCP connection has had its time, by its slot.
    var streamDeadlines = DeadlineQueue()
    /// When connections are taken again, after the system had no descriptor for one.
    var listeningResumes: MonotonicTime?
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
        listeners = (shared.ipv4Listener, shared.ipv6Listener)
        port = shared.port
        try poller.add(mailbox.wakeUp.readEnd, token: Token.mailbox)
        if let sharedIPv4 { try poller.add(sharedIPv4.descriptor, token: Token.sharedIPv4) }
        if let sharedIPv6 { try poller.add(sharedIPv6.descriptor, token: Token.sharedIPv6) }
        try listen()
    }

    /// The peer with this name, unless its session has ended.
    func peer(_ id: PeerID) -> Peer? {
        guard id.slot < peers.count, let peer = peers[id.slot], peer.id == id, !peer.isRetired else { return nil }
        return peer
    }

    /// Sees to it that a peer is drained before the next wait.
    func touch(_ peer: Peer) {
        guard !peer.isDirty else { return }
        peer.isDirty = true
        dirty.append(peer.id.slot)
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
