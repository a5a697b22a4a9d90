// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// An application of this server: what SkyWay's console would have given out.
package struct LocalApplication: Hashable, Sendable {
    /// The application id, a UUID.
    package let id: String
    /// The secret tokens are signed with, used as it stands (no base64 decoding).
    package let secret: String

    /// Makes an application.
    ///
    /// - Parameters:
    ///   - id: the application id, a UUID.
    ///   - secret: the secret; at least 32 bytes, as HMAC-SHA-256 asks for (RFC 7518 §3.2).
    /// - Throws: ``LocalApplicationError`` when one of them cannot be used.
    package init(id: String, secret: String) throws(LocalApplicationError) {
        guard Identifier.isUUID(id) else { throw .idIsNotUUID }
        guard secret.utf8.count >= 32 else { throw .secretIsTooShort }
        self.id = id
        self.secret = secret
    }

    private init(development id: String, _ secret: String) {
        self.id = id
        self.secret = secret
    }

    /// The development application: fixed, public and the same in every copy of this project.
    ///
    /// It exists so that a gateway, a page and a test find each other without an account. It protects nothing:
    /// SkyWayLocal is for one's own machine and network, and nothing secret may depend on it.
    package static let development = LocalApplication(
        development: "10ca1000-57a7-4c0d-8e11-5c1e9a7e0001",
        "skyway-local-development-secret-not-a-secret"
    )
}

/// Why an application cannot be used.
package enum LocalApplicationError: Error, Hashable, Sendable {
    /// The id is not a UUID.
    case idIsNotUUID
    /// The secret is shorter than 32 bytes.
    case secretIsTooShort
}
