// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import RTC

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// A TCP connection that carries packets, two bytes of length before each (RFC 4571).
///
/// It reads into one buffer, in which packets are decrypted in place, and collects what is to be sent in another, which
/// leaves in one call at the end of a turn. Both are allocated once; a packet for which there is no room is dropped
/// whole, so that frames stay frames.
///
/// Safe because every pointer stays inside allocations that live as long as the connection, and every place in them is
/// bounded by their capacities.
@safe
final class StreamConnection {
    /// The longest packet that is taken: what a datagram of the shared port may have.
    static let maximumPacketSize = 2048
    /// The length before each packet.
    static let headerSize = 2
    private static let inputCapacity = 16 << 10
    private static let outputCapacity = 256 << 10

    /// The descriptor; −1 once it is closed.
    private(set) var descriptor: Int32
    /// The far end, its transport TCP.
    let remote: TransportAddress
    /// Its place in the worker's table.
    let slot: Int
    /// The session that opened it; `nil` where it was taken.
    let opener: PeerID?
    /// The session that opened it, or accepted a check that came by it.
    var owner: PeerID?
    /// Whether it has been opened and the far end has not answered yet.
    var isConnecting: Bool
    /// When the connection began.
    let began: MonotonicTime
    /// When something last came.
    var lastHeard: MonotonicTime
    /// Since when the far end has been behind with what it is sent.
    var behindSince: MonotonicTime?
    /// Packets that came before it was proven.
    var unprovenPackets = 0
    /// Whether it waits to be flushed.
    var isQueued = false

    private let input: UnsafeMutableRawPointer
    private var inputRange = 0..<0
    /// Allocated with the first packet to be sent.
    private var output: UnsafeMutableRawPointer?
    private var outputRange = 0..<0

    /// Takes charge of a non-blocking descriptor: a connected one, or one that is being connected by a session.
    init(_ descriptor: Int32, remote: TransportAddress, slot: Int, opener: PeerID? = nil, at now: MonotonicTime) {
        self.descriptor = descriptor
        self.remote = remote
        self.slot = slot
        self.opener = opener
        owner = opener
        isConnecting = opener != nil
        began = now
        lastHeard = now
        unsafe input = .allocate(byteCount: Self.inputCapacity, alignment: 16)
        unsafe input.initializeMemory(as: UInt8.self, repeating: 0, count: Self.inputCapacity)
    }

    deinit {
        close()
        unsafe input.deallocate()
        unsafe output?.deallocate()
    }

    /// Whether it has been closed.
    var isClosed: Bool { descriptor < 0 }

    /// Closes the descriptor.
    func close() {
        guard descriptor >= 0 else { return }
        Platform.close(descriptor)
        descriptor = -1
    }

    // MARK: Receiving

    /// What a read brought.
    enum Reading {
        /// Bytes, and whether they filled the buffer, so that more may wait.
        case bytes(mayBeMore: Bool)
        /// Nothing waits.
        case nothing
        /// The far end has closed the connection, or it broke.
        case ended
    }

    /// What stands at the beginning of the bytes that have come.
    enum Frame {
        /// A packet, and where it stands until the next read.
        case packet(Range<Int>)
        /// The beginning of one.
        case incomplete
        /// One that is longer than any packet may be.
        case tooLong
    }

    /// Reads what has come, as far as there is room; all frames are to be taken before.
    func read() -> Reading {
        let rest = inputRange.count
        if inputRange.lowerBound > 0 {
            unsafe input.copyMemory(from: input + inputRange.lowerBound, byteCount: rest)
            inputRange = 0..<rest
        }
        let room = Self.inputCapacity - rest
        while true {
            let count = unsafe recv(descriptor, input + rest, room, 0)
            if count > 0 {
                inputRange = 0..<rest + count
                return .bytes(mayBeMore: count == room)
            }
            guard count < 0 else { return .ended }
            switch Platform.errorNumber {
            case EINTR: continue
            case EAGAIN: return .nothing
            case ENOTCONN where isConnecting: return .nothing
            default: return .ended
            }
        }
    }

    /// Takes the next packet of what was read.
    func nextFrame() -> Frame {
        guard inputRange.count >= Self.headerSize else { return .incomplete }
        let start = inputRange.lowerBound
        let length = unsafe Int(UInt16(bigEndian: input.loadUnaligned(fromByteOffset: start, as: UInt16.self)))
        guard length <= Self.maximumPacketSize else { return .tooLong }
        let end = start + Self.headerSize + length
        guard end <= inputRange.upperBound else { return .incomplete }
        inputRange = end..<inputRange.upperBound
        return .packet(start + Self.headerSize..<end)
    }

    /// The bytes of a packet that `nextFrame()` gave.
    func bytes(_ packet: Range<Int>) -> UnsafeMutableRawBufferPointer {
        precondition(packet.upperBound <= inputRange.upperBound, "a packet is read before the next ones are")
        return unsafe UnsafeMutableRawBufferPointer(start: input + packet.lowerBound, count: packet.count)
    }

    // MARK: Sending

    /// What came of a flush.
    enum Flushing {
        /// Everything has left.
        case done
        /// The far end is behind.
        case behind
        /// The connection is broken.
        case broken
    }

    /// Puts a packet behind those that wait; says whether there was room.
    @unsafe
    func append(_ packet: UnsafeRawBufferPointer) -> Bool {
        let buffer = unsafe output ?? .allocate(byteCount: Self.outputCapacity, alignment: 16)
        unsafe output = buffer
        let size = Self.headerSize + packet.count
        guard outputRange.count + size <= Self.outputCapacity, packet.count <= Int(UInt16.max) else {
            return false
        }
        if Self.outputCapacity - outputRange.upperBound < size {
            unsafe buffer.copyMemory(from: buffer + outputRange.lowerBound, byteCount: outputRange.count)
            outputRange = 0..<outputRange.count
        }
        let end = unsafe buffer + outputRange.upperBound
        let length = UInt16(truncatingIfNeeded: packet.count).bigEndian
        unsafe end.storeBytes(of: length, as: UInt16.self)
        unsafe UnsafeMutableRawBufferPointer(start: end + Self.headerSize, count: packet.count).copyMemory(from: packet)
        outputRange = outputRange.lowerBound..<outputRange.upperBound + size
        return true
    }

    /// Sends what waits, as far as the system takes it.
    func flush() -> Flushing {
        guard let output = unsafe output else { return .done }
        while !outputRange.isEmpty {
            let count = unsafe send(descriptor, output + outputRange.lowerBound, outputRange.count, Self.sendFlags)
            if count > 0 {
                outputRange = outputRange.lowerBound + count..<outputRange.upperBound
                continue
            }
            switch Platform.errorNumber {
            case EINTR: continue
            case EAGAIN, ENOBUFS, ENOTCONN: return .behind
            default: return .broken
            }
        }
        outputRange = 0..<0
        return .done
    }

    #if canImport(Darwin)
        private static let sendFlags: Int32 = 0
    #else
        private static let sendFlags = Int32(MSG_NOSIGNAL)
    #endif
}
