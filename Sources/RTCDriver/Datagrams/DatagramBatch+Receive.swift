// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import CDatagram
internal import RTC

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// A received message in its slot: one datagram, or several of equal size from one sender.
@unsafe
struct ReceivedMessage {
    /// The bytes, in the slot.
    var bytes: UnsafeMutableRawBufferPointer
    /// The size of each datagram in them; the last may be shorter.
    var segmentSize: Int
    /// Where they came from.
    var source: TransportAddress
    /// The address of ours that they were sent to, where the socket tells.
    var local: IPAddress?

    /// How many datagrams there are.
    var datagramCount: Int {
        unsafe bytes.count <= segmentSize ? 1 : (bytes.count + segmentSize - 1) / segmentSize
    }
}

extension DatagramBatch {
    /// Wires the slots up; the kernel changes only the lengths, which each call sets again.
    func prepareReceiveSlots() {
        for index in 0..<configuration.receiveSlots {
            unsafe receiveVectors[index] = iovec(
                iov_base: receiveBytes + index * receiveStride,
                iov_len: .init(configuration.receiveSlotSize)
            )
            unsafe receiveMessages[index].header.msg_name = UnsafeMutableRawPointer(receiveNames + index)
            unsafe receiveMessages[index].header.msg_iov = receiveVectors + index
            unsafe receiveMessages[index].header.msg_iovlen = 1
            unsafe receiveMessages[index].header.msg_control = receiveControls + index * Self.controlSize
        }
        receivedCount = configuration.receiveSlots
        resetReceiveSlots()
    }

    /// Receives what waits on a socket, up to the number of slots, and says how many messages came.
    func receive(from socket: DatagramSocket) -> Int {
        resetReceiveSlots()
        let slots = UInt32(configuration.receiveSlots)
        var attempts = 0
        while attempts < 4 {
            let result =
                unsafe configuration.usesPortableCalls
                ? datagram_receive_each(socket.descriptor, receiveMessages, slots)
                : datagram_receive(socket.descriptor, receiveMessages, slots)
            if result >= 0 {
                statistics.receiveCalls += 1
                receivedCount = Int(result)
                return receivedCount
            }
            // A closed port of the peer shows up here once and leaves the socket usable.
            if -result == ECONNREFUSED { noteRefusal(on: socket) }
            guard -result == ECONNREFUSED || -result == EINTR else { break }
            attempts += 1
        }
        return 0
    }

    /// The message in a slot below the count that `receive(from:)` returned; `nil` for one to be left alone.
    func message(at index: Int) -> ReceivedMessage? {
        precondition(index < receivedCount, "no message in this slot")
        let header = unsafe receiveMessages + index
        guard unsafe !datagram_is_truncated(&header.pointee.header) else {
            statistics.truncated += 1
            return nil
        }
        guard let source = unsafe receiveNames[index].address else { return nil }
        let length = unsafe Int(header.pointee.length)
        var message = unsafe ReceivedMessage(
            bytes: UnsafeMutableRawBufferPointer(start: receiveBytes + index * receiveStride, count: length),
            segmentSize: length,
            source: source,
            local: nil
        )
        if unsafe header.pointee.header.msg_controllen > 0 { unsafe readAncillary(of: header, into: &message) }
        statistics.bytesReceived += UInt64(length)
        statistics.packetsReceived += unsafe UInt64(message.datagramCount)
        return unsafe message
    }

    private func readAncillary(of header: UnsafeMutablePointer<datagram_message>, into message: inout ReceivedMessage) {
        var ancillary = datagram_ancillary()
        unsafe datagram_read_ancillary(&header.pointee.header, &ancillary)
        if ancillary.has_local_address {
            let halves = unsafe withUnsafeBytes(of: ancillary.local_address) {
                unsafe ($0.loadUnaligned(as: UInt64.self), $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            }
            unsafe message.local = IPAddress(high: UInt64(bigEndian: halves.0), low: UInt64(bigEndian: halves.1))
        }
        if ancillary.segment_size > 0 { unsafe message.segmentSize = Int(ancillary.segment_size) }
    }

    private func resetReceiveSlots() {
        for index in 0..<receivedCount {
            unsafe receiveMessages[index].header.msg_namelen = socklen_t(MemoryLayout<sockaddr_in6>.size)
            unsafe receiveMessages[index].header.msg_controllen = .init(Self.controlSize)
            unsafe receiveMessages[index].header.msg_flags = 0
        }
        receivedCount = 0
    }
}
