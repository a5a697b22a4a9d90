// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPKit
import JWTKit

@testable import SkyWayLocal

/// Claims written as JSON, so that tests say what is on the wire and not what our models make of it.
private struct RawClaims: JWTPayload {
    let value: JSONValue

    init(json: String) throws { value = try JSONDecoder().decode(JSONValue.self, from: Data(json.utf8)) }
    init(from decoder: any Decoder) throws { value = try JSONValue(from: decoder) }
    func encode(to encoder: any Encoder) throws { try value.encode(to: encoder) }
    func verify(using algorithm: some JWTAlgorithm) async throws {}
}

enum TestTokens {
    static let appID = LocalApplication.development.id
    static let otherAppID = "8d89c0ae-8b95-47f8-b87d-7a0decce6887"

    /// Signs claims given as JSON.
    static func sign(_ json: String, secret: String = LocalApplication.development.secret) async throws -> String {
        let keys = JWTKeyCollection()
        await keys.add(hmac: HMACKey(from: secret), digestAlgorithm: .sha256)
        return try await keys.sign(try RawClaims(json: json))
    }

    /// Puts claims that need not be JSON into a token whose signature is none.
    static func forge(_ claims: String) -> String {
        func encode(_ text: String) -> String {
            Data(text.utf8).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
                .replacing("=", with: "")
        }
        return encode(#"{"alg":"HS256","typ":"JWT"}"#) + "." + encode(claims) + ".AAAA"
    }

    /// The claims of a token around a scope.
    static func claims(
        scope: String,
        version: Int? = 3,
        issuedAt: Int64 = 1_790_000_000,
        lifetime: Int64 = 3600,
        id: String = "5f0e6f0e-2a52-4a0a-9c0b-1c7c5f0d7c11"
    ) -> String {
        let version = version.map { "\"version\":\($0)," } ?? ""
        return """
            {"jti":"\(id)","iat":\(issuedAt),"exp":\(issuedAt + lifetime),\(version)"scope":\(scope)}
            """
    }

    /// A version 3 scope that allows everything in every room.
    static let everything = """
        {"appId":"\(appID)","rooms":[{"name":"*","methods":["create","close","updateMetadata"],
         "sfu":{"enabled":true,"maxSubscribersLimit":99},
         "member":{"name":"*","methods":["publish","subscribe","updateMetadata"]}}]}
        """

    /// A token for everything, issued now.
    static func allowingEverything(issuedAt: Int64 = Int64(Date().timeIntervalSince1970)) async throws -> String {
        try await sign(claims(scope: everything, issuedAt: issuedAt))
    }

    /// Decodes a scope as the verifier would.
    static func token(scope: String, version: Int) throws -> AuthToken {
        try JSONDecoder().decode(AuthTokenClaims.self, from: Data(claims(scope: scope, version: version).utf8)).token
    }
}
