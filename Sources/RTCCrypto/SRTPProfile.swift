// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// An SRTP protection profile by its number in `use_srtp` (RFC 5764 §4.1.2, RFC 7714 §14.2).
package enum SRTPProfile: UInt16, CaseIterable, Hashable, Sendable {
    /// AES-128 in counter mode, HMAC-SHA1 cut to 80 bits.
    // swift-format-ignore: AlwaysUseLowerCamelCase
    case aes128CMHMACSHA1_80 = 0x0001
    /// AES-128 in Galois/counter mode.
    case aeadAES128GCM = 0x0007
    /// AES-256 in Galois/counter mode.
    case aeadAES256GCM = 0x0008

    /// What a server of ours takes, best first: the cheapest per packet leads.
    package static let preferred: [SRTPProfile] = [.aeadAES128GCM, .aeadAES256GCM, .aes128CMHMACSHA1_80]

    /// The number of bytes of a master key, and of the encryption key derived from it.
    package var keyLength: Int { self == .aeadAES256GCM ? 32 : 16 }

    /// The number of bytes of a master salt, and of the salt derived from it.
    package var saltLength: Int { self == .aes128CMHMACSHA1_80 ? 14 : 12 }

    /// The number of bytes of the authentication tag, in SRTP and SRTCP alike.
    package var tagLength: Int { self == .aes128CMHMACSHA1_80 ? 10 : 16 }

    /// The number of bytes of the key that authenticates; 0 where the cipher does that itself.
    package var authenticationKeyLength: Int { self == .aes128CMHMACSHA1_80 ? 20 : 0 }

    /// The name as RFC 5764 and RFC 7714 write it.
    package var name: String {
        switch self {
        case .aes128CMHMACSHA1_80: "SRTP_AES128_CM_HMAC_SHA1_80"
        case .aeadAES128GCM: "SRTP_AEAD_AES_128_GCM"
        case .aeadAES256GCM: "SRTP_AEAD_AES_256_GCM"
        }
    }

    /// The name as OpenSSL writes it.
    var opensslName: String { self == .aes128CMHMACSHA1_80 ? "SRTP_AES128_CM_SHA1_80" : name }
}
