// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import JWTKit

/// What a JSON Web Token has to say of its bearer (RFC 7519 §4), beside the grant itself.
struct AccessTokenClaims: JWTPayload {
    var iss: String?
    var aud: Audience?
    var sub: String?
    var jti: String?
    var exp: Double?
    var nbf: Double?
    var grant: GrantDescription

    /// One text or several.
    struct Audience: Codable, Hashable, Sendable {
        var values: [String]

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let one = try? container.decode(String.self) {
                values = [one]
            } else {
                values = try container.decode([String].self)
            }
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            try container.encode(values)
        }
    }

    private enum Key: CodingKey {
        case iss
        case aud
        case sub
        case jti
        case exp
        case nbf
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        iss = try container.decodeIfPresent(String.self, forKey: .iss)
        aud = try container.decodeIfPresent(Audience.self, forKey: .aud)
        sub = try container.decodeIfPresent(String.self, forKey: .sub)
        jti = try container.decodeIfPresent(String.self, forKey: .jti)
        exp = try container.decodeIfPresent(Double.self, forKey: .exp)
        nbf = try container.decodeIfPresent(Double.self, forKey: .nbf)
        grant = try GrantDescription(from: decoder)
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encodeIfPresent(iss, forKey: .iss)
        try container.encodeIfPresent(aud, forKey: .aud)
        try container.encodeIfPresent(sub, forKey: .sub)
        try container.encodeIfPresent(jti, forKey: .jti)
        try container.encodeIfPresent(exp, forKey: .exp)
        try container.encodeIfPresent(nbf, forKey: .nbf)
        try grant.encode(to: encoder)
    }

    /// The times and names are looked at by whoever knows the clock and the settings.
    func verify(using algorithm: some JWTAlgorithm) async throws {}
}

/// Why a JSON Web Token is refused.
package enum AccessTokenFlaw: Hashable, Sendable {
    case malformed
    case unknownKey
    case badSignature
    case expired
    case notYetValid
    case noExpiry
    case wrongIssuer
    case wrongAudience
    case invalidGrant(InvalidGrant)

    /// What to do, in a sentence.
    var advice: String {
        switch self {
        case .malformed: "The token can't be read; copy the whole of it into the encoder."
        case .unknownKey: "Sign the token by HS256, RS256 or ES256 with a key that the gateway knows."
        case .badSignature: "The signature of the token is wrong; copy the whole of it, or get another."
        case .expired: "The token has expired; get another, and check the clocks where it is new."
        case .notYetValid: "The token is not valid yet; check the clocks of the issuer and of the gateway."
        case .noExpiry: "The token has no exp, which the gateway asks for; get one that expires."
        case .wrongIssuer: "The token is of another issuer than the gateway trusts."
        case .wrongAudience: "The token is for another audience than this gateway."
        case .invalidGrant(let error): "The token allows what can't be: \(error.reason)."
        }
    }
}
