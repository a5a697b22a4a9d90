// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import CDatagram
internal import RTC

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// The family of a socket; an IPv6 socket that is not restricted to IPv6 reaches IPv4 by mapped addresses.
enum SocketFamily: Sendable, BitwiseCopyable {
    case ipv4
    case ipv6

    /// The number that the socket calls know it by.
    var rawValue: Int32 { self == .ipv4 ? AF_INET : AF_INET6 }
}

/// A socket's name in the form of C: `sockaddr_in` or `sockaddr_in6`, whichever the family says.
struct SocketName {
    /// Room for the larger of the two forms.
    var storage = sockaddr_in6()
    /// How many bytes of `storage` are in use.
    var length: socklen_t = socklen_t(MemoryLayout<sockaddr_in6>.size)

    /// Makes room for a name that a system call writes.
    init() {}

    /// Makes the name of an address as a socket of `family` understands it.
    init(_ address: TransportAddress, family: SocketFamily) {
        switch family {
        case .ipv4:
            var name = sockaddr_in()
            #if canImport(Darwin)
                name.sin_len = UInt8(MemoryLayout<sockaddr_in>.size)
            #endif
            name.sin_family = sa_family_t(AF_INET)
            name.sin_port = address.port.bigEndian
            name.sin_addr.s_addr = address.ip.ipv4.bigEndian
            unsafe withUnsafeMutableBytes(of: &storage) { unsafe $0.storeBytes(of: name, as: sockaddr_in.self) }
            length = socklen_t(MemoryLayout<sockaddr_in>.size)
        case .ipv6:
            #if canImport(Darwin)
                storage.sin6_len = UInt8(MemoryLayout<sockaddr_in6>.size)
            #endif
            storage.sin6_family = sa_family_t(AF_INET6)
            storage.sin6_port = address.port.bigEndian
            let halves = (address.ip.high.bigEndian, address.ip.low.bigEndian)
            unsafe withUnsafeMutableBytes(of: &storage.sin6_addr) {
                unsafe $0.storeBytes(of: halves.0, as: UInt64.self)
                unsafe $0.storeBytes(of: halves.1, toByteOffset: 8, as: UInt64.self)
            }
        }
    }

    /// The address that the name stands for; `nil` when its family is neither IPv4 nor IPv6.
    var address: TransportAddress? {
        switch Int32(storage.sin6_family) {
        case AF_INET:
            let name = unsafe withUnsafeBytes(of: storage) { unsafe $0.loadUnaligned(as: sockaddr_in.self) }
            return TransportAddress(
                IPAddress(ipv4: UInt32(bigEndian: name.sin_addr.s_addr)),
                port: UInt16(bigEndian: name.sin_port)
            )
        case AF_INET6:
            let halves = unsafe withUnsafeBytes(of: storage.sin6_addr) {
                unsafe ($0.loadUnaligned(as: UInt64.self), $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            }
            return TransportAddress(
                IPAddress(high: UInt64(bigEndian: halves.0), low: UInt64(bigEndian: halves.1)),
                port: UInt16(bigEndian: storage.sin6_port)
            )
        default:
            return nil
        }
    }

    /// Reads the name that a socket is bound to; `nil` where it has none.
    init?(of descriptor: Int32) {
        guard unsafe withMutableSocketAddress({ unsafe getsockname(descriptor, $0, $1) }) == 0 else { return nil }
    }

    /// Gives a socket this name, and says what the system made of it.
    ///
    /// - Throws: `SocketError`.
    func bind(_ descriptor: Int32) throws(SocketError) -> TransportAddress {
        #if canImport(Darwin)
            let bound = unsafe withSocketAddress { unsafe Darwin.bind(descriptor, $0, $1) }
        #else
            let bound = unsafe withSocketAddress { unsafe Glibc.bind(descriptor, $0, $1) }
        #endif
        guard bound == 0 else { throw SocketError(operation: .bind, number: Platform.errorNumber) }
        guard let local = SocketName(of: descriptor)?.address else {
            throw SocketError(operation: .name, number: Platform.errorNumber)
        }
        return local
    }

    /// Calls `body` with the name as the socket calls take it.
    func withSocketAddress<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        unsafe withUnsafeBytes(of: storage) { bytes in
            unsafe bytes.withMemoryRebound(to: sockaddr.self) { names in
                guard let name = names.baseAddress else { preconditionFailure("a name has bytes") }
                return unsafe body(name, length)
            }
        }
    }

    /// Calls `body` with room for a name, as the socket calls fill it in.
    mutating func withMutableSocketAddress<Result>(
        _ body: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Result
    ) -> Result {
        unsafe withUnsafeMutableBytes(of: &storage) { bytes in
            unsafe bytes.withMemoryRebound(to: sockaddr.self) { names in
                guard let name = names.baseAddress else { preconditionFailure("a name has bytes") }
                return unsafe body(name, &length)
            }
        }
    }
}
