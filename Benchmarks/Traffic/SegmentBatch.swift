// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import CDatagram
internal import Foundation

/// Packets that wait to be sent on connected sockets, those of each one after the other.
///
/// The layout of memory and calls is that of a media worker's batch, which is not to be had from outside its module.
final class SegmentBatch {
    private struct Run {
        var descriptor: Int32
        var offset: Int
        var segment: Int
        var length: Int
    }

    private static let capacity = 4 << 20
    private static let packetSize = 2_048
    private static let maximumSegments = 64
    private static let maximumLength = 65_507
    /// The most messages of one call.
    private static let maximumMessages = 256

    /// Room for one payload.
    let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 1_900, alignment: 16)
    private let slab = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 64)
    private let controls = UnsafeMutableRawBufferPointer.allocate(
        byteCount: maximumMessages * Int(DATAGRAM_CONTROL_CAPACITY),
        alignment: 16
    )
    private let vectors = UnsafeMutablePointer<iovec>.allocate(capacity: maximumMessages)
    private let messages = UnsafeMutablePointer<datagram_message>.allocate(capacity: maximumMessages)
    private var runs: [Run] = []
    private var used = 0
    /// Whether the last run may take another packet.
    private var isOpen = false

    init() {
        vectors.initialize(repeating: iovec(), count: Self.maximumMessages)
        messages.initialize(repeating: datagram_message(), count: Self.maximumMessages)
    }

    deinit {
        scratch.deallocate()
        slab.deallocate()
        controls.deallocate()
        vectors.deallocate()
        messages.deallocate()
    }

    /// Room for one packet.
    func reserve() -> UnsafeMutableRawBufferPointer {
        if slab.count - used < Self.packetSize { flush() }
        return UnsafeMutableRawBufferPointer(rebasing: slab[used..<used + Self.packetSize])
    }

    /// Puts the packet that was written to the reserved room behind the others; runs of equal size leave as one.
    func commit(_ length: Int, on descriptor: Int32) {
        if isOpen, let last = runs.last, last.descriptor == descriptor, length <= last.segment,
            last.length + length <= Self.maximumLength, last.length < Self.maximumSegments * last.segment
        {
            runs[runs.count - 1].length += length
            isOpen = length == last.segment
        } else {
            runs.append(Run(descriptor: descriptor, offset: used, segment: length, length: length))
            isOpen = true
        }
        used += length
    }

    /// Sends everything, one call for each socket.
    func flush() {
        var first = 0
        while first < runs.count {
            var end = first + 1
            while end < runs.count, end - first < Self.maximumMessages, runs[end].descriptor == runs[first].descriptor {
                end += 1
            }
            send(first..<end)
            first = end
        }
        runs.removeAll(keepingCapacity: true)
        used = 0
        isOpen = false
    }

    private func send(_ range: Range<Int>) {
        for (place, index) in range.enumerated() {
            let run = runs[index]
            vectors[place] = iovec(iov_base: slab.baseAddress.map { $0 + run.offset }, iov_len: run.length)
            messages[place] = datagram_message()
            messages[place].header.msg_iov = vectors + place
            messages[place].header.msg_iovlen = 1
            guard run.length > run.segment else { continue }
            messages[place].header.msg_control =
                controls.baseAddress.map { $0 + place * Int(DATAGRAM_CONTROL_CAPACITY) }
            datagram_add_segment_size(&messages[place].header, UInt16(run.segment))
        }
        var sent = 0
        while sent < range.count {
            let result = datagram_send(
                runs[range.lowerBound].descriptor,
                messages + sent,
                UInt32(range.count - sent)
            )
            // What the system refuses is missing at the sink, and shows there.
            if result <= 0 { sent += 1 } else { sent += Int(result) }
        }
    }
}

/// A UDP socket on the loopback interface.
final class LoopbackSocket: Sendable {
    let descriptor: Int32

    init() throws {
        #if canImport(Darwin)
            descriptor = socket(AF_INET, SOCK_DGRAM, 0)
        #else
            descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        #endif
        guard descriptor >= 0 else { throw POSIXError(.EMFILE) }
        var size: Int32 = 4 << 20
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    }

    deinit { close(descriptor) }

    /// Lets datagrams go to a port of this machine.
    func connect(to port: UInt16) throws {
        var name = Self.name(port)
        let result = withUnsafePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Foundation.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw POSIXError(.ECONNREFUSED) }
    }

    /// Binds to any port and returns it.
    func bind() throws -> UInt16 {
        var name = Self.name(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                let result = Foundation.bind(descriptor, $0, length)
                return result == 0 ? getsockname(descriptor, $0, &length) : result
            }
        }
        guard result == 0 else { throw POSIXError(.EADDRNOTAVAIL) }
        return UInt16(bigEndian: name.sin_port)
    }

    private static func name(_ port: UInt16) -> sockaddr_in {
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        name.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return name
    }
}

/// Runs a body on a thread of its own and returns when it has ended.
func onThread(_ body: @escaping @Sendable () throws -> Void) async throws {
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
        Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
    }
}
