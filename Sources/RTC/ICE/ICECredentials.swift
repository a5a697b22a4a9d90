// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The user name fragment and password of one side (RFC 8839 §5.4); neither ever shows in a description.
package struct ICECredentials: Hashable, Sendable {
    /// Names the session; sent in the clear with every check.
    package let usernameFragment: String
    /// The key of MESSAGE-INTEGRITY.
    package let password: String

    /// Takes credentials from signalling; `nil` where a length or character is not allowed.
    ///
    /// - Parameters:
    ///   - usernameFragment: 4 to 256 characters.
    ///   - password: 22 to 256 characters.
    package init?(usernameFragment: String, password: String) {
        guard (4...256).contains(usernameFragment.utf8.count), (22...256).contains(password.utf8.count),
            usernameFragment.utf8.allSatisfy(Self.isAllowed), password.utf8.allSatisfy(Self.isAllowed)
        else { return nil }
        self.usernameFragment = usernameFragment
        self.password = password
    }

    /// Draws credentials: 48 bits to name the session and 144 bits of key, more than RFC 8445 §5.3 asks for.
    ///
    /// - Parameters:
    ///   - fragmentLength: characters of the fragment; mediasoup has 32.
    ///   - passwordLength: characters of the password; mediasoup has 32.
    ///   - generator: where the bits come from.
    /// - Returns: credentials of letters, digits, `+` and `/`.
    package static func make(
        fragmentLength: Int = 8,
        passwordLength: Int = 24,
        using generator: inout some RandomNumberGenerator
    ) -> ICECredentials {
        precondition((4...256).contains(fragmentLength) && (22...256).contains(passwordLength), "RFC 8839 §5.4")
        return ICECredentials(
            drawn: drawText(fragmentLength, using: &generator),
            drawText(passwordLength, using: &generator)
        )
    }

    private init(drawn usernameFragment: String, _ password: String) {
        self.usernameFragment = usernameFragment
        self.password = password
    }

    private static func drawText(_ length: Int, using generator: inout some RandomNumberGenerator) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        let bytes = (0..<length).map { _ in alphabet[Int.random(in: 0..<64, using: &generator)] }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The ice-char of RFC 8839, and the four others that libwebrtc lets pass for old software.
    private static func isAllowed(_ character: UInt8) -> Bool {
        switch character {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"),
            UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "="), UInt8(ascii: "#"):
            true
        default:
            false
        }
    }
}

extension ICECredentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "ICECredentials(hidden)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
