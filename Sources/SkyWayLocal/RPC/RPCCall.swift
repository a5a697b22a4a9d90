// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// A method of the RTC API with its parameters read (protocol page §2.3).
enum RPCCall {
    case getServerUnixtime
    case updateAuthToken
    case createChannel(RPCParameters.NewChannel)
    case findOrCreateChannel(RPCParameters.NewChannel)
    case getChannel(RPCParameters.ChannelID)
    case getChannelByName(RPCParameters.ChannelName)
    case deleteChannel(RPCParameters.ChannelID)
    case updateChannelMetadata(RPCParameters.ChannelMetadata)
    case addMember(RPCParameters.AddMember)
    case updateMemberTtl(RPCParameters.MemberTimeToLive)
    case updateMemberMetadata(RPCParameters.MemberMetadata)
    case removeMember(RPCParameters.RemoveMember)
    case publishStream(RPCParameters.PublishStream)
    case unpublishStream(RPCParameters.PublicationID)
    case enablePublication(RPCParameters.PublicationID)
    case disablePublication(RPCParameters.PublicationID)
    case updatePublicationMetadata(RPCParameters.PublicationMetadata)
    case subscribeStream(RPCParameters.SubscribeStream)
    case unsubscribeStream(RPCParameters.SubscriptionID)
    case subscribeChannelEvents(RPCParameters.EventSubscription)

    /// Whether asking twice would do it twice: what a repeated request id protects (protocol page §2.8).
    var changesState: Bool {
        switch self {
        case .getServerUnixtime, .updateAuthToken, .getChannel, .getChannelByName, .subscribeChannelEvents,
            .updateMemberTtl:
            false
        default: true
        }
    }

    /// Whether it is answered although the token has run out.
    ///
    /// The SDK asks for the time with the old token before it hands over the new one (protocol page §1.7): refused, no
    /// page could ever renew a token that has run out.
    var takesExpiredToken: Bool {
        if case .getServerUnixtime = self { true } else { false }
    }

    /// Reads a method's parameters; nil for a method that does not exist.
    ///
    /// - Parameters:
    ///   - method: the method's name.
    ///   - params: gives the parameters in the shape asked for.
    /// - Returns: the call.
    /// - Throws: `DecodingError` when the parameters do not fit.
    static func read(_ method: String, _ params: RPCParameterReader) throws -> RPCCall? {
        switch method {
        case "getServerUnixtime": .getServerUnixtime
        case "updateAuthToken": .updateAuthToken
        case "createChannel": .createChannel(try params.read())
        case "findOrCreateChannel": .findOrCreateChannel(try params.read())
        case "getChannel": .getChannel(try params.read())
        case "getChannelByName": .getChannelByName(try params.read())
        case "deleteChannel": .deleteChannel(try params.read())
        case "updateChannelMetadata": .updateChannelMetadata(try params.read())
        case "addMember": .addMember(try params.read())
        case "updateMemberTtl": .updateMemberTtl(try params.read())
        case "updateMemberMetadata": .updateMemberMetadata(try params.read())
        case "removeMember": .removeMember(try params.read())
        case "publishStream": .publishStream(try params.read())
        case "unpublishStream": .unpublishStream(try params.read())
        case "enablePublication": .enablePublication(try params.read())
        case "disablePublication": .disablePublication(try params.read())
        case "updatePublicationMetadata": .updatePublicationMetadata(try params.read())
        case "subscribeStream": .subscribeStream(try params.read())
        case "unsubscribeStream": .unsubscribeStream(try params.read())
        case "subscribeChannelEvents": .subscribeChannelEvents(try params.read())
        default: nil
        }
    }
}
