// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import RTCCrypto

/// Derives session keys from a master key (RFC 3711 §4.3, RFC 7714 §11), once: the key derivation rate is 0.
package struct SRTPKeyDerivation: ~Copyable {
    private let generator: AESCounterMode
    private let profile: SRTPProfile
    private let salt: UInt128

    /// Prepares the pseudo-random function, which is AES-CM with the master key.
    package init(_ master: SRTPKeyingMaterial.Master, profile: SRTPProfile) throws(CryptoError) {
        generator = try AESCounterMode(key: master.key)
        self.profile = profile
        // A salt of 12 bytes is filled with zeros to 14 on the right.
        let bytes = master.salt + [UInt8](repeating: 0, count: 14 - master.salt.count)
        salt = bytes.reduce(0) { $0 << 8 | UInt128($1) }
    }

    /// The keys for RTP packets: labels 0 to 2.
    package func rtpKeys() throws(CryptoError) -> SRTPSessionKeys { try keys(firstLabel: 0) }

    /// The keys for RTCP packets: labels 3 to 5.
    package func rtcpKeys() throws(CryptoError) -> SRTPSessionKeys { try keys(firstLabel: 3) }

    private func keys(firstLabel label: UInt8) throws(CryptoError) -> SRTPSessionKeys {
        SRTPSessionKeys(
            encryption: try derive(label: label, count: profile.keyLength),
            authentication: try derive(label: label + 1, count: profile.authenticationKeyLength),
            salt: try derive(label: label + 2, count: profile.saltLength)
        )
    }

    private func derive(label: UInt8, count: Int) throws(CryptoError) -> [UInt8] {
        try generator.keystream(iv: (salt ^ UInt128(label) << 48) << 16, count: count)
    }
}
