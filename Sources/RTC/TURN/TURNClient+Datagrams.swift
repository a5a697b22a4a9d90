// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Datagrams from and to peers.
extension TURNClient {
    /// What became of a message from the server.
    package enum Received: Hashable, Sendable {
        /// It was for the client itself.
        case consumed
        /// It carries a datagram of a peer, at this place.
        case data(Range<Int>, from: TransportAddress)
        /// It is none, or none that anybody asked for.
        case ignored
    }

    /// The size of a channel's header (RFC 8656 §12.4).
    package static let channelHeaderSize = 4
    /// The most that is put before a datagram.
    package static let maximumOverhead = 48

    /// Takes a message from the server.
    ///
    /// - Parameters:
    ///   - datagram: one message; over TCP what comes behind it is padding.
    ///   - now: when it came.
    /// - Returns: what became of it.
    package mutating func receive(_ datagram: RawSpan, at now: MonotonicTime) -> Received {
        self.now = max(self.now, now)
        guard datagram.byteCount >= Self.channelHeaderSize else { return .ignored }
        if datagram.byte(at: 0) >> 6 == 1 { return receiveChannelData(datagram) }
        guard !isEnded, let message = try? STUNMessage(parsing: datagram) else { return .ignored }
        switch message.messageClass {
        case .success: return takeSuccess(message, in: datagram) ? .consumed : .ignored
        case .error: return takeRefusal(message, in: datagram) ? .consumed : .ignored
        case .indication: return receiveIndication(message)
        case .request: return .ignored
        }
    }

    private mutating func receiveChannelData(_ datagram: RawSpan) -> Received {
        let (channel, length) = (datagram.uint16(at: 0), Int(datagram.uint16(at: 2)))
        guard length <= datagram.byteCount - Self.channelHeaderSize,
            let peer = peers.first(where: { $0.channel == channel })
        else { return .ignored }
        refusedSince = nil
        return .data(Self.channelHeaderSize..<Self.channelHeaderSize + length, from: peer.address)
    }

    private mutating func receiveIndication(_ message: STUNMessage) -> Received {
        guard message.method == STUNMessage.data, let data = message.data, var address = message.peerAddress else {
            return .ignored
        }
        address.transport = .relayed
        // From whom nothing is expected nothing is taken; the server has permissions for the same reason.
        guard peers.contains(where: { $0.address.ip == address.ip }) else { return .ignored }
        refusedSince = nil
        return .data(data, from: address)
    }

    // MARK: Sending

    /// Puts a datagram for a peer into the message that takes it there.
    ///
    /// The first one to a peer asks the server for its permission, unless `expect` has; it should travel behind that.
    ///
    /// - Parameters:
    ///   - buffer: the datagram at its beginning, with room for `maximumOverhead` bytes more and for padding.
    ///   - length: the length of the datagram.
    ///   - peer: whom it is for.
    ///   - now: the present moment.
    /// - Returns: the length of the message; `nil` where there is no way to the peer.
    package mutating func wrap(
        _ buffer: inout MutableRawSpan,
        length: Int,
        to peer: TransportAddress,
        at now: MonotonicTime
    ) -> Int? {
        self.now = max(self.now, now)
        guard case .allocated = state, let index = self.index(of: peer), !peers[index].isRefused else { return nil }
        peers[index].lastUse = self.now
        return peers[index].isBound
            ? wrapInChannel(&buffer, length: length, channel: peers[index].channel)
            : wrapInIndication(&buffer, length: length, to: peer)
    }

    private func wrapInChannel(_ buffer: inout MutableRawSpan, length: Int, channel: UInt16) -> Int? {
        // RFC 8656 §12.5: padded to four bytes over TCP, not over UDP.
        let padding = isReliable ? -length & 3 : 0
        let total = Self.channelHeaderSize + length + padding
        guard total <= buffer.byteCount, length <= UInt16.max else { return nil }
        buffer.move(length, to: Self.channelHeaderSize)
        buffer.setUInt16(channel, at: 0)
        buffer.setUInt16(UInt16(length), at: 2)
        for offset in 0..<padding { buffer.setByte(0, at: total - 1 - offset) }
        return total
    }

