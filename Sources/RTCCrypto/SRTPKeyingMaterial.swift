// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The master keys of an SRTP session, ordered by whose packets they protect (RFC 5764 §4.2).
///
/// Its text form never shows a key.
package struct SRTPKeyingMaterial: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    /// A master key and its salt.
    package struct Master: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
        /// The key, of the profile's ``SRTPProfile/keyLength``.
        package let key: [UInt8]

        /// The salt, of the profile's ``SRTPProfile/saltLength``.
        package let salt: [UInt8]

        /// Makes a master key with its salt.
        package init(key: [UInt8], salt: [UInt8]) {
            self.key = key
            self.salt = salt
        }

        package var description: String { "Master(<hidden>)" }
        package var customMirror: Mirror { Mirror(self, children: []) }
    }

    /// How packets are protected.
    package let profile: SRTPProfile

    /// What protects the packets that we send.
    package let local: Master

    /// What protects the packets that the peer sends.
    package let remote: Master

    /// Makes keying material; traps when a length is not the profile's.
    package init(profile: SRTPProfile, local: Master, remote: Master) {
        for master in [local, remote] {
            precondition(master.key.count == profile.keyLength, "the master key has the wrong length")
            precondition(master.salt.count == profile.saltLength, "the master salt has the wrong length")
        }
        self.profile = profile
        self.local = local
        self.remote = remote
    }

    /// Cuts what the DTLS exporter gave: both keys, then both salts, the client's first (RFC 5764 §4.2).
    init(profile: SRTPProfile, exported: [UInt8], role: DTLSRole) {
        precondition(exported.count == Self.exportedLength(of: profile), "the exporter gave the wrong length")
        let (key, salt) = (profile.keyLength, profile.saltLength)
        let client = Master(key: Array(exported[..<key]), salt: Array(exported[(2 * key)..<(2 * key + salt)]))
        let server = Master(key: Array(exported[key..<(2 * key)]), salt: Array(exported[(2 * key + salt)...]))
        self.init(
            profile: profile,
            local: role == .client ? client : server,
            remote: role == .client ? server : client
        )
    }

    /// The number of bytes to ask of the DTLS exporter.
    static func exportedLength(of profile: SRTPProfile) -> Int { 2 * (profile.keyLength + profile.saltLength) }

    package var description: String { "SRTPKeyingMaterial(\(profile.name))" }
    package var customMirror: Mirror { Mirror(self, children: ["profile": profile]) }
}
