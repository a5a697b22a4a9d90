// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import RTC

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// An address of one of this machine's interfaces.
struct InterfaceAddress: Hashable, Sendable {
    /// The address.
    var ip: IPAddress
    /// What the system says of it, where it says anything.
    var state = InterfaceAddressState()
}

/// The addresses of this machine that peers may reach it at.
package enum InterfaceAddresses {
    /// The addresses to announce where none are configured, best first.
    package static func announced() -> [IPAddress] { AddressArrangement.ofThisMachine().ordered }

    /// The addresses of all interfaces that are up, loopback and link-local ones included, in no order.
    package static func all() -> [IPAddress] { list().map(\.ip) }

    /// The addresses of all interfaces that are up and connected to something.
    static func list() -> [InterfaceAddress] {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard unsafe getifaddrs(&first) == 0 else { return [] }
        defer { unsafe freeifaddrs(first) }
        let states = InterfaceAddressState.all()
        var result: [InterfaceAddress] = []
        var next = unsafe first
        while let entry = unsafe next {
            unsafe next = entry.pointee.ifa_next
            guard unsafe entry.pointee.ifa_flags & Platform.interfaceIsUsable == Platform.interfaceIsUsable,
                let name = unsafe entry.pointee.ifa_addr, let ip = unsafe read(name)
            else { continue }
            result.append(InterfaceAddress(ip: ip, state: states[ip] ?? InterfaceAddressState()))
        }
        return result
    }

    private static func read(_ name: UnsafeMutablePointer<sockaddr>) -> IPAddress? {
        var socketName = SocketName()
        let size: Int
        switch unsafe Int32(name.pointee.sa_family) {
        case AF_INET: size = MemoryLayout<sockaddr_in>.size
        case AF_INET6: size = MemoryLayout<sockaddr_in6>.size
        default: return nil
        }
        unsafe withUnsafeMutableBytes(of: &socketName.storage) {
            unsafe $0.copyMemory(from: UnsafeRawBufferPointer(start: name, count: size))
        }
        return socketName.address?.ip
    }

    /// The addresses that the default routes of both families leave from.
    static func primaries() -> [IPAddress] {
        [("192.0.2.1", IPAddress.anyIPv4), ("2001:db8::1", .anyIPv6)].compactMap { documentation, any in
            IPAddress(documentation).flatMap { source(towards: $0, of: any) }
        }
    }

    /// The address that packets to another leave from.
    ///
    /// Nothing is sent: connecting only picks the route.
    private static func source(towards destination: IPAddress, of family: IPAddress) -> IPAddress? {
        guard let probe = try? DatagramSocket(bindingTo: TransportAddress(family, port: 0), options: .init()),
            probe.connect(to: TransportAddress(destination, port: 9))
        else { return nil }
        return probe.currentLocalAddress?.ip
    }
}
