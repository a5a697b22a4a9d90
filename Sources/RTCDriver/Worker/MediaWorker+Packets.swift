// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import RTC

extension MediaWorker {
    /// Takes a received message apart and hands each datagram to its session.
    @unsafe
    func take(_ message: ReceivedMessage, owner: Peer?) {
        var start = 0
        repeat {
            let end = unsafe min(start + message.segmentSize, message.bytes.count)
            let bytes = unsafe UnsafeMutableRawBufferPointer(rebasing: message.bytes[start..<end])
            var datagram = unsafe bytes.mutableBytes
            unsafe take(&datagram, from: message.source, to: message.local, owner: owner)
            start = end
        } while unsafe start < message.bytes.count && message.segmentSize > 0
    }

    private func take(
        _ datagram: inout MutableRawSpan,
        from source: TransportAddress,
        to local: IPAddress?,
        owner: Peer?
    ) {
        guard let owner else { return takeShared(&datagram, from: source, to: local) }
        _ = receive(&datagram, from: source, by: owner)
    }

    /// Finds the session that a datagram to the shared port is for.
    func takeShared(_ datagram: inout MutableRawSpan, from source: TransportAddress, to local: IPAddress?) {
        let known = multiplexer.entry(for: source).flatMap { peers[$0.peer] }
        guard STUNMessage.isSTUN(datagram.bytes), let fragment = Self.requestedFragment(datagram.bytes) else {
            guard let known else {
                statistics.unknownSources += 1
                return
            }
            known.replyPath = (source, local)
            _ = receive(&datagram, from: source, by: known)
            return
        }
        guard let slot = multiplexer.peer(forFragment: fragment), let peer = peers[slot] else {
            statistics.unknownFragments += 1
            return
        }
        peer.replyPath = (source, local)
        if receive(&datagram, from: source, by: peer), peer !== known {
            multiplexer.learn(source, local: local, for: slot, keeping: peer.session.selectedAddress)
            if source.transport == .tcp { claimStream(to: source, for: peer) }
        }
    }

    /// The user name fragment that a Binding request is addressed to.
    private static func requestedFragment(_ datagram: RawSpan) -> String? {
        guard let message = try? STUNMessage(parsing: datagram), message.messageClass == .request,
            message.method == STUNMessage.binding
        else { return nil }
        return message.destinationUsernameFragment(in: datagram)
    }

    /// Lets a session take a datagram, unless it can wait; says whether it did.
    func receive(_ datagram: inout MutableRawSpan, from source: TransportAddress, by peer: Peer) -> Bool {
        guard peer.impaired == nil || admits(datagram.bytes, from: source, by: peer) else { return false }
        guard !isPostponed(datagram.bytes, of: peer) else {
            postpone(datagram.bytes, from: source, of: peer)
            return false
        }
        return take(&datagram, from: source, by: peer)
    }

    /// Lets a session take a datagram now.
    @discardableResult
    func take(_ datagram: inout MutableRawSpan, from source: TransportAddress, by peer: Peer) -> Bool {
        defer { if peer.tap != nil { recordReceived(datagram.bytes, from: source, by: peer) } }
        do throws(DropReason) {
            switch try peer.session.receive(&datagram, from: source, at: now) {
            case .consumed:
                if peer.congestion != nil { noteCongestion(of: peer) }
                drain(peer)
            case .media(let packet):
                let payload = datagram.bytes.extracting(packet.payload)
                forward(packet, payload: payload, from: peer)
                if !peer.session.isQuiet { touch(peer) }
            }
            return true
        } catch {
            // Counted by the session, which may want to answer.
            touch(peer)
            return false
        }
    }

    /// Hands a packet to every stream that its layer is forwarded to.
    private func forward(_ packet: ReceivedPacket, payload: RawSpan, from source: Peer) {
        let place = Route.place(of: packet.track, packet.encoding)
        let inspected = inspect(packet, payload: payload, of: source, at: place)
        if inspected.content.canBeginLayer {
            source.session.keyFrameBegan(with: packet)
            if !source.layers.isEmpty { keyFrameBegan(with: packet, from: source) }
        }
        if place < source.routes.count, !source.routes[place].isEmpty {
            for index in source.routes[place].indices {
                forward(packet, inspected, payload: payload, from: source, by: source.routes[place][index])
            }
        } else if source.sinks.isEmpty, !hasWay(packet.track, from: source) {
            statistics.packetsUnconnected += 1
        }
        for index in source.sinks.indices where source.sinks[index].track == packet.track {
            source.sinks[index].sink.receive(packet, payload: payload)
        }
    }

    /// Whether a layer of a track is handed on to anybody.
    private func hasWay(_ track: TrackIndex, from source: Peer) -> Bool {
        source.forwardings.contains { $0.track == track && peer($0.destination) != nil }
    }