    private mutating func wrapInIndication(
        _ buffer: inout MutableRawSpan,
        length: Int,
        to peer: TransportAddress
    ) -> Int? {
        let header = STUNMessage.headerSize + (peer.ip.isIPv4 ? 12 : 24) + 4
        let padding = -length & 3
        let total = header + length + padding
        guard total <= buffer.byteCount, length <= UInt16.max else { return nil }
        buffer.move(length, to: header)
        for offset in 0..<padding { buffer.setByte(0, at: total - 1 - offset) }
        let transaction = STUNTransactionID(using: &generator)
        unsafe buffer.withUnsafeMutableBytes { bytes in
            let room = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[..<header])
            var output = unsafe OutputRawSpan(buffer: room, initializedCount: 0)
            let writer = STUNWriter(.indication, method: STUNMessage.send, transaction: transaction, into: &output)
            writer.writePeerAddress(peer, to: &output)
            output.appendUInt16(STUNAttributeType.data.rawValue)
            output.appendUInt16(UInt16(length))
            _ = unsafe output.finalize(for: room)
        }
        buffer.setUInt16(UInt16(total - STUNMessage.headerSize), at: 2)
        return total
    }

    // MARK: Peers

    /// Asks for a peer's permission, where that has not been done.
    ///
    /// - Parameters:
    ///   - peer: who is to be sent something.
    ///   - now: the present moment.
    /// - Returns: whether the server is to be asked now.
    package mutating func expect(_ peer: TransportAddress, at now: MonotonicTime) -> Bool {
        self.now = max(self.now, now)
        guard case .allocated = state, !peers.contains(where: { $0.address == peer }) else { return false }
        return index(of: peer) != nil
    }

    /// The place of a peer, which is made where there is room; its permission is asked for then.
    private mutating func index(of address: TransportAddress) -> Int? {
        if let index = peers.firstIndex(where: { $0.address == address }) { return index }
        guard peers.count < Self.maximumPeers else { return nil }
        peers.append(Peer(address: address, channel: nextChannel, lastUse: now))
        nextChannel = nextChannel == Self.channels.upperBound ? Self.channels.lowerBound : nextChannel + 1
        begin(.permission(address))
        return peers.count - 1
    }

    mutating func update(_ address: TransportAddress, _ change: (inout Peer) -> Void) {
        guard let index = peers.firstIndex(where: { $0.address == address }) else { return }
        change(&peers[index])
    }

    /// Notes that the server does not let datagrams go to a peer.
    mutating func refuse(_ address: TransportAddress) {
        update(address) { peer in
            peer.isRefused = true
            peer.isBound = false
        }
        retryLater(address)
    }

    mutating func retryLater(_ address: TransportAddress) {
        let next = now + timing.peerRetry
        update(address) { $0.refreshAt = next }
    }

    /// Refreshes what peers need, and forgets those that are not used.
    mutating func refreshPeers() {
        let (now, idleTime) = (now, timing.peerIdleTime)
        peers.removeAll { peer in
            peer.refreshAt.map { $0 <= now } ?? false && peer.lastUse + idleTime <= now
        }
        for index in peers.indices {
            guard let due = peers[index].refreshAt, due <= now else { continue }
            peers[index].refreshAt = nil
            peers[index].isRefused = false
            // A channel's refresh is one of the permission too (RFC 8656 §12.2).
            begin(peers[index].isBound ? .channel(peers[index].address) : .permission(peers[index].address))
        }
    }
}

extension MutableRawSpan {
    /// Moves the first bytes further back; the two places may overlap.
    fileprivate mutating func move(_ count: Int, to offset: Int) {
        precondition(offset + count <= byteCount, "write past the end")
        unsafe withUnsafeMutableBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            unsafe (base + offset).copyMemory(from: base, byteCount: count)
        }
    }
}
