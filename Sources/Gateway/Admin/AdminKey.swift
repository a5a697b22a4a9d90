// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird
import SkyWay

/// Lets operators in, and nobody else.
struct AdminKey: Sendable {
    /// Whether there is one.
    var isSet: Bool { key != nil }

    private let key: BearerToken?

    /// Takes the key of a configuration; without one nobody is let in.
    init(_ configuration: GatewayConfiguration) {
        key = configuration.adminKey.map { BearerToken($0.exposed) }
    }

    /// - Throws: `Refusal` where a request is not the operator's.
    func check(_ request: Request) throws(Refusal) {
        guard let key else { throw .adminUnavailable }
        let token = BearerToken(authorization: request.headers[.authorization])
        guard let token, key.matches(token) else { throw .adminUnauthorized(hadToken: token != nil) }
    }
}
