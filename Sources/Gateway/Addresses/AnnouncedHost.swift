// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import RTC

/// What the operator tells publishers for media: an address, or a name that stands for some.
package enum AnnouncedHost: Hashable, Sendable {
    /// An IP address.
    case address(IPAddress)
    /// A host name, looked up again and again.
    case name(String)

    /// Reads what an operator has typed; `nil` for what can be neither, and for addresses that nobody can send to.
    ///
    /// - Parameter text: an IP address, in brackets or not, or a host name (RFC 1123 §2.1).
    package init?(_ text: String) {
        let bare = text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : text
        if let address = IPAddress(bare) {
            guard !address.isUnspecified, !address.isMulticast else { return nil }
            self = .address(address)
        } else if Self.isName(text) {
            self = .name(text.lowercased())
        } else {
            return nil
        }
    }

    private static func isName(_ text: String) -> Bool {
        let labels = (text.hasSuffix(".") ? text.dropLast() : text[...]).split(
            separator: ".",
            omittingEmptySubsequences: false
        )
        guard text.utf8.count <= 253, let last = labels.last, last.utf8.contains(where: { !Self.isDigit($0) }) else {
            return false
        }
        return labels.allSatisfy { label in
            (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
                && label.utf8.allSatisfy { Self.isDigit($0) || Self.isLetter($0) || $0 == 0x2d || $0 == 0x5f }
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7a).contains(byte | 0x20) }
}
