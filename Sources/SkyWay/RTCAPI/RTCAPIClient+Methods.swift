// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit

/// The methods of the RTC API, by their names (protocol page §2.3).
extension RTCAPIClient {
    private struct Nothing: Decodable, Sendable {}

    /// The answer to `getServerUnixtime`, in milliseconds.
    struct ServerTime: Decodable, Sendable {
        var unixtime: Double

        /// Seconds since 1970.
        var seconds: Double { unixtime / 1000 }
    }

    private struct Identified: Decodable, Sendable {
        var id: String
    }

    private struct Joined: Decodable, Sendable {
        var memberId: String
    }

    private struct Found: Decodable, Sendable {
        var channel: ChannelSnapshot
    }

    private struct Created: Decodable, Sendable {
        var channel: Identified
    }

    /// What is to be published (protocol page §6.5).
    package struct PublicationRequest: Sendable {
        /// `Audio`, `Video`, as the SDK writes it.
        package var contentType: String
        /// Media types, informational on the SFU path.
        package var codecs: [String]
        /// Ids of simulcast layers, lowest first; empty for one layer.
        package var encodings: [String]
        package var metadata: String?

        package init(contentType: String, codecs: [String], encodings: [String] = [], metadata: String? = nil) {
            self.contentType = contentType
            self.codecs = codecs
            self.encodings = encodings
            self.metadata = metadata
        }
    }

    /// The server's clock, in seconds since 1970.
    package func getServerUnixtime() async throws -> Double {
        try await call(.getServerUnixtime, [:], returning: ServerTime.self).seconds
    }

    /// Tells the server a new token, and uses it once it is accepted, or by the next connection.
    package func updateAuthToken(_ token: AuthToken) async throws {
        announceToken(token)
        _ = try await call(
            .updateAuthToken,
            ["authToken": .string(token.encoded.exposed)],
            returning: Nothing.self
        )
        replaceToken(token)
    }

    // MARK: Channels

    package func createChannel(name: String?, metadata: String? = nil) async throws -> String {
        let parameters = ["name": name.map(JSONValue.string), "metadata": metadata.map(JSONValue.string)]
        return try await call(.createChannel, parameters, returning: Created.self).channel.id
    }

    /// Finds a room by its name or makes it; subscribes to its events on the way.
    package func findOrCreateChannel(name: String, metadata: String? = nil) async throws -> ChannelSnapshot {
        let parameters = ["name": .string(name), "metadata": metadata.map(JSONValue.string)]
        return try await call(.findOrCreateChannel, parameters, returning: Found.self).channel
    }

    package func getChannel(id: String) async throws -> ChannelSnapshot {
        try await call(.getChannel, ["id": .string(id)], returning: Found.self).channel
    }

    package func getChannelByName(_ name: String) async throws -> ChannelSnapshot {
        try await call(.getChannelByName, ["name": .string(name)], returning: Found.self).channel
    }

    package func deleteChannel(id: String) async throws {
        _ = try await call(.deleteChannel, ["id": .string(id)], returning: Nothing.self)
    }

    package func updateChannelMetadata(id: String, metadata: String) async throws {
        let parameters: [String: JSONValue?] = ["id": .string(id), "metadata": .string(metadata)]
        _ = try await call(.updateChannelMetadata, parameters, returning: Nothing.self)
    }

    /// Asks for all events from a version on, and those to come.
    package func subscribeChannelEvents(channelID: String, offset: Int) async throws {
        let parameters: [String: JSONValue?] = ["channelId": .string(channelID), "offset": .integer(Int64(offset))]
        _ = try await call(.subscribeChannelEvents, parameters, returning: Nothing.self)
    }

    // MARK: Members

