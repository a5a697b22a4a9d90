// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

extension SkyWayLink {
    /// The TURN server that SkyWay names for our member, with credentials for `TURNSettings.lifetime`.
    ///
    /// - Returns: the server; `nil` where the token does not allow one.
    /// - Throws: `SkyWayError`.
    package func turnServer() async throws -> ICEServerParameters.TURN? {
        let channelID = try knownChannel().id
        guard let memberID = machine.memberID else { throw SkyWayError(.memberNotFound, .gateway) }
        let client = ICEParametersClient(host: configuration.iceParameters, client: http)
        let lifetime = configuration.turn.lifetime
        return try await authorized { token throws(SkyWayError) in
            try await client.servers(channelID: channelID, memberID: memberID, ttl: lifetime, token: token)
        }.turn
    }
}
