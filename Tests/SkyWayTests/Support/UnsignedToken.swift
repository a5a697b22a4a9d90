// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import SkyWay

/// Tokens whose signature is of no interest.
enum UnsignedToken {
    /// A JSON Web Token with these claims.
    static func encode(_ claims: String) -> String {
        let payload = Data(claims.utf8).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        return "e30.\(payload).e30"
    }

    /// A token with this scope, and these times and number.
    static func decode(
        scope: String,
        version: Int = 3,
        times: String = #""iat":1000,"exp":4600"#,
        number: Int = 0
    ) throws -> AuthToken {
        let id = "5f0e6f0e-2a52-4a0a-9c0b-\(String(format: "%012d", number))"
        return try AuthToken(decoding: encode(#"{"jti":"\#(id)",\#(times),"version":\#(version),"scope":\#(scope)}"#))
    }
}
