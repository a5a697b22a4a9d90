// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import JWTKit

/// The keys that tokens are signed with: a JSON Web Key Set (RFC 7517 §5), as far as it is for us.
struct AccessTokenKeySet: Sendable {
    /// How a token may be signed (RFC 7518 §3.1).
    enum Algorithm: String, Hashable, Sendable {
        case hs256 = "HS256"
        case rs256 = "RS256"
        case es256 = "ES256"
    }

    /// One key, which is for one algorithm: what a token's header says never changes how a key is used.
    struct Key: Sendable {
        var id: String?
        var algorithm: Algorithm
        /// Holds this key alone.
        var verifier: JWTKeyCollection
    }

    let keys: [Key]
    /// The most keys that are taken of a set.
    private static let limit = 64

    /// Reads a set; keys of other kinds are passed over, as the standard says.
    ///
    /// - Parameters:
    ///   - data: the JSON.
    ///   - allowsSecrets: whether symmetric keys are taken: not from an address, where anybody could read them.
    /// - Throws: `InvalidKeySet` where nothing of it can be used.
    init(parsing data: Data, allowsSecrets: Bool) async throws(InvalidKeySet) {
        struct Document: Decodable {
            var keys: [WebKey]
        }
        guard let document = try? JSONDecoder().decode(Document.self, from: data) else {
            throw InvalidKeySet(description: "it is no JSON Web Key Set")
        }
        var keys: [Key] = []
        for webKey in document.keys.prefix(Self.limit) where allowsSecrets || webKey.kty != "oct" {
            if let key = await webKey.key { keys.append(key) }
        }
        guard !keys.isEmpty else {
            throw InvalidKeySet(description: "it has no key for HS256 (256 bits), RS256 (2048 bits) or ES256")
        }
        self.keys = keys
    }

    /// The keys that a token may be signed with by what its header says.
    func keys(for header: AccessTokenHeader) -> [Key] {
        keys.filter { key in
            key.algorithm.rawValue == header.alg && (header.kid == nil || key.id == nil || key.id == header.kid)
        }
    }
}

/// What the header of a token says of its signature (RFC 7515 §4.1).
struct AccessTokenHeader: Decodable {
    var alg: String
    var kid: String?
    /// Names what has to be understood; we understand none of it.
    var crit: [String]?
}

/// Why a key set can't be used.
struct InvalidKeySet: Error, Hashable, CustomStringConvertible {
    var description: String
}

/// A JSON Web Key as it is written.
private struct WebKey: Decodable {
    var kty: String
    var kid: String?
    var alg: String?
    var use: String?
    var k: String?
    var n: String?
    var e: String?
    var crv: String?
    var x: String?
    var y: String?

    /// The key; `nil` where it is of no use here, or too weak.
    var key: AccessTokenKeySet.Key? {
        get async {
            guard use == nil || use == "sig" else { return nil }
            let verifier = JWTKeyCollection()
            guard let algorithm = try? await add(to: verifier) else { return nil }
            guard alg == nil || alg == algorithm.rawValue else { return nil }
            return AccessTokenKeySet.Key(id: kid, algorithm: algorithm, verifier: verifier)
        }
    }

    private func add(to verifier: JWTKeyCollection) async throws -> AccessTokenKeySet.Algorithm? {
        switch kty {
        case "oct":
            // RFC 7518 §3.2: a key of the hash's size at least.
            guard let secret = k.flatMap(Data.init(base64URL:)), secret.count >= 32 else { return nil }
            await verifier.add(hmac: HMACKey(from: secret), digestAlgorithm: .sha256)
            return .hs256
        case "RSA":
            // RFC 7518 §3.3: 2048 bits at least.
            guard let n, let e, let modulus = Data(base64URL: n), modulus.count >= 256 else { return nil }
            let key = try Insecure.RSA.PublicKey(modulus: n, exponent: e)
            await verifier.add(rsa: key, digestAlgorithm: .sha256)
            return .rs256
        case "EC":
            guard crv == "P-256", let x, let y else { return nil }
            await verifier.add(ecdsa: try ES256PublicKey(parameters: (x, y)))
            return .es256
        default:
            return nil
        }
    }
}

extension Data {
    /// Reads base64url without padding (RFC 7515 §2).
    init?(base64URL text: String) {
        let plain = text.replacing("-", with: "+").replacing("_", with: "/")
        self.init(base64Encoded: plain + String(repeating: "=", count: (4 - plain.utf8.count % 4) % 4))
    }
}
