// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import JWTKit

@testable import Gateway

/// Signs tokens as an issuer does, and has the key set for them.
struct TokenSigner: Sendable {
    /// What a token says beside its grant.
    struct Claims: JWTPayload {
        var iss: String?
        var aud: String?
        var sub: String?
        var jti: String?
        var exp: Int?
        var nbf: Int?
        var channel: String?
        var memberName: String?
        var codecs: [String]?
        var maximumBitrate: Int?
        var maximumPublishers: Int?

        func verify(using algorithm: some JWTAlgorithm) async throws {}
    }

    let algorithm: String
    let id: String
    /// Its key as a key set has it.
    let webKey: [String: String]
    private let keys: JWTKeyCollection

    /// Makes a signer with a key of its own.
    static func make(_ algorithm: String, id: String) async throws -> TokenSigner {
        let keys = JWTKeyCollection()
        var webKey = ["kid": id, "alg": algorithm, "use": "sig"]
        switch algorithm {
        case "HS256":
            let secret = (0..<32).map { _ in UInt8.random(in: 0...255) }
            await keys.add(hmac: HMACKey(from: secret), digestAlgorithm: .sha256)
            webKey.merge(["kty": "oct", "k": Data(secret).base64URL]) { $1 }
        case "RS256":
            let key = try Insecure.RSA.PrivateKey(pem: rsaKey)
            await keys.add(rsa: key, digestAlgorithm: .sha256)
            let (modulus, exponent) = try key.publicKey.getKeyPrimitives()
            webKey.merge(["kty": "RSA", "n": modulus.base64URL, "e": exponent.base64URL]) { $1 }
        default:
            let key = ES256PrivateKey()
            await keys.add(ecdsa: key)
            guard let point = key.publicKey.parameters else { throw JWTError.noKeyProvided }
            webKey.merge(["kty": "EC", "crv": "P-256", "x": point.x.base64URL, "y": point.y.base64URL]) { $1 }
        }
        return TokenSigner(algorithm: algorithm, id: id, webKey: webKey, keys: keys)
    }

    /// Signs what is claimed.
    func sign(_ claims: Claims, header: JWTHeader? = nil) async throws -> String {
        var header = header ?? JWTHeader()
        header.alg = algorithm
        header.kid = header.kid ?? id
        return try await keys.sign(claims, header: header)
    }

    /// A key set as JSON.
    static func keySet(_ keys: [[String: String]]) throws -> String {
        String(decoding: try JSONEncoder().encode(["keys": keys]), as: UTF8.self)
    }

    /// For tests alone: making one takes a second.
    private static let rsaKey = """
        -----BEGIN PRIVATE KEY-----
        MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQCxPI2ChQgGmybs
        dhK4V4EuuKafO6QTn9KrPCe5TGSMQebvy4s3U+eNGuwO2k37jyQWKc3eT2peYVCu
        Qk1buNtg38e0aJuVUGXmG4rZxTGM/1LpCDgebu6rzkEWdQJOgLgpUHFHMx7jOsj7
        Sj9kcaGhoCAM+UajvDb488Vh51xJlyMSLYWWTfopV5t7QVeYRNjGHzrZCXZo/b9S
        DicPq6ijku90ge+Tbhp5MeN8DT3zxD9ugzEaQVX0yDZYkD+e4L7l2ZgAJqezxiRM
        XuSSoGpuOIyaqfshvec66LG6w3awn4HKMZpTq/0f189n7ZBeqMbd7bn7QW6ry+A6
        0idrx6g5AgMBAAECggEAFCdIChLkI5LUkr0nCh99I4RrV0jvXSyRG9fhG9DEJYTA
        Of03AolqbOD7qFa02QmLoho1JssjU8G/bF6YBaQtYe8gT3M5BHoEvu0xKpZ3OMq3
        BqOLdL51f5jE+ETsMw6vokGw7Svdc8Y1S18ZJUFHOVCIGcw7TEFfLjYootDYQs/E
        HF88+kYPIoa5lAq5vS7Gy9oLGdeyXbPJ6a1gj/0x729rAj9Ys+asJra/xZGxmPoj
        XFdjkrMx707wIyM7IlacEPSHqz+ORr5kOgFh/ZtV4jYPRAIO8ObB8F8KlCt2a1D3
        UV2lwlt6egGwS6cpotMLQJZoSVPkxydYY0PY5nP59wKBgQDyU5tj/cTyHCkGv6Sx
        bnW5lpf68FsxvBgcJrZREP29/EQEqxh1lEqJVQHRvhRP+8TB07FLILvFPhnkuWO4
        Aygc4dOulGLiGDqscXne08imYqHhp7cjAgWXcU/98zcMz7SgvzIqlkGShdAWcGKu
        NcU+r/zaOK4FVeuomkhvIcqr0wKBgQC7PLlNy6lwvNG79zJ8FbH4Ag6TsVKx2Fpu
        ghoFnhyQCfBqYJ/6d1kb8MV2eDoIe6JWkdV6ysU0ScywMP+wwpadpR8H1hD6Zxgl
        6qckdPfbZchkyZ96dqFo6W+nH/P6NNmioWBxhTT7L5JxxXJYi1qVV+cTlYWsLwNn
        eery4NKQQwKBgQDtwaRLthf+6CxEp9GCGPu+rIfPOPZw1LjfHghxf3dGaXWfEvP7
        oRSEq/gN/y5Uz5RcDET+jk5NF0I2jMLPL6GyvMuBlatzZAxlVy0YuLg8r7de/LwN
        yBUOYqn2YyRXGI+DzDP/Xs9VYJ8q9PeNL8qoV+mBfm0XZRbDpSR+jSwZ6wKBgGHA
        TyH9bOWtvnW6lcHQdcx8Dm4vCnRM9tFw3PMH2/ObLMfs0DisLHp41i6GkA2ztkop
        8uEbkZ891D48JpF61bVR6oRlzxFb13CcNEzFQE1rsxZjaP4/hv9FuAPxm6eKBgFw
        7O/3UnS9HmCFa7AseMs1TC+eRV5iYQ2Zyf6pP2UPAoGABoBRfNmbrkBY9r+XdnZx
        aBMmMxGdcWIcHz2WwE3pZtkeQ1s9jgLXgdVQeJHLiSVeqQpNvOx76b0D6dz+EQNa
        o2ApD2OaJAumGW5fSTy6RK7SPARhDhzApAAOVTIoD6q3DYkqpAxubfc+jr7Lj/fk
        JSejebKDW4YQq1gzUj5GVGQ=
        -----END PRIVATE KEY-----
        """
}

extension Data {
    /// As JSON Web Signatures write bytes.
    var base64URL: String {
        base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}

extension String {
    /// The same bytes in base64url, of base64.
    fileprivate var base64URL: String {
        replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
