// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTCCrypto

/// A bearer token (RFC 6750 §2.1), such as a stream key, that can be compared and is never shown by accident.
package struct BearerToken: Sendable {
    /// The token itself, for those who have to read or pass on what it says.
    let exposed: String
    /// Its SHA-256 digest.
    let digest: [UInt8]

    /// Takes a token.
    ///
    /// - Parameter text: the token itself.
    package init(_ text: some StringProtocol) {
        exposed = String(text)
        let bytes = Array(text.utf8)
        digest = HashAlgorithm.sha256.digest(of: bytes.span.bytes)
    }

    /// Reads the value of an `Authorization` header; `nil` where it is no bearer token.
    ///
    /// - Parameter authorization: the value.
    package init?(authorization: String?) {
        guard let parts = authorization?.split(separator: " ", maxSplits: 1), parts.count == 2,
            parts[0].lowercased() == "bearer"
        else { return nil }
        let token = parts[1].drop { $0 == " " }
        guard !token.isEmpty else { return nil }
        self.init(token)
    }

    /// Whether both are the same, in a time that does not tell how much of them is.
    package func matches(_ other: BearerToken) -> Bool { matches(digest: other.digest) }

    /// Whether this is the token of a digest, in a time that does not tell how much of it is.
    func matches(digest other: [UInt8]) -> Bool { isEqualInConstantTime(digest.span.bytes, other.span.bytes) }
}

extension BearerToken: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "<bearer token>" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
