// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

#if canImport(Darwin)
    internal import Darwin
#else
    internal import CDatagram
    internal import Glibc
#endif

/// A descriptor that another thread makes readable to end a wait: an `eventfd` on Linux, a pipe elsewhere.
///
/// Sendable: two descriptors that never change, and calls that any thread may make; closed when the last owner lets go.
final class WakeUp: Sendable {
    /// The descriptor to watch.
    let readEnd: Int32
    private let writeEnd: Int32

    /// Opens the descriptors.
    ///
    /// - Parameter usesPortableCalls: whether to use a pipe where there is something better.
    /// - Throws: `SocketError`.
    init(usesPortableCalls: Bool = Platform.hasOnlyPortableCalls) throws(SocketError) {
        #if os(Linux)
            if !usesPortableCalls {
                let descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
                guard descriptor >= 0 else { throw SocketError(operation: .wait, number: Platform.errorNumber) }
                readEnd = descriptor
                writeEnd = descriptor
                return
            }
        #endif
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { throw SocketError(operation: .wait, number: Platform.errorNumber) }
        ends.forEach(Platform.makeNonBlocking)
        readEnd = ends[0]
        writeEnd = ends[1]
    }

    deinit {
        close(readEnd)
        if writeEnd != readEnd { close(writeEnd) }
    }

    /// Makes the descriptor readable.
    func signal() {
        var one: UInt64 = 1
        // Where there is no room, a signal is waiting already.
        _ = unsafe write(writeEnd, &one, MemoryLayout<UInt64>.size)
    }

    /// Makes the descriptor unreadable again.
    func clear() {
        var value: UInt64 = 0
        while unsafe read(readEnd, &value, MemoryLayout<UInt64>.size) > 0 {}
    }
}
