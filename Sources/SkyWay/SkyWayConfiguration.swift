// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Where a service of SkyWay is: `host` or `host:port`, with or without TLS.
package struct SkyWayHost: Hashable, Sendable {
    package var domain: String
    package var isSecure: Bool

    package init(_ domain: String, isSecure: Bool = true) {
        self.domain = domain
        self.isSecure = isSecure
    }

    /// `https://domain` or `http://domain`.
    var httpBase: String { (isSecure ? "https://" : "http://") + domain }
}

/// The account and the services that links use.
package struct SkyWayConfiguration: Sendable {
    /// Where the tokens come from.
    package var tokens: TokenSource
    package var rtcAPI = SkyWayHost("rtc-api.skyway.ntt.com")
    package var sfu = SkyWayHost("sfu.skyway.ntt.com")
    package var iceParameters = SkyWayHost("ice-params.skyway.ntt.com")
    /// The version of minted tokens.
    package var tokenVersion = TokenVersion.three
    /// Life of a minted token; SkyWay takes up to three days.
    package var tokenLifetime: Duration = .seconds(24 * 3600)
    /// How far ahead the member's time is set, and how often.
    package var memberTTL: Duration = .seconds(120)
    package var memberRenewal: Duration = .seconds(30)
    /// How long an answer of the RTC API is waited for; the SDK's time.
    package var callTimeout: Duration = .seconds(20)
    /// How long an answer of the SFU API is waited for.
    package var requestTimeout: Duration = .seconds(10)
    /// How SkyWay's TURN server is used.
    package var turn = TURNSettings()
    /// Whether the SFU is asked for transports that take TCP alone (`forceTCP`).
    package var forcesTCP = false
    /// Subscribers per publication that the SFU is asked for; 99 is SkyWay's maximum.
    package var maximumSubscribers = 99

    package init(tokens: TokenSource) {
        self.tokens = tokens
    }

    package init(appID: String, secret: Redacted<String>) {
        self.init(tokens: .secret(appID: appID, secret))
    }
}

/// A room, by the id that SkyWay gave it or by its name.
package enum ChannelReference: Hashable, Sendable {
    case id(String)
    case name(String)

    /// An id where the text is a UUID, else a name; nil when it can be neither.
    package init?(_ text: String) {
        if Self.isUUID(text) {
            self = .id(text.lowercased())
        } else if Self.isValidName(text) {
            self = .name(text)
        } else {
            return nil
        }
    }

    /// Whether rooms and members can have this name (protocol page §1.4).
    package static func isValidName(_ name: String) -> Bool {
        (1...128).contains(name.utf8.count) && name != "*"
            && name.utf8.allSatisfy { isAlphanumeric($0) || "-._%*".utf8.contains($0) }
    }

    private static func isUUID(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count == 36 else { return false }
        return bytes.indices.allSatisfy { index in
            [8, 13, 18, 23].contains(index) ? bytes[index] == UInt8(ascii: "-") : isHexadecimal(bytes[index])
        }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "F"),
            UInt8(ascii: "a")...UInt8(ascii: "f"):
            true
        default: false
        }
    }
}
