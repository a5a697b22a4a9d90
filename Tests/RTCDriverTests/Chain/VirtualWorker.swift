// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCTesting

@testable import RTCDriver

/// A media worker in virtual time: the very code that a gateway or an SFU runs, with simulated links for its sockets.
final class VirtualWorker {
    /// The worker; its sockets carry nothing.
    let worker: MediaWorker

    /// Makes a worker.
    ///
    /// - Parameter start: the moment it begins, later than any clock of the machine stands.
    /// - Throws: `SocketError`.
    init(at start: MonotonicTime) throws {
        var configuration = MediaWorkerConfiguration(address: .loopbackIPv4, port: 0)
        configuration.receiveOffload = false
        worker = try MediaWorker(configuration, mailbox: Mailbox(), load: LoadGauge())
        worker.now = start
    }

    /// Opens a session that a simulated network carries.
    ///
    /// - Parameters:
    ///   - configuration: what it is made from.
    ///   - address: where its peer sees it.
    /// - Returns: the session.
    /// - Throws: `MediaWorkerError`.
    func open(_ configuration: SessionConfiguration, at address: TransportAddress) throws -> VirtualSession {
        let opened = try worker.open(configuration)
        guard let peer = worker.peer(opened.id) else { throw MediaWorkerError.sessionEnded }
        let path = ImpairedPath()
        path.diverted = []
        peer.impaired = path
        return VirtualSession(peer, of: worker, events: opened.events, path: path, at: address)
    }

    /// When something has to be done without anything coming in.
    var deadline: MonotonicTime? { worker.earliestDeadline }

    /// Does what the worker does after it has taken what came.
    func turn(at now: MonotonicTime) {
        worker.now = max(worker.now, now)
        worker.finishTurn()
    }
}

/// A session of a worker in virtual time.
final class VirtualSession: ChainEnd {
    /// The session with its ways, as the worker has it.
    let peer: Peer
    let address: TransportAddress
    let worker: MediaWorker
    private let events: AsyncStream<SessionEvent>
    private let path: ImpairedPath

    fileprivate init(
        _ peer: Peer,
        of worker: MediaWorker,
        events: AsyncStream<SessionEvent>,
        path: ImpairedPath,
        at address: TransportAddress
    ) {
        self.peer = peer
        self.worker = worker
        self.events = events
        self.path = path
        self.address = address
    }

    func takeOutbox() -> [SimulatedLink.Datagram] {
        defer { path.diverted = [] }
        return (path.diverted ?? []).map {
            SimulatedLink.Datagram(source: address, destination: $0.remote, bytes: $0.bytes)
        }
    }

    func receive(_ datagram: SimulatedLink.Datagram, at now: MonotonicTime) {
        worker.now = max(worker.now, now)
        var bytes = datagram.bytes
        var span = bytes.mutableSpan
        var raw = span.mutableBytes
        if peer.socket == nil {
            worker.takeShared(&raw, from: datagram.source, to: nil)
        } else {
            _ = worker.receive(&raw, from: datagram.source, by: peer)
        }
    }

    /// Lets packets of a track go to a stream of another session of the worker.
    ///
    /// - Throws: `MediaWorkerError`.
    func forward(
        _ track: TrackIndex,
        _ layer: LayerPolicy,
        to destination: VirtualSession,
        stream: SendStreamIndex,
        _ configuration: ForwardingConfiguration
    ) throws {
        let request = ForwardingRequest(
            source: peer.id,
            track: track,
            layer: layer,
            destination: destination.peer.id,
            stream: stream,
            configuration: configuration
        )
        _ = try worker.startForwarding(request)
        worker.touch(destination.peer)
        worker.touch(peer)
    }

    /// Lets a source make the packets of a stream.
    func setSource(for stream: SendStreamIndex, _ source: any MediaSource) {
        peer.sources.append(SourceSlot(stream: stream, source: source))
        worker.pullSources(of: peer)
        worker.touch(peer)
    }

    /// Ends the session.
    ///
    /// - Returns: what its owner has been told of its layers.
    func end() async -> [LayerReport] {
        peer.session.close(at: worker.now)
        worker.drain(peer)
        var reports: [LayerReport] = []
        for await case .layers(let report) in events { reports.append(report) }
        return reports
    }
}
