// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The hash of a certificate by which peers recognise each other (RFC 8122 §5).
package struct CertificateFingerprint: Hashable, Sendable, CustomStringConvertible {
    /// The hash function.
    package let algorithm: HashAlgorithm

    /// The digest of the certificate's DER form.
    package let bytes: [UInt8]

    /// Makes a fingerprint; `nil` when the digest does not have the algorithm's length.
    package init?(algorithm: HashAlgorithm, bytes: [UInt8]) {
        guard bytes.count == algorithm.digestLength else { return nil }
        self.algorithm = algorithm
        self.bytes = bytes
    }

    /// Reads the two pieces of `a=fingerprint`: `sha-256` and `AA:BB:…`.
    ///
    /// `nil` for an algorithm that is not known (or too weak, as MD5), or bytes that are not a digest of it.
    package init?(algorithm name: some StringProtocol, text: some StringProtocol) {
        guard let algorithm = HashAlgorithm(rawValue: name.lowercased()) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(algorithm.digestLength)
        for pair in text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false) {
            guard pair.count == 2, bytes.count < algorithm.digestLength else { return nil }
            var value: UInt8 = 0
            for digit in pair {
                guard let digit = Self.value(ofHexDigit: digit) else { return nil }
                value = value << 4 | digit
            }
            bytes.append(value)
        }
        self.init(algorithm: algorithm, bytes: bytes)
    }

    /// Reads the whole value of `a=fingerprint`: `sha-256 AA:BB:…`.
    package init?(parsing value: some StringProtocol) {
        let pieces = value.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
        guard pieces.count == 2 else { return nil }
        self.init(algorithm: pieces[0], text: pieces[1])
    }

    /// The digest as SDP writes it: `AA:BB:…`, upper-case.
    package var text: String {
        let digits = Array("0123456789ABCDEF".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count * 3)
        for byte in bytes {
            if !text.isEmpty { text.append(UInt8(ascii: ":")) }
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The whole value of `a=fingerprint`: `sha-256 AA:BB:…`.
    package var description: String { "\(algorithm.rawValue) \(text)" }

    private static func value(ofHexDigit digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
