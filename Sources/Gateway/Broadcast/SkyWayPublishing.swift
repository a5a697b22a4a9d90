// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import Logging
package import RTC
package import SkyWay

/// What a broadcast asks of SkyWay: `SkyWayLink`, and in tests a stand-in.
package protocol SkyWayPublishing: Sendable {
    /// What happens after it was opened, for one reader.
    var events: AsyncStream<SkyWayLinkEvent> { get }

    /// What it has in SkyWay at the moment, for operators.
    var report: SkyWayLinkReport { get async }

    /// Owns the tasks of the link, from before `open` until `stop`.
    func run() async

    /// Joins and publishes; the result says what the router takes and where media goes.
    func open(_ publications: [SkyWayPublication]) async throws -> SkyWayForwardings

    /// Makes what is missing of these and of what carries them, and keeps what is there; the result is as of `open`.
    func restore(_ publications: [SkyWayPublication]) async throws -> SkyWayForwardings

    /// Gives up so much, and what leads to these transports, so that `restore` makes it anew.
    func giveUp(_ depth: RecoveryDepth, transports: Set<String>) async

    /// Has a transport take new ICE credentials, which are the result.
    func restartICE(_ id: String) async throws -> SFUICEParameters

    /// Publishes a stream no more; what hangs on it goes with it.
    func unpublish(_ kind: MediaKind) async throws

    /// Tells a transport our certificate, before ICE starts.
    func connectTransport(
        _ id: String,
        fingerprint: SFUDTLSParameters.Fingerprint
    ) async throws -> SkyWayLink.TransportConnection

    /// Declares a stream.
    func produce(_ kind: MediaKind, _ options: ProducerOptions) async throws -> String

    /// Changes the metadata of something that is in the room.
    func updateMetadata(of subject: MetadataSubject, to text: String) async throws

    /// The TURN server that SkyWay names for the way to the SFU; `nil` where the token allows none.
    func turnServer() async throws -> ICEServerParameters.TURN?

    /// Takes everything of ours out of the room, then ends `run()`.
    func stop(limit: Duration) async
}

extension SkyWayLink: SkyWayPublishing {}

/// Makes links.
package typealias SkyWayConnector =
    @Sendable (SkyWayLinkRequest, Logger) async throws(SkyWayError) -> any SkyWayPublishing
