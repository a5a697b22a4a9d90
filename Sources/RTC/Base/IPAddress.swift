// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// An IPv4 or IPv6 address as two integers; IPv4 is held in its mapped form `::ffff:a.b.c.d` (RFC 4291 §2.5.5.2).
package struct IPAddress: Hashable, Sendable, BitwiseCopyable {
    /// The first eight bytes, most significant first.
    package var high: UInt64
    /// The last eight bytes, most significant first.
    package var low: UInt64

    /// Makes an IPv6 address from its two halves, or an IPv4 address where they have the mapped form.
    ///
    /// - Parameters:
    ///   - high: the first eight bytes as a number.
    ///   - low: the last eight bytes as a number.
    @inlinable
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    // Compared several times with every packet, by other modules too: what the compiler derives is not inlined there.
    @inlinable
    package static func == (left: IPAddress, right: IPAddress) -> Bool {
        left.low == right.low && left.high == right.high
    }

    /// Makes an IPv4 address.
    ///
    /// - Parameter ipv4: the four bytes as a number in host byte order (`0x7f00_0001` is 127.0.0.1).
    @inlinable
    package init(ipv4: UInt32) {
        self.init(high: 0, low: 0xffff_0000_0000 | UInt64(ipv4))
    }

    /// Reads an address as people and SDP write it; `nil` for a host name or anything else.
    ///
    /// - Parameter text: dotted IPv4, or IPv6 (RFC 4291 §2.2) without brackets and zone.
    package init?(_ text: some StringProtocol) {
        if let ipv4 = Self.parseIPv4(text.utf8) {
            self.init(ipv4: ipv4)
        } else if let (high, low) = Self.parseIPv6(text) {
            self.init(high: high, low: low)
        } else {
            return nil
        }
    }

    /// The unspecified IPv4 address 0.0.0.0.
    package static let anyIPv4 = IPAddress(ipv4: 0)
    /// 127.0.0.1.
    package static let loopbackIPv4 = IPAddress(ipv4: 0x7f00_0001)

    /// Whether this is an IPv4 address.
    @inlinable
    package var isIPv4: Bool { high == 0 && low >> 32 == 0xffff }

    /// The four bytes of an IPv4 address as a number in host byte order; meaningless for IPv6.
    @inlinable
    package var ipv4: UInt32 { UInt32(truncatingIfNeeded: low) }

    /// Whether the address is 127.0.0.0/8 or ::1.
    package var isLoopback: Bool { isIPv4 ? ipv4 >> 24 == 127 : high == 0 && low == 1 }

    /// Whether a host, named or by its address, is this machine as only itself reaches it.
    package static func isLoopback(host: String) -> Bool {
        host == "localhost" || IPAddress(host)?.isLoopback == true
    }

    /// Whether the address is 169.254.0.0/16 or fe80::/10.
    package var isLinkLocal: Bool { isIPv4 ? ipv4 >> 16 == 0xa9fe : high >> 54 == 0x3fa }

    private static func parseIPv4(_ text: some Sequence<UInt8>) -> UInt32? {
        var value: UInt32 = 0
        var parts = 0
        var current: UInt32?
        for byte in text {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                let next = (current ?? 0) * 10 + UInt32(byte - UInt8(ascii: "0"))
                guard next <= 255, current != 0 else { return nil }
                current = next
            case UInt8(ascii: "."):
                guard let part = current, parts < 3 else { return nil }
                value = value << 8 | part
                parts += 1
                current = nil
            default:
                return nil
            }
        }
        guard let part = current, parts == 3 else { return nil }
        return value << 8 | part
    }

    private static func parseIPv6(_ text: some StringProtocol) -> (UInt64, UInt64)? {
        let halves = text.split(separator: "::", maxSplits: 2, omittingEmptySubsequences: false)
        guard halves.count <= 2, let head = parseGroups(halves[0]) else { return nil }
        var groups = head
        if halves.count == 2 {
            guard let tail = parseGroups(halves[1]), head.count + tail.count < 8 else { return nil }
            groups += Array(repeating: 0, count: 8 - head.count - tail.count) + tail
        }
        guard groups.count == 8 else { return nil }
        let high = groups[..<4].reduce(UInt64(0)) { $0 << 16 | UInt64($1) }
        let low = groups[4...].reduce(UInt64(0)) { $0 << 16 | UInt64($1) }
        return (high, low)
    }

    private static func parseGroups(_ text: some StringProtocol) -> [UInt16]? {
        guard !text.isEmpty else { return [] }
        var groups: [UInt16] = []
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            if index == parts.count - 1, let ipv4 = parseIPv4(part.utf8) {
                groups += [UInt16(ipv4 >> 16), UInt16(truncatingIfNeeded: ipv4)]
            } else {
                guard (1...4).contains(part.utf8.count), part.allSatisfy(\.isHexDigit),
                    let group = UInt16(part, radix: 16)
                else { return nil }
                groups.append(group)
            }
        }
        return groups
    }
}

extension IPAddress: CustomStringConvertible {
    /// The address as RFC 5952 writes it.
    package var description: String {
        if isIPv4 {
            return "\(ipv4 >> 24).\(ipv4 >> 16 & 255).\(ipv4 >> 8 & 255).\(ipv4 & 255)"
        }
        let groups = (0..<8).map { UInt16(truncatingIfNeeded: ($0 < 4 ? high : low) >> (48 - 16 * ($0 % 4))) }
        guard let zeros = longestZeroRun(groups) else {
            return groups.map { String($0, radix: 16) }.joined(separator: ":")
        }
        let head = groups[..<zeros.lowerBound].map { String($0, radix: 16) }.joined(separator: ":")
        let tail = groups[zeros.upperBound...].map { String($0, radix: 16) }.joined(separator: ":")
        return head + "::" + tail
    }

    private func longestZeroRun(_ groups: [UInt16]) -> Range<Int>? {
        var best: Range<Int>?
        var start = 0
        while start < groups.count {
            var end = start
            while end < groups.count, groups[end] == 0 { end += 1 }
            if end - start >= 2, end - start > (best?.count ?? 0) { best = start..<end }
            start = max(end, start + 1)
        }
        return best
    }
}
