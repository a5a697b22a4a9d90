// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import RTC

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// What the system says of an IPv6 address beside that it is there.
struct InterfaceAddressState: Hashable, Sendable {
    /// Whether it is one of those that change each day, so that nobody can be followed by it (RFC 8981).
    var isTemporary = false
    /// Whether packets to it arrive: not while it is not known to be unique, and not for new connections once it is
    /// deprecated (RFC 4862 §2).
    var isUsable = true

    /// The states of the IPv6 addresses; none where the system does not tell.
    static func all() -> [IPAddress: InterfaceAddressState] {
        #if os(Linux)
            return parse(text(of: "/proc/net/if_inet6"))
        #else
            return [:]
        #endif
    }

    /// Reads the lines of Linux's `/proc/net/if_inet6`: address, index, prefix, scope, flags, name, in hexadecimal.
    static func parse(_ text: String) -> [IPAddress: InterfaceAddressState] {
        var result: [IPAddress: InterfaceAddressState] = [:]
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count >= 5, fields[0].utf8.count == 32,
                let high = UInt64(fields[0].prefix(16), radix: 16), let low = UInt64(fields[0].suffix(16), radix: 16),
                let flags = UInt32(fields[4], radix: 16)
            else { continue }
            // IFA_F_TEMPORARY; IFA_F_DADFAILED, IFA_F_DEPRECATED and IFA_F_TENTATIVE of <linux/if_addr.h>.
            result[IPAddress(high: high, low: low)] = InterfaceAddressState(
                isTemporary: flags & 0x01 != 0,
                isUsable: flags & (0x08 | 0x20 | 0x40) == 0
            )
        }
        return result
    }

    #if os(Linux)
        /// The text of a file of the system's; empty where there is none.
        ///
        /// 64 KiB are read of it, which is 1,000 addresses.
        private static func text(of path: String) -> String {
            let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { return "" }
            defer { Platform.close(descriptor) }
            var bytes = [UInt8](repeating: 0, count: 64 << 10)
            var length = 0
            while length < bytes.count {
                let count = unsafe bytes[length...].withUnsafeMutableBytes { room in
                    unsafe read(descriptor, room.baseAddress, room.count)
                }
                guard count > 0 else { break }
                length += count
            }
            return String(decoding: bytes[..<length], as: UTF8.self)
        }
    #endif
}
