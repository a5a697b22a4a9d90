// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import RTC

extension DatagramBatch {
    /// Makes a lane on a socket.
    func addLane(on socket: DatagramSocket) -> Int {
        let lane = Lane(socket: socket)
        guard let free = freeLanes.popLast() else {
            lanes.append(lane)
            return lanes.count - 1
        }
        lanes[free] = lane
        return free
    }

    /// Gives up a lane; what waits on it is sent first.
    func removeLane(_ lane: Int) {
        if lanes[lane].first >= 0 { flush() }
        lanes[lane].socket = nil
        freeLanes.append(lane)
    }

    /// Room for one packet, at the end of the slab; flushes first where there is none left.
    ///
    /// The room is given out again until `commit` takes it.
    func reserve() -> UnsafeMutableRawBufferPointer {
        if packetCount == configuration.sendCapacity
            || configuration.sendSlabSize - slabUsed < configuration.sendPacketSize
        {
            flush()
        }
        return unsafe UnsafeMutableRawBufferPointer(start: slab + slabUsed, count: configuration.sendPacketSize)
    }

    /// What was written to the reserved room, for a packet that does not leave by the batch.
    func reserved(_ length: Int) -> UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(start: slab + slabUsed, count: length)
    }

    /// Puts the packet that was written to the reserved room on a lane.
    ///
    /// - Parameters:
    ///   - length: how many bytes were written.
    ///   - lane: the lane it leaves by.
    ///   - remote: where it goes.
    ///   - local: the address of ours that it leaves from; `nil` leaves that to the system.
    func commit(_ length: Int, on lane: Int, to remote: TransportAddress, from local: IPAddress?) {
        precondition(length <= configuration.sendPacketSize && packetCount < configuration.sendCapacity)
        let index = packetCount
        unsafe packets[index] = QueuedPacket(remote: remote, local: local, offset: slabUsed, length: length, next: -1)
        packetCount += 1
        slabUsed += length
        let last = lanes[lane].last
        if last >= 0 {
            unsafe packets[last].next = index
        } else {
            lanes[lane].first = index
            linkLane(lane)
        }
        lanes[lane].last = index
    }

    /// Adds a lane that has just got its first packet to those of its socket.
    private func linkLane(_ lane: Int) {
        guard let socket = lanes[lane].socket else { preconditionFailure("a packet was put on a removed lane") }
        lanes[lane].next = -1
        if socket.pendingIndex >= 0 {
            lanes[pendingSockets[socket.pendingIndex].lastLane].next = lane
            pendingSockets[socket.pendingIndex].lastLane = lane
        } else {
            socket.pendingIndex = pendingSockets.count
            pendingSockets.append(PendingSocket(socket: socket, firstLane: lane, lastLane: lane))
        }
    }

    /// Sends everything that was committed and empties the slab.
    func flush() {
        guard packetCount > 0 else { return }
        for index in pendingSockets.indices {
            let socket = pendingSockets[index].socket
            socket.pendingIndex = -1
            let count = layOut(from: pendingSockets[index].firstLane)
            send(count, on: socket)
        }
        pendingSockets.removeAll(keepingCapacity: true)
        packetCount = 0
        slabUsed = 0
    }

    /// Lists the packets of a chain of lanes in sending order and empties the lanes.
    private func layOut(from firstLane: Int) -> Int {
        var count = 0
        var lane = firstLane
        while lane >= 0 {
            var packet = lanes[lane].first
            while packet >= 0 {
                unsafe order[count] = packet
                count += 1
                packet = unsafe packets[packet].next
            }
            lanes[lane].first = -1
            lanes[lane].last = -1
            lane = lanes[lane].next
        }
        return count
    }

    private func send(_ count: Int, on socket: DatagramSocket) {
        // Linux lets a connected socket send elsewhere; other systems refuse that (EISCONN).
        if configuration.usesPortableCalls, let peer = socket.connectedPeer, goesElsewhere(count, than: peer) {
            socket.disconnect()
        }
        var done = 0
        while done < count {
            let messages = assemble(done..<count, for: socket)
            done += transmit(messages, on: socket)
        }
    }

    /// Whether one of the listed packets goes to another address.
    private func goesElsewhere(_ count: Int, than peer: TransportAddress) -> Bool {
        for index in 0..<count where unsafe packets[order[index]].remote != peer { return true }
        return false
    }
}
