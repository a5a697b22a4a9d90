// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import RTC
package import RTCCrypto
package import RTCDriver

/// How a local SkyWay is set up.
package struct SkyWayLocalConfiguration: Sendable {
    /// The address the HTTP server binds.
    package var host = "127.0.0.1"
    /// The port it binds; 0 takes any free one.
    package var port = 8081
    /// Whether `/local` and `/studio` are there although the server is not bound to loopback.
    package var localAPI = false
    /// The port and addresses of its media, by UDP and TCP.
    package var media = Self.media(port: 41000)
    /// How its SFU's media may be protected, best first.
    package var profiles: [SRTPProfile] = [.aeadAES256GCM, .aeadAES128GCM, .aes128CMHMACSHA1_80]
    /// Makes what takes each producer's packets beside its consumers, on the SFU's thread: for measurements.
    package var sink: (@Sendable () -> any MediaSink)?
    /// The applications whose tokens it takes.
    package var applications: [LocalApplication] = [.development]
    /// What its SFU takes.
    package var routerCodecs = RouterCodec.standard
    /// How much a channel may hold.
    package var limits = ChannelLimits()
    /// What the server gives out at most.
    package var usage = UsageLimits()
    /// The ICE servers that clients are told of.
    package var ice = ICEServers()
    /// Whether analytics are turned away instead of taken and forgotten (protocol page §5.3).
    package var refusesAnalytics = false
    /// How long a consumer waits for its confirmation (protocol page §9, 6).
    package var consumerPatience = Duration.seconds(5)
    /// How long a viewer by WHEP that finds one kind of media waits for the other.
    package var viewerGrace = Duration.milliseconds(500)
    /// How often members whose time to live has passed are removed.
    package var sweepInterval = Duration.milliseconds(500)
    /// What goes wrong from the start on.
    package var faults: [Fault] = []
    /// The official SDK for browsers (`@skyway-sdk/room`), on which the studio can run instead of its own engine.
    package var sdk: [UInt8]?
    /// The server's clock.
    package var clock = ServerClock.system

    /// Media on a port for UDP and TCP, as SkyWay's SFU has both.
    ///
    /// - Parameters:
    ///   - port: the port; 0 for any.
    ///   - address: what it is bound to; all addresses by default.
    ///   - announcedAddresses: the addresses that clients are told; `nil` for those of this machine.
    /// - Returns: what the SFU's worker is started with.
    package static func media(
        port: UInt16,
        address: IPAddress = .anyIPv4,
        announcedAddresses: [IPAddress]? = nil
    ) -> MediaWorkerConfiguration {
        var media = MediaWorkerConfiguration(address: address, port: port, announcedAddresses: announcedAddresses)
        media.streams = StreamConfiguration()
        return media
    }

    /// The defaults: loopback, port 8081, media on port 41000, the development application.
    package init() {}
}
