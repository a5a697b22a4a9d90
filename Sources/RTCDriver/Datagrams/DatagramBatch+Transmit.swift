// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import CDatagram
internal import RTC

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

extension DatagramBatch {
    /// The most datagrams that one send may be split into (UDP_MAX_SEGMENTS of older kernels).
    static let maximumSegments = 64
    /// The most bytes that one send may carry: what fits an IPv4 packet.
    static let maximumSendSize = 65_507
    /// The largest datagram that is merged: a larger one may not fit the path, and the system would refuse the run.
    static let maximumSegmentSize = 1_452

    /// Builds the messages of listed packets and says how many there are: one for each run.
    func assemble(_ range: Range<Int>, for socket: DatagramSocket) -> Int {
        var messages = 0
        var index = range.lowerBound
        while index < range.upperBound {
            let end = socket.canSegment ? endOfRun(from: index, limit: range.upperBound) : index + 1
            assembleMessage(messages, carrying: index..<end, for: socket)
            messages += 1
            index = end
        }
        return messages
    }

    /// The end of the run that starts at `start`: equal sizes to one destination, the last may be shorter.
    private func endOfRun(from start: Int, limit: Int) -> Int {
        let first = unsafe packets + order[start]
        let size = unsafe first.pointee.length
        guard size <= Self.maximumSegmentSize, size > 0 else { return start + 1 }
        let most = min(limit, start + min(Self.maximumSegments, Self.maximumSendSize / size))
        var end = start + 1
        while end < most {
            let next = unsafe packets + order[end]
            guard unsafe next.pointee.length <= size, unsafe next.pointee.length > 0,
                unsafe next.pointee.remote == first.pointee.remote, unsafe next.pointee.local == first.pointee.local
            else { break }
            end += 1
            if unsafe next.pointee.length < size { break }
        }
        return end
    }

    private func assembleMessage(_ index: Int, carrying range: Range<Int>, for socket: DatagramSocket) {
        for place in range {
            let packet = unsafe packets + order[place]
            unsafe sendVectors[place] = iovec(
                iov_base: slab + packet.pointee.offset,
                iov_len: .init(packet.pointee.length)
            )
        }
        let first = unsafe packets + order[range.lowerBound]
        let message = unsafe sendMessages + index
        unsafe message.pointee.header.msg_iov = sendVectors + range.lowerBound
        unsafe message.pointee.header.msg_iovlen = .init(range.count)
        unsafe message.pointee.header.msg_control = sendControls + index * Self.controlSize
        unsafe message.pointee.header.msg_controllen = 0
        if unsafe first.pointee.remote == socket.connectedPeer {
            unsafe message.pointee.header.msg_name = nil
            unsafe message.pointee.header.msg_namelen = 0
        } else {
            unsafe sendNames[index] = SocketName(first.pointee.remote, family: socket.family)
            unsafe message.pointee.header.msg_name = UnsafeMutableRawPointer(sendNames + index)
            unsafe message.pointee.header.msg_namelen = sendNames[index].length
        }
        if let local = unsafe first.pointee.local { unsafe addLocalAddress(local, to: message, family: socket.family) }
        if range.count > 1 {
            unsafe datagram_add_segment_size(
                &message.pointee.header,
                UInt16(truncatingIfNeeded: first.pointee.length)
            )
        }
        // An empty buffer of control data must be no buffer at all.
        if unsafe message.pointee.header.msg_controllen == 0 { unsafe message.pointee.header.msg_control = nil }
    }

    private func addLocalAddress(
        _ local: IPAddress,
        to message: UnsafeMutablePointer<datagram_message>,
        family: SocketFamily
    ) {
        var halves = (local.high.bigEndian, local.low.bigEndian)
        unsafe withUnsafeBytes(of: &halves) { bytes in
            let skipped = family == .ipv4 ? 12 : 0
            guard let base = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
            unsafe datagram_add_local_address(&message.pointee.header, family.rawValue, base + skipped)
        }
    }

    /// Sends assembled messages and says how many packets are done with, sent or dropped.
    ///
    /// Fewer than were assembled are done with when the system refuses to split a send: the socket then stops asking
    /// for it, and the rest is to be assembled again.
    func transmit(_ count: Int, on socket: DatagramSocket) -> Int {
        var packetsDone = 0
        var sent = 0
        var wasRefused = false
        while sent < count {
            let remaining = UInt32(count - sent)
            let result =
                unsafe configuration.usesPortableCalls
                ? datagram_send_each(socket.descriptor, sendMessages + sent, remaining)
                : datagram_send(socket.descriptor, sendMessages + sent, remaining)
            if result > 0 {
                statistics.sendCalls += 1
                for index in sent..<sent + Int(result) { packetsDone += countSent(index) }
                sent += Int(result)
                continue
            }
            let segments = unsafe Int(sendMessages[sent].header.msg_iovlen)
            switch (-result, segments) {
            case (EINTR, _):
                continue
            case (EAGAIN, _), (ENOBUFS, _), (ENOMEM, _):
                return packetsDone + dropRest(sent..<count)
            case (EIO, 2...), (EINVAL, 2...), (ENOPROTOOPT, 2...), (EOPNOTSUPP, 2...), (EMSGSIZE, 2...):
                socket.canSegment = false
                statistics.segmentationFailures += 1
                return packetsDone
            case (ECONNREFUSED, _) where !wasRefused:
                // The answer to an earlier packet; this one has not been tried yet.
                wasRefused = true
                noteRefusal(on: socket)
            case (EINVAL, _), (ENETUNREACH, _), (EHOSTUNREACH, _), (EADDRNOTAVAIL, _), (ENETDOWN, _):
                if socket.connectedPeer != nil { noteLostRoute(on: socket) }
                fallthrough
            default:
                statistics.droppedSendError += UInt64(segments)
                packetsDone += segments
                sent += 1
            }
        }
        return packetsDone
    }

    /// Counts messages that the system has no room for and says how many packets they carried.
    private func dropRest(_ range: Range<Int>) -> Int {
        var packets = 0
        for index in range { unsafe packets += Int(sendMessages[index].header.msg_iovlen) }
        statistics.droppedBufferFull += UInt64(packets)
        return packets
    }

    /// Counts a message that was sent and says how many packets it carried.
    private func countSent(_ index: Int) -> Int {
        let segments = unsafe Int(sendMessages[index].header.msg_iovlen)
        statistics.packetsSent += UInt64(segments)
        statistics.bytesSent += unsafe UInt64(sendMessages[index].length)
        if segments > 1 {
            statistics.segmentedSends += 1
            statistics.segments += UInt64(segments)
        }
        return segments
    }
}