    private func forward(
        _ packet: ReceivedPacket,
        _ inspected: InspectedPayload,
        payload: RawSpan,
        from source: Peer,
        by route: Int
    ) {
        guard let destination = peer(source.forwardings[route].destination) else {
            statistics.packetsUnconnected += 1
            return
        }
        // A forwarder that has not begun keeps waiting for its key frame until somebody can see it.
        guard destination.session.isConnected else {
            statistics.packetsUnconnected += 1
            return
        }
        if let congestion = destination.congestion, congestion.isHolding || source.forwardings[route].gate.isShut,
            !passes(packet, inspected, from: source, by: route, to: destination, congestion)
        {
            return
        }
        let isShut = source.forwardings[route].gate.isShut
        let former = isShut ? source.forwardings[route].layers.current : nil
        guard let outgoing = source.forwardings[route].forwarder.forward(packet, inspected, at: now) else {
            if source.forwardings[route].forwarder.needsKeyFrame { wish(from: source, by: route) }
            return
        }
        if isShut, source.forwardings[route].layers.current != former { source.forwardings[route].gate.open() }
        let stream = source.forwardings[route].stream
        if outgoing.insertedCount > 0 {
            let place = Route.place(of: packet.track, packet.encoding)
            sendParameterSets(before: outgoing, of: source, place, on: stream, of: destination)
        }
        if inspected.content.canBeginLayer { destination.session.keyFrameSent(outgoing, on: stream) }
        var header = outgoing.packet
        header.isKeyFrame = inspected.content.isKeyFrame
        send(header, payload: payload, on: stream, of: destination)
    }

    /// Sends a packet, at once unless it is part of a burst that is spread out.
    func send(_ packet: OutgoingRTP, payload: RawSpan, on stream: SendStreamIndex, of peer: Peer) {
        if let pacing = peer.pacing, !pacing.admits(payload.byteCount, on: stream, at: now) {
            queue(packet, payload: payload, on: stream, of: peer, pacing)
        } else {
            transmit(packet, payload: payload, on: stream, of: peer)
        }
    }

    /// Lets a peer's session protect a packet into the slab.
    func transmit(_ packet: OutgoingRTP, payload: RawSpan, on stream: SendStreamIndex, of peer: Peer) {
        let room = unsafe batch.reserve()
        var output = unsafe OutputRawSpan(buffer: room, initializedCount: 0)
        let remote = peer.session.send(packet, payload: payload, on: stream, at: now, into: &output)
        let length = unsafe output.finalize(for: room)
        guard let remote else { return }
        if peer.tap != nil {
            let sent = unsafe UnsafeRawBufferPointer(rebasing: room[..<length])
            unsafe recordSent(sent, payload: payload, to: remote, by: peer)
        }
        statistics.packetsForwarded += 1
        commit(length, from: peer, to: remote)
        if !peer.session.isQuiet { touch(peer) }
    }

    /// Puts a datagram that a session wrote on the peer's lane.
    func commit(_ length: Int, from peer: Peer, to remote: TransportAddress) {
        guard peer.impaired == nil || emits(length, from: peer, to: remote) else { return }
        if let socket = peer.socket {
            guard socket.canReach(remote) else { return commitElsewhere(length, from: peer, to: remote) }
            if let connected = socket.connectedPeer, connected != remote {
                socket.disconnect()
                peer.lastStray = now
            }
            if peer.lanes.ipv4 < 0 { peer.lanes.ipv4 = batch.addLane(on: socket) }
            batch.commit(length, on: peer.lanes.ipv4, to: remote, from: nil)
            return
        }
        if remote.transport == .tcp { return commitToStream(length, to: remote) }
        guard let lane = sharedLane(of: peer, to: remote) else {
            statistics.unreachable += 1
            return
        }
        batch.commit(length, on: lane, to: remote, from: localAddress(of: peer, towards: remote))
    }

    private func sharedLane(of peer: Peer, to remote: TransportAddress) -> Int? {
        if remote.ip.isIPv4 {
            if peer.lanes.ipv4 < 0, let sharedIPv4 { peer.lanes.ipv4 = batch.addLane(on: sharedIPv4) }
            return peer.lanes.ipv4 < 0 ? nil : peer.lanes.ipv4
        }
        if peer.lanes.ipv6 < 0, let sharedIPv6 { peer.lanes.ipv6 = batch.addLane(on: sharedIPv6) }
        return peer.lanes.ipv6 < 0 ? nil : peer.lanes.ipv6
    }

    /// The address of ours that a peer's datagrams came to: what we send leaves from there.
    private func localAddress(of peer: Peer, towards remote: TransportAddress) -> IPAddress? {
        if let path = peer.replyPath, path.remote == remote { return path.local }
        return multiplexer.entry(for: remote)?.local
    }

    /// Tells sessions whose peers' ports turned out to be closed.
    func noteRefusals() {
        while let socket = batch.nextRefused() {
            guard let address = socket.connectedPeer, peers.indices.contains(socket.owner),
                let peer = peers[socket.owner]
            else { continue }
            guard peer.socket === socket else {
                noteRefusal(of: socket, by: peer)
                continue
            }
            if socket.hasLostRoute {
                socket.leaveLostRoute()
                peer.lastStray = now
            }
            peer.session.portClosed(address, at: now)
            touch(peer)
        }
    }

    /// Connects a peer's own socket to the selected address again once nothing has gone elsewhere for a while.
    func reconnectIfSettled(_ peer: Peer) {
        guard let socket = peer.socket, socket.connectedPeer == nil, let selected = peer.session.selectedAddress else {
            return
        }
        if let stray = peer.lastStray, now - stray < .seconds(2) { return }
        socket.connect(to: selected)
    }
}
