// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import RTC
package import SkyWay

/// All that a gateway is set up by.
package struct GatewayConfiguration: Sendable {
    /// The account, and where SkyWay is.
    package var skyWay: SkyWayConfiguration
    /// The address that HTTP is bound to: loopback unless told otherwise.
    package var httpHost = "127.0.0.1"
    /// The port of HTTP; 0 for any.
    package var httpPort = 8080
    /// The UDP port of publishers' media, the first of as many as there are workers; 0 for any.
    package var mediaPort: UInt16 = 40_000
    /// How many media workers there are.
    package var mediaWorkers = 1
    /// The TCP port of publishers' media, for those whose UDP is blocked (ICE-TCP).
    package var mediaTCPPort = MediaTCPPort.sameAsUDP
    /// What publishers are told for their media before the addresses of this machine, best first.
    package var announced: [AnnouncedHost] = []
    /// Whether they are told nothing else.
    package var announcesOnly = false
    /// When a publisher of whom nothing comes any more is given up.
    package var liveness = Liveness()
    /// What is done with publishers while the gateway is drained, unless whoever drains it says otherwise.
    package var drain = Drain.Request()
    /// What the administrative routes ask for; `nil` where there are none.
    package var adminKey: Redacted<String>?
    /// What lets `/metrics` be read, besides that; `nil` for nothing else.
    package var metricsKey: Redacted<String>?
    /// The channel of plain `/whip`.
    package var channel: ChannelReference?
    /// The name of our members; `nil` for a random one for each broadcast.
    package var memberName: String?
    /// Whether a room that is not there is made.
    package var mayCreateRooms = false
    /// The order in which codecs are taken where a publisher offers several; the router's where it says nothing.
    package var codecs = CodecPreference.none
    /// The bit rate that publishers are told not to go beyond; `nil` for no limit.
    package var maximumBitrate: Bitrate?
    /// What rooms are told of broadcasts.
    package var metadata = MetadataSettings()
    /// What publishers have to send as bearer token, each of them a publisher of its own; empty for nothing.
    package var bearerTokens: [Redacted<String>] = []
    /// The file of stream keys; `nil` for none.
    package var streamKeys: String?
    /// The key set of JSON Web Tokens, a path or an address; `nil` where none are taken.
    package var keySet: String?
    /// Who has to have issued JSON Web Tokens; `nil` for whoever has a key of the set.
    package var tokenIssuer: String?
    /// Whom JSON Web Tokens have to be for; `nil` for anybody.
    package var tokenAudience: String?
    /// The service that is asked who may publish.
    package var hook: PublishHook.Configuration?
    /// Whether other machines may reach a gateway at which anybody may publish.
    package var allowsAnyone = false
    /// What HTTPS is served with, the first one where a client asks for another name; `nil` for plain HTTP.
    package var certificates: [CertificateFiles]?
    /// How much anybody may have.
    package var limits = PublishLimits()
    /// How one session of a publisher follows another.
    package var takeover = TakeoverRules()
    /// How long a broadcast waits for its publisher to come back; zero where it does not.
    package var resumeWindow = Duration.seconds(60)
    /// How the WHIP resources answer; channel and prompt come from here.
    package var whip = WHIPSettings()
    /// Where the pages watch: an address in one of the forms of `api.js`; `nil` where viewers watch elsewhere.
    package var whep: String?
    /// Whether the channel of plain `/whip` may be asked for in the terminal.
    package var mayAsk = true

    /// Makes a configuration with the defaults.
    ///
    /// - Parameter skyWay: the account.
    package init(skyWay: SkyWayConfiguration) {
        self.skyWay = skyWay
    }

    /// Whether anybody who reaches the gateway may publish.
    package var isOpen: Bool { bearerTokens.isEmpty && streamKeys == nil && keySet == nil && hook == nil }

    /// Whether HTTP is bound to an address that no other machine reaches.
    package var isOnLoopback: Bool { IPAddress.isLoopback(host: httpHost) }
}

/// A setting that can't be used; says in a sentence which, and what it should be.
package struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The sentence.
    package var description: String

    /// Makes an error.
    ///
    /// - Parameter description: the sentence.
    package init(_ description: String) {
        self.description = description
    }
}
