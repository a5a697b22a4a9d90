// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// A call that can be made to fail: a method of the RTC API, or a call of the REST services.
enum CallName {
    /// Any of them.
    static let any = "*"

    /// The methods of the RTC API (protocol page §2.3).
    static let methods = [
        "getServerUnixtime", "updateAuthToken", "createChannel", "findOrCreateChannel", "getChannel",
        "getChannelByName", "deleteChannel", "updateChannelMetadata", "addMember", "updateMemberTtl",
        "updateMemberMetadata", "removeMember", "publishStream", "unpublishStream", "enablePublication",
        "disablePublication", "updatePublicationMetadata", "subscribeStream", "unsubscribeStream",
        "subscribeChannelEvents",
    ]

    /// The calls of the SFU API in the order of their numbers, 1 to 11 (protocol page §3.1).
    static let sfuCalls = [
        "createBot", "deleteBot", "startForwarding", "stopForwarding", "createProducer", "getRtpCapabilities",
        "createConsumer", "connectTransport", "restartIce", "changeLayer", confirmSubscription,
    ]

    /// Call 11 of the SFU API.
    static let confirmSubscription = "confirmSubscription"

    /// `POST /v1/ice-params`.
    static let iceParams = "iceParams"

    /// Everything that can be named.
    static let allNames = methods + sfuCalls + sfuCalls.indices.map { "\($0 + 1)" } + [iceParams, any]

    /// The name of an SFU API call that was named by its number; any other name as it is.
    static func resolve(_ name: String) -> String {
        guard let number = Int(name), sfuCalls.indices.contains(number - 1) else { return name }
        return sfuCalls[number - 1]
    }

    /// The name of the call that a REST request makes; nil for anything else.
    static func rest(method: String, path: String) -> String? {
        let parts = path.split(separator: "/")
        switch (method, parts.first, parts.count) {
        case ("POST", "v1", 2) where parts[1] == "ice-params": return iceParams
        case (_, "v4", 2...): return sfu(method, parts.dropFirst())
        default: return nil
        }
    }

    private static func sfu(_ method: String, _ parts: ArraySlice<Substring>) -> String? {
        let parts = Array(parts)
        let forwarding = parts.count > 2 && parts[0] == "bots" && parts[2] == "forwardings"
        switch (method, parts.count, parts.last) {
        case ("POST", 1, "bots"): return sfuCalls[0]
        case ("DELETE", 2, _) where parts[0] == "bots": return sfuCalls[1]
        case ("POST", 3, _) where forwarding: return sfuCalls[2]
        case ("DELETE", 4, _) where forwarding: return sfuCalls[3]
        case ("PUT", 6, "producers") where forwarding: return sfuCalls[4]
        case ("GET", 6, "rtp-capabilities") where forwarding: return sfuCalls[5]
        case ("POST", 6, "consumers") where forwarding: return sfuCalls[6]
        case ("PUT", 2, "connections") where parts[0] == "transports": return sfuCalls[7]
        case ("PUT", 3, "ice") where parts[0] == "transports": return sfuCalls[8]
        case ("PUT", 4, "layers") where parts[0] == "transports": return sfuCalls[9]
        case ("POST", 1, "confirm-subscription"): return sfuCalls[10]
        default: return nil
        }
    }
}
