// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// A UDP port of the loopback interface that is read without waiting; what waits in it is bounded by its buffer.
package final class LoopbackReceiver: Sendable {
    /// The port.
    package let port: UInt16
    private let descriptor: Int32

    /// Opens any free port.
    ///
    /// - Throws: `WHIPError` where the system has none.
    package init() throws(WHIPError) {
        #if canImport(Darwin)
            let type = SOCK_DGRAM
        #else
            let type = Int32(SOCK_DGRAM.rawValue)
        #endif
        let descriptor = socket(AF_INET, type, 0)
        guard descriptor >= 0, let port = Self.prepare(descriptor) else {
            let reason = String(cString: strerror(errno))
            if descriptor >= 0 { close(descriptor) }
            throw WHIPError(.media, "No port of the loopback interface could be opened: \(reason).")
        }
        self.descriptor = descriptor
        self.port = port
    }

    deinit { close(descriptor) }

    /// Takes one datagram; `nil` where none waits.
    ///
    /// - Parameter buffer: where to put it; what does not fit is cut off.
    /// - Returns: its length.
    func receive(into buffer: UnsafeMutableRawBufferPointer) -> Int? {
        let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
        return count < 0 ? nil : count
    }

    private static func prepare(_ descriptor: Int32) -> UInt16? {
        var size: Int32 = 1 << 20
        _ = setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        guard fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0, fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 else {
            return nil
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                bind(descriptor, name, length) == 0 ? getsockname(descriptor, name, &length) : -1
            }
        }
        return result == 0 ? UInt16(bigEndian: address.sin_port) : nil
    }
}
