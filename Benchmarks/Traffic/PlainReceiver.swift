// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import CDatagram
internal import Foundation
internal import RTC
internal import RTCCrypto
internal import RTCDriver
internal import Synchronization

/// Receives what plain publishers sent, by way of a forwarder or directly, and checks it.
package final class PlainReceiver: Sendable {
    /// The ports that it listens at: one, or one for each consumer.
    package let ports: [UInt16]
    private let isStopping = Atomic(false)
    private let path: PlainPath
    private let log: DeliveryLog
    private let sockets: [LoopbackSocket]

    private static let slots = 64
    private static let slotSize = 2_048

    /// Opens the sockets.
    ///
    /// - Parameters:
    ///   - path: the publishers.
    ///   - log: where the packets are checked.
    /// - Throws: what keeps the sockets from being opened.
    package init(_ path: PlainPath, log: DeliveryLog) throws {
        sockets = try (0..<max(1, path.consumers.count)).map { _ in try LoopbackSocket() }
        ports = try sockets.map { try $0.bind() }
        self.path = path
        self.log = log
    }

    /// Ends `run`.
    package func stop() { isStopping.store(true, ordering: .relaxed) }

    /// Receives on a thread of its own until it is stopped.
    ///
    /// - Throws: what keeps it from beginning.
    package func run() async throws {
        try await onThread {
            let peers = try PlainPeers(self.path)
            let bytes = UnsafeMutableRawPointer.allocate(byteCount: Self.slots * Self.slotSize, alignment: 64)
            let vectors = UnsafeMutablePointer<iovec>.allocate(capacity: Self.slots)
            let messages = UnsafeMutablePointer<datagram_message>.allocate(capacity: Self.slots)
            for slot in 0..<Self.slots {
                (vectors + slot).initialize(to: iovec(iov_base: bytes + slot * Self.slotSize, iov_len: Self.slotSize))
                (messages + slot).initialize(to: datagram_message())
                messages[slot].header.msg_iov = vectors + slot
                messages[slot].header.msg_iovlen = 1
            }
            var entries = self.sockets.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
            while !self.isStopping.load(ordering: .relaxed) {
                guard poll(&entries, nfds_t(entries.count), 100) > 0 else { continue }
                for entry in entries where entry.revents != 0 {
                    let count = datagram_receive(entry.fd, messages, UInt32(Self.slots))
                    for slot in 0..<max(0, Int(count)) {
                        let datagram = UnsafeMutableRawBufferPointer(
                            start: bytes + slot * Self.slotSize,
                            count: Int(messages[slot].length)
                        )
                        peers.receive(datagram, log: self.log)
                    }
                }
            }
            bytes.deallocate()
            vectors.deallocate()
            messages.deallocate()
        }
    }
}

/// The sessions of a plain path's receiving end.
private final class PlainPeers {
    private final class Peer {
        var srtp: SRTPSession
        let viewer: Int

        init(_ material: SRTPKeyingMaterial, viewer: Int = 0) throws {
            srtp = try SRTPSession(material)
            self.viewer = viewer
        }
    }

    private var peers: [UInt32: Peer] = [:]

    init(_ path: PlainPath) throws {
        for publisher in path.publishers {
            let key = publisher.keyOut
            let peer = try Peer(SRTPKeyingMaterial(profile: path.profile, local: key, remote: key))
            for stream in publisher.streams { peers[stream.ssrcOut] = peer }
        }
        for (viewer, consumer) in path.consumers.enumerated() {
            let key = consumer.key
            let peer = try Peer(SRTPKeyingMaterial(profile: path.profile, local: key, remote: key), viewer: viewer)
            for stream in path.publishers.flatMap(\.streams) { peers[stream.ssrcOut + consumer.ssrcShift] = peer }
        }
    }

    /// Takes a datagram; what can't be read is missing in the log, and shows there.
    func receive(_ bytes: UnsafeMutableRawBufferPointer, log: DeliveryLog) {
        var datagram = bytes.mutableBytes
        guard let header = try? RTPHeader(parsing: datagram.bytes), let peer = peers[header.ssrc],
            let length = try? peer.srtp.unprotectRTP(&datagram, headerLength: header.headerLength),
            let payload = try? header.payloadRange(of: datagram.bytes.extracting(first: length))
        else { return }
        log.receive(header, payload: datagram.bytes.extracting(payload), viewer: peer.viewer)
    }
}
