// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import RTC
package import SkyWay

/// Why a request to publish, or one about a session or the gateway, was refused.
///
/// The table in `Refusal+Problem.swift` says how each is told to the client.
package enum Refusal: Error, Hashable, Sendable {
    /// The body is longer than 64 KiB.
    case bodyTooLarge
    /// The body is not declared as `application/sdp`.
    case unsupportedMediaType
    /// The body of a PATCH is not declared as `application/trickle-ice-sdpfrag`.
    case unsupportedPatchType
    /// The body of a PATCH is no SDP fragment.
    case malformedFragment(SDPError)
    /// A PATCH has no `If-Match`.
    case preconditionRequired
    /// A PATCH is about another ICE session than the present one.
    case preconditionFailed
    /// The body is no session description.
    case malformedOffer(SDPError)
    /// The description can't be answered.
    case unacceptableOffer(SDPError)
    /// A bearer token is needed, and none or another one was sent.
    case unauthorized(hadToken: Bool)
    /// The stream key was good until some time ago.
    case keyExpired
    /// The JSON Web Token can't be taken.
    case invalidToken(AccessTokenFlaw)
    /// The key or token is for another channel.
    case channelNotAllowed
    /// The hook said no; with its reason where it gave one.
    case refusedByHook(String?)
    /// Who may publish can't be found out at the moment.
    case authorizationUnavailable
    /// As many as may publish with this key do already.
    case keyInUse
    /// Too many requests from one address or with one key.
    case tooManyRequests(seconds: Int)
    /// No room can have this name.
    case invalidChannel
    /// Plain `/whip`, no channel configured, and nobody to ask.
    case channelNotConfigured
    /// What is said of metadata can't be taken; why.
    case malformedMetadata(MetadataFlaw)
    /// Publishers may not say the metadata of this.
    case metadataNotAllowed(MetadataSubject)
    /// There is no such broadcast, or it ended too long ago.
    case broadcastNotFound
    /// What a query asks for can't be given; why.
    case malformedQuery(String)
    /// As many captures run as may.
    case captureRunning
    /// There is no such session, or no more.
    case sessionNotFound
    /// The method is not one of those that the resource has.
    case methodNotAllowed(allowed: String)
    /// SkyWay refused or could not be reached.
    case skyWay(SkyWayError)
    /// SkyWay took longer than a publisher waits.
    case skyWayTooSlow
    /// As many publishers as are allowed are there.
    case tooManyPublishers
    /// The gateway is being shut down.
    case shuttingDown
    /// The gateway lets its sessions run out.
    case draining
    /// A session of media could not be opened on this machine.
    case mediaUnavailable
    /// No address is known at which publishers could reach media.
    case mediaUnreachable
    /// No key is configured for the administrative routes.
    case adminUnavailable
    /// The administrative key is needed, and none or another one was sent.
    case adminUnauthorized(hadToken: Bool)
    /// No key is configured by which metrics could be read from other machines.
    case metricsUnavailable
    /// A key is needed to read metrics, and none or another one was sent.
    case metricsUnauthorized(hadToken: Bool)
    /// SkyWay refuses what the gateway is set up with, so that nobody can publish.
    case skyWayRefusesAll(SkyWayError)
    /// What is to be done while draining can't be read; why.
    case malformedDrain(String)
}