    /// Joins as a person whose time ends at `ttl` (server's clock) unless renewed; the result is the member's id.
    package func addMember(
        channelID: String,
        name: String?,
        metadata: String? = nil,
        ttl: Int
    ) async throws -> String {
        let parameters: [String: JSONValue?] = [
            "channelId": .string(channelID), "name": name.map(JSONValue.string),
            "metadata": metadata.map(JSONValue.string), "ttlSec": .integer(Int64(ttl)),
            "type": "Person", "subtype": "Person",
        ]
        return try await call(.addMember, parameters, returning: Joined.self).memberId
    }

    package func updateMemberTTL(channelID: String, memberID: String, ttl: Int) async throws {
        let parameters: [String: JSONValue?] = [
            "channelId": .string(channelID), "memberId": .string(memberID), "ttlSec": .integer(Int64(ttl)),
        ]
        _ = try await call(.updateMemberTtl, parameters, returning: Nothing.self)
    }

    package func updateMemberMetadata(channelID: String, memberID: String, metadata: String) async throws {
        let parameters: [String: JSONValue?] = [
            "channelId": .string(channelID), "memberId": .string(memberID), "metadata": .string(metadata),
        ]
        _ = try await call(.updateMemberMetadata, parameters, returning: Nothing.self)
    }

    /// The parameter for the member is called `id` here, unlike elsewhere.
    package func removeMember(channelID: String, memberID: String) async throws {
        let parameters: [String: JSONValue?] = ["channelId": .string(channelID), "id": .string(memberID)]
        _ = try await call(.removeMember, parameters, returning: Nothing.self)
    }

    // MARK: Publications and subscriptions

    /// Publishes for the SFU; the result is the publication's id.
    package func publishStream(
        channelID: String,
        publisherID: String,
        _ request: PublicationRequest
    ) async throws -> String {
        let codecs = request.codecs.map { JSONValue.object(["mimeType": .string($0)]) }
        let encodings = request.encodings.map { JSONValue.object(["id": .string($0)]) }
        let parameters: [String: JSONValue?] = [
            "channelId": .string(channelID), "publisherId": .string(publisherID),
            "contentType": .string(request.contentType), "codecCapabilities": .array(codecs),
            "encodings": encodings.isEmpty ? nil : .array(encodings),
            "metadata": request.metadata.map(JSONValue.string), "isEnabled": true, "type": "sfu",
        ]
        return try await call(.publishStream, parameters, returning: Identified.self).id
    }

    package func unpublishStream(channelID: String, publicationID: String) async throws {
        try await change(.unpublishStream, channelID, publicationID)
    }

    package func enablePublication(channelID: String, publicationID: String) async throws {
        try await change(.enablePublication, channelID, publicationID)
    }

    package func disablePublication(channelID: String, publicationID: String) async throws {
        try await change(.disablePublication, channelID, publicationID)
    }

    package func updatePublicationMetadata(
        channelID: String,
        publicationID: String,
        metadata: String
    ) async throws {
        try await change(.updatePublicationMetadata, channelID, publicationID, metadata: metadata)
    }

    package func subscribeStream(
        channelID: String,
        subscriberID: String,
        publicationID: String
    ) async throws -> String {
        let parameters: [String: JSONValue?] = [
            "channelId": .string(channelID), "subscriberId": .string(subscriberID),
            "publicationId": .string(publicationID),
        ]
        return try await call(.subscribeStream, parameters, returning: Identified.self).id
    }

    package func unsubscribeStream(channelID: String, subscriptionID: String) async throws {
        let parameters: [String: JSONValue?] = [
            "channelId": .string(channelID), "subscriptionId": .string(subscriptionID),
        ]
        _ = try await call(.unsubscribeStream, parameters, returning: Nothing.self)
    }

    private func change(
        _ method: RTCAPIMethod,
        _ channelID: String,
        _ publicationID: String,
        metadata: String? = nil
    ) async throws {
        let parameters: [String: JSONValue?] = [
            "channelId": .string(channelID), "publicationId": .string(publicationID),
            "metadata": metadata.map(JSONValue.string),
        ]
        _ = try await call(method, parameters, returning: Nothing.self)
    }
}
