// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import HTTPKit
package import Logging
package import RTC
package import RTCCrypto
package import RTCDriver
package import SkyWay

/// What all broadcasts of a process share.
package struct BroadcastEnvironment: Sendable {
    /// Where media runs.
    package var workers: MediaWorkers
    /// The certificate of this process, towards publishers and the SFU alike.
    package var certificate: Certificate
    /// Makes the link to SkyWay.
    package var connect: SkyWayConnector
    /// The member's name; `nil` for a random one for each broadcast.
    package var memberName: String?
    /// Whether a room that is not there may be made.
    package var mayCreateChannel: Bool
    /// The order in which codecs are taken.
    package var codecs: CodecPreference
    /// The bit rate that publishers are told not to go beyond; `nil` for no limit.
    package var maximumBitrate: Bitrate?
    /// What rooms are told of broadcasts.
    package var metadata = MetadataSettings()
    /// Asks for the channel of a publisher that named none; `nil` where there is nobody to ask.
    package var prompt: (any ChannelPrompting)?
    /// Asks the operator's service who may publish; `nil` where there is none.
    package var hook: PublishHook?
    /// When a publisher of whom nothing comes any more is given up.
    package var liveness = Liveness()
    /// Whether and how the SFU is reached by TURN servers.
    package var relays = RelayPolicy.none
    /// Draws ICE credentials of ours.
    package var makeICECredentials: @Sendable () -> ICECredentials = {
        var generator = SecureRandomNumberGenerator()
        return ICECredentials.make(using: &generator)
    }
    /// Whether publishers are taken at the moment.
    package var drain = Drain()
    /// Whether what was granted still is, since keys can be revoked meanwhile.
    package var isInForce: @Sendable (PublishGrant) -> Bool = { _ in true }
    /// How long a publisher waits for its answer: OBS gives up after 8 s, and redirects count.
    package var patience = Duration.milliseconds(4500)
    /// How many publishers are taken at a time.
    package var publisherLimit = 500
    /// How many of them may be of one key; `nil` for all.
    package var keyLimit: Int?
    /// How one session of a publisher follows another.
    package var takeover = TakeoverRules()
    /// Whether SkyWay takes what the gateway is set up with.
    package var standing = SkyWayStanding()
    /// How long a broadcast waits for its publisher to come back; zero where it does not.
    package var resumeWindow = Duration.seconds(60)
    /// What was lost on SkyWay's side and made again, by cause.
    package let recoveries = RecoveryCounters()
    /// What the media of all broadcasts have done.
    let totals = MediaTotals()
    /// How fast broadcasts come back that have lost something at once.
    package var pace = RecoveryPace()
    package var logger: Logger

    /// Makes an environment.
    package init(
        workers: MediaWorkers,
        certificate: Certificate,
        connect: @escaping SkyWayConnector,
        memberName: String? = nil,
        mayCreateChannel: Bool = false,
        codecs: CodecPreference = .none,
        maximumBitrate: Bitrate? = nil,
        prompt: (any ChannelPrompting)? = nil,
        logger: Logger
    ) {
        self.workers = workers
        self.certificate = certificate
        self.connect = connect
        self.memberName = memberName
        self.mayCreateChannel = mayCreateChannel
        self.codecs = codecs
        self.maximumBitrate = maximumBitrate
        self.prompt = prompt
        self.logger = logger
    }

    /// The name that the grant or the configuration has, or `whip-` and 8 random characters.
    func makeMemberName(_ grant: PublishGrant) -> String {
        if let name = grant.memberName ?? memberName { return name }
        var generator = SecureRandomNumberGenerator()
        let alphabet = Array("abcdefghijklmnopqrstuvwxyz0123456789".utf8)
        let characters = (0..<8).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &generator)] }
        return "whip-" + String(decoding: characters, as: UTF8.self)
    }
}

/// Asks a person for the channel of a publisher that named none.
package protocol ChannelPrompting: Sendable {
    /// Asks, after whoever asked before.
    ///
    /// - Parameter publisher: what is known of the publisher, for the question.
    /// - Returns: the channel; `nil` when none was given.
    func channel(for publisher: String) async -> ChannelReference?
}

/// A request to publish that has passed all checks that need no channel.
package struct PublishRequest: Sendable {
    /// The offer.
    package var offer: SDPOffer
    /// The room; `nil` where it has to be asked for.
    package var channel: ChannelReference?
    /// What it may, and as whom.
    package var grant: PublishGrant
    /// The bearer token that was sent.
    package var token: BearerToken?
    /// The address that it was sent from.
    package var address: String?
    /// The address of ours that it came to, where no proxy is between.
    package var reached: IPAddress?
    /// What the publisher calls itself.
    package var userAgent: String?
    /// What it says of metadata.
    package var metadata = MetadataTexts()
    /// Finds the request in the log.
    package var requestID: String
    /// Names what the hook was asked; `nil` where there is no hook.
    package var question: String?
    /// Who publishes, as far as that can be told.
    package var publisher: PublisherIdentity {
        grant.publisher ?? .anonymous(address: address, userAgent: userAgent)
    }
    /// When its offer had come: the publisher waits from then on.
    package let received = ContinuousClock.now

    /// Makes a request.
    package init(
        offer: SDPOffer,
        channel: ChannelReference?,
        grant: PublishGrant = PublishGrant(),
        token: BearerToken? = nil,
        address: String? = nil,
        userAgent: String? = nil,
        requestID: String
    ) {
        self.offer = offer
        self.channel = channel
        self.grant = grant
        self.token = token
        self.address = address
        self.userAgent = userAgent
        self.requestID = requestID
    }
}

/// What a publisher is answered.
package struct PublishAnswer: Sendable {
    /// The new session.
    package var session: SessionID
    /// The answer.
    package var sdp: String
    /// Names the ICE session (RFC 9725 §4.3.1).
    package var entityTag: EntityTag
}
