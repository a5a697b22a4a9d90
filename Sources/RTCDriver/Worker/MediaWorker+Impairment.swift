// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import RTC

extension MediaSession {
    /// Lets things go wrong on the way of the session's datagrams.
    ///
    /// What waits when a cap is lifted goes its way at once.
    ///
    /// - Parameter impairment: what goes wrong from now on; `nil` for nothing any more.
    /// - Throws: `MediaWorkerError`.
    package func impair(_ impairment: Impairment?) async throws {
        try await worker.perform(on: id) { worker, peer in
            guard impairment != nil || peer.impaired != nil else { return }
            let path = peer.impaired ?? ImpairedPath()
            path.update(to: impairment ?? Impairment())
            peer.impaired = path
            worker.release(path, of: peer)
            if impairment == nil { peer.impaired = nil }
        }
    }

    /// What the session's impairment has done so far; `nil` where there is none.
    ///
    /// - Throws: `MediaWorkerError`.
    package func impairmentStatistics() async throws -> ImpairmentStatistics? {
        try await worker.perform(on: id) { _, peer in peer.impaired?.statistics }
    }
}

/// The hooks of impaired sessions; without an impairment each is one comparison.
extension MediaWorker {
    /// Whether a datagram from the peer reaches its session now.
    func admits(_ datagram: RawSpan, from source: TransportAddress, by peer: Peer) -> Bool {
        guard let path = peer.impaired, let first = datagram.first else { return true }
        let verdict = path.judgeIncoming(
            firstByte: first,
            count: datagram.byteCount,
            isSTUN: STUNMessage.isSTUN(datagram),
            at: now
        )
        if verdict == .wait {
            let local = peer.replyPath.flatMap { $0.remote == source ? $0.local : nil }
            path.incoming.append(ImpairedPath.Waiting(bytes: datagram.copied, remote: source, local: local))
            touch(peer)
        }
        return verdict == .pass
    }

    /// Whether the datagram in the reserved room leaves now.
    func emits(_ length: Int, from peer: Peer, to remote: TransportAddress) -> Bool {
        guard let path = peer.impaired, length > 0 else { return true }
        let room = unsafe UnsafeRawBufferPointer(rebasing: batch.reserve()[..<length])
        let datagram = unsafe room.bytes
        guard path.diverted == nil else {
            path.diverted?.append(ImpairedPath.Waiting(bytes: datagram.copied, remote: remote))
            return false
        }
        let verdict = path.judgeOutgoing(firstByte: datagram.first ?? 0, count: length, at: now)
        if verdict == .wait {
            path.outgoing.append(ImpairedPath.Waiting(bytes: datagram.copied, remote: remote))
            touch(peer)
        }
        return verdict == .pass
    }

    /// Lets the datagrams go their way whose turn has come.
    func release(_ path: ImpairedPath, of peer: Peer) {
        path.releasing = .incoming
        while var next = path.incoming.popReady(at: now) {
            unsafe next.bytes.withUnsafeMutableBytes { bytes in
                var datagram = unsafe bytes.mutableBytes
                if peer.socket == nil {
                    takeShared(&datagram, from: next.remote, to: next.local)
                } else {
                    _ = receive(&datagram, from: next.remote, by: peer)
                }
            }
        }
        path.releasing = .outgoing
        // What came in may have ended the session, and with it its lanes.
        while self.peer(peer.id) != nil, let next = path.outgoing.popReady(at: now) {
            let room = unsafe batch.reserve()
            unsafe next.bytes.withUnsafeBytes { unsafe room.copyMemory(from: $0) }
            commit(next.bytes.count, from: peer, to: next.remote)
        }
        path.releasing = nil
    }
}

extension RawSpan {
    fileprivate var first: UInt8? { byteCount > 0 ? byte(at: 0) : nil }

    fileprivate var copied: [UInt8] {
        unsafe withUnsafeBytes { unsafe [UInt8]($0) }
    }
}
