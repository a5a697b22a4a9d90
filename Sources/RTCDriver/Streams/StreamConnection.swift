// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import RTC
internal import RTCCrypto

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// A TCP connection that carries packets: two bytes of length before each (RFC 4571), or messages of TURN, which tell their
/// length themselves (RFC 8656 §3.1), in the clear or by TLS.
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
    /// What is read at once where it is to be decrypted.
    private static let chunkSize = 4 << 10
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
    /// The attempt at a TURN server whose messages it carries; `nil` where it carries framed packets.
    let attempt: TURNRelay.AttemptID?
    /// What secures it.
    private var tls: TLSClientConnection?
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
    init(
        _ descriptor: Int32,
        remote: TransportAddress,
        slot: Int,
        opener: PeerID? = nil,
        attempt: TURNRelay.AttemptID? = nil,
        at now: MonotonicTime
    ) {
        self.descriptor = descriptor
        self.remote = remote
        self.slot = slot
        self.opener = opener
        self.attempt = attempt
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
        /// One that is longer than any packet may be, or none at all.
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
        if let tls { return readSecured(by: tls, behind: rest) }
        let reading = unsafe receive(into: UnsafeMutableRawBufferPointer(start: input + rest, count: room))
        if case .bytes(let count) = reading {
            inputRange = 0..<rest + count
            return .bytes(mayBeMore: count == room)
        }
        return reading.isEnd ? .ended : .nothing
    }

    /// Reads what has come in the clear, or decrypts it.
    private func readSecured(by tls: TLSClientConnection, behind rest: Int) -> Reading {
        let room = unsafe UnsafeMutableRawBufferPointer(start: input + rest, count: Self.inputCapacity - rest)
        var count = unsafe tls.read(into: room)
        var ended = false
        while count == 0, tls.isOpen, !ended {
            var wasEmpty = false
            unsafe withUnsafeTemporaryAllocation(byteCount: Self.chunkSize, alignment: 16) { chunk in
                switch unsafe receive(into: chunk) {
                case .bytes(let length):
                    let bytes = unsafe UnsafeRawBufferPointer(rebasing: chunk[..<length])
                    unsafe tls.receive(bytes)
                case .nothing: wasEmpty = true
                case .ended: ended = true
                }
            }
            if wasEmpty { break }
            count = unsafe tls.read(into: room)
        }
        collect(from: tls)
        inputRange = 0..<rest + count
        if count > 0 { return .bytes(mayBeMore: true) }
        return ended || !tls.isOpen ? .ended : .nothing
    }

    /// What became of asking the system for bytes.
    private enum Receipt {
        case bytes(Int)
        case nothing
        case ended

        var isEnd: Bool { if case .ended = self { true } else { false } }
    }

    private func receive(into room: UnsafeMutableRawBufferPointer) -> Receipt {
        while true {
            let count = unsafe recv(descriptor, room.baseAddress, room.count, 0)
            if count > 0 { return .bytes(count) }
            guard count < 0 else { return .ended }
            switch Platform.errorNumber {
            case EINTR: continue
            case EAGAIN: return .nothing
            case ENOTCONN where isConnecting: return .nothing
            default: return .ended
            }
        }
    }

    /// Whether something has been received that has not been read.
    var hasMore: Bool { tls.map { $0.hasMore } ?? false }

    /// Takes the next packet of what was read.
    func nextFrame() -> Frame {
        guard attempt == nil else { return nextMessage() }
        guard inputRange.count >= Self.headerSize else { return .incomplete }
        let start = inputRange.lowerBound
        let length = unsafe Int(UInt16(bigEndian: input.loadUnaligned(fromByteOffset: start, as: UInt16.self)))
        guard length <= Self.maximumPacketSize else { return .tooLong }
        let end = start + Self.headerSize + length
        guard end <= inputRange.upperBound else { return .incomplete }
        inputRange = end..<inputRange.upperBound
        return .packet(start + Self.headerSize..<end)
    }

    /// Takes the next message of a TURN server; those of channels are padded to four bytes (RFC 8656 §12.5).
    private func nextMessage() -> Frame {
        guard inputRange.count >= 4 else { return .incomplete }
        let start = inputRange.lowerBound
        let kind = unsafe input.load(fromByteOffset: start, as: UInt8.self) >> 6
        let named = unsafe Int(UInt16(bigEndian: input.loadUnaligned(fromByteOffset: start + 2, as: UInt16.self)))
        let length = kind == 0 ? STUNMessage.headerSize + named : TURNClient.channelHeaderSize + named
        guard kind <= 1, length <= Self.maximumPacketSize + TURNClient.maximumOverhead else { return .tooLong }
        let end = start + (length + 3) & ~3
        guard end <= inputRange.upperBound else { return .incomplete }
        inputRange = end..<inputRange.upperBound
        return .packet(start..<start + length)
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
        if let tls {
            // What TLS adds to a record, twice over.
            guard outputRange.count + packet.count + 128 <= Self.outputCapacity, unsafe tls.write(packet) else {
                return false
            }
            collect(from: tls)
            return true
        }
        guard attempt == nil else { return unsafe appendBytes(packet) }
        guard packet.count <= Int(UInt16.max), outputRange.count + Self.headerSize + packet.count <= Self.outputCapacity
        else { return false }
        let length = UInt16(truncatingIfNeeded: packet.count).bigEndian
        return unsafe withUnsafeBytes(of: length) { unsafe appendBytes($0) } && appendBytes(packet)
    }

    /// Puts bytes behind those that wait; says whether there was room.
    private func appendBytes(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let room = unsafe room(for: bytes.count) else { return false }
        unsafe room.copyMemory(from: bytes)
        outputRange = outputRange.lowerBound..<outputRange.upperBound + bytes.count
        return true
    }

    /// Room for so many bytes behind those that wait, where there is as much.
    private func room(for count: Int) -> UnsafeMutableRawBufferPointer? {
        guard outputRange.count + count <= Self.outputCapacity else { return nil }
        let buffer = unsafe output ?? .allocate(byteCount: Self.outputCapacity, alignment: 16)
        unsafe output = buffer
        if Self.outputCapacity - outputRange.upperBound < count {
            unsafe buffer.copyMemory(from: buffer + outputRange.lowerBound, byteCount: outputRange.count)
            outputRange = 0..<outputRange.count
        }
        return unsafe UnsafeMutableRawBufferPointer(start: buffer + outputRange.upperBound, count: count)
    }

    /// Whether something waits to be sent.
    var hasOutput: Bool { !outputRange.isEmpty }

    // MARK: Security

    /// Has the connection secured, from its first byte on.
    func secure(by tls: TLSClientConnection?) {
        self.tls = tls
        if let tls { collect(from: tls) }
    }

    /// Why the connection could not be secured, or is not any more.
    var securityFailure: String? {
        if case .failed(let reason)? = tls?.state { reason } else { nil }
    }

    /// Tells the far end of a secured connection that it is over.
    func endSecurity() {
        tls?.close()
        if let tls { collect(from: tls) }
    }

    /// Puts what TLS has to say behind what waits; what finds no room stays with it.
    private func collect(from tls: TLSClientConnection) {
        while case let count = min(tls.pendingCount, Self.outputCapacity - outputRange.count), count > 0 {
            guard let room = unsafe room(for: count) else { return }
            let taken = unsafe tls.poll(into: room)
            guard taken > 0 else { return }
            outputRange = outputRange.lowerBound..<outputRange.upperBound + taken
        }
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
