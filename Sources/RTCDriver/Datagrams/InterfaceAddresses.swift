// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import RTC

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// The addresses of this machine that peers may reach it at.
package enum InterfaceAddresses {
    /// The most addresses that are announced.
    static let limit = 8

    /// The addresses to announce where none are configured, best first.
    ///
    /// The IPv4 address of the default route comes first, then other IPv4, then IPv6, and 127.0.0.1 last, so that a
    /// browser on this machine gets through wherever the others don't lead. Link-local addresses are left out.
    package static func announced() -> [IPAddress] {
        arrange(list(), primary: primaryIPv4())
    }

    /// Puts addresses in the order they are announced in.
    static func arrange(_ addresses: [IPAddress], primary: IPAddress?) -> [IPAddress] {
        var result: [IPAddress] = []
        func add(_ candidates: [IPAddress]) {
            for address in candidates where !result.contains(address) { result.append(address) }
        }
        let usable = addresses.filter { !$0.isLoopback && !$0.isLinkLocal }
        if let primary, usable.contains(primary) { add([primary]) }
        add(usable.filter(\.isIPv4))
        add(usable.filter { !$0.isIPv4 })
        return result.prefix(limit - 1) + [.loopbackIPv4]
    }

    /// The addresses of all interfaces that are up.
    private static func list() -> [IPAddress] {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard unsafe getifaddrs(&first) == 0 else { return [] }
        defer { unsafe freeifaddrs(first) }
        var result: [IPAddress] = []
        var next = unsafe first
        while let entry = unsafe next {
            unsafe next = entry.pointee.ifa_next
            guard unsafe entry.pointee.ifa_flags & Platform.interfaceIsUp != 0, let name = unsafe entry.pointee.ifa_addr
            else { continue }
            if let address = unsafe read(name) { result.append(address) }
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

    /// The IPv4 address that the default route leaves from.
    ///
    /// Nothing is sent: connecting only picks the route.
    private static func primaryIPv4() -> IPAddress? {
        let documentation = TransportAddress(IPAddress(ipv4: 0xc000_0201), port: 9)
        guard let probe = try? DatagramSocket(bindingTo: TransportAddress(.anyIPv4, port: 0), options: .init()),
            probe.connect(to: documentation)
        else { return nil }
        return probe.currentLocalAddress?.ip
    }
}
