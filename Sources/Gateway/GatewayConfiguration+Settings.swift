// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Configuration
import Foundation
import RTC
import SkyWay

/// Reads single settings; an empty text is none.
struct Settings {
    let reader: ConfigReader

    func text(_ key: ConfigKey, isSecret: Bool = false) -> String? {
        reader.string(forKey: key, isSecret: isSecret).flatMap { $0.isEmpty ? nil : $0 }
    }

    func number(_ key: ConfigKey, _ range: ClosedRange<Int>) throws(ConfigurationError) -> Int? {
        guard let text = text(key) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw ConfigurationError(
                "\(key.variable) is \"\(text.prefix(40))\"; it has to be a number from \(range.lowerBound) to \(range.upperBound)."
            )
        }
        return number
    }

    func flag(_ key: ConfigKey) throws(ConfigurationError) -> Bool? {
        guard let text = text(key) else { return nil }
        switch text.lowercased() {
        case "true", "yes", "1", "on": return true
        case "false", "no", "0", "off": return false
        default: throw ConfigurationError("\(key.variable) is \"\(text.prefix(40))\"; it has to be true or false.")
        }
    }

    func takeover(_ key: ConfigKey) throws(ConfigurationError) -> TakeoverPolicy? {
        try choice(key, TakeoverPolicy.allCases)
    }

    func addresses(_ key: ConfigKey) throws(ConfigurationError) -> [IPAddress]? {
        guard let text = text(key) else { return nil }
        var addresses: [IPAddress] = []
        for part in text.split(separator: ",") {
            let trimmed = part.filter { $0 != " " }
            guard let address = IPAddress(trimmed) else {
                throw ConfigurationError("\(key.variable) has \"\(trimmed.prefix(40))\", which is no IP address.")
            }
            addresses.append(address)
        }
        return addresses.isEmpty ? nil : addresses
    }

    func hosts(_ key: ConfigKey) throws(ConfigurationError) -> [AnnouncedHost] {
        try (text(key) ?? "").split(separator: ",").map { part throws(ConfigurationError) in
            let name = part.filter { $0 != " " }
            guard let host = AnnouncedHost(name) else {
                throw ConfigurationError(
                    """
                    \(key.variable) has "\(name.prefix(80))"; it has to be a list of IP addresses and host names \
                    without ports.
                    """
                )
            }
            return host
        }
    }

    func mediaTCPPort(_ key: ConfigKey) throws(ConfigurationError) -> MediaTCPPort? {
        guard let text = text(key) else { return nil }
        if text.lowercased() == "off" { return .off }
        guard let number = UInt16(text) else {
            throw ConfigurationError(
                "\(key.variable) is \"\(text.prefix(40))\"; it has to be a number from 0 to 65535, or off."
            )
        }
        return .number(number)
    }

    func codecs(_ key: ConfigKey) throws(ConfigurationError) -> CodecPreference? {
        guard let text = text(key) else { return nil }
        do {
            return try CodecPreference(text)
        } catch {
            let known = CodecPreference.known.joined(separator: ", ")
            throw ConfigurationError(
                "\(key.variable) has \"\(error.name.prefix(40))\"; it has to be a list of \(known), separated by commas."
            )
        }
    }

    func adminKey() throws(ConfigurationError) -> Redacted<String>? {
        try longSecret("gateway.admin.key")
    }

    /// A secret that nobody guesses.
    func longSecret(_ key: ConfigKey) throws(ConfigurationError) -> Redacted<String>? {
        guard let text = text(key, isSecret: true) else { return nil }
        guard text.utf8.count >= 16 else {
            throw ConfigurationError("\(key.variable) is too short; it has to have 16 characters or more.")
        }
        return Redacted(text)
    }

    /// An address by HTTP.
    func address(_ key: ConfigKey) throws(ConfigurationError) -> String? {
        guard let text = text(key) else { return nil }
        guard let url = URL(string: text), ["http", "https"].contains(url.scheme), url.host?.isEmpty == false else {
            throw ConfigurationError("\(key.variable) is no http or https address.")
        }
        return text
    }

    /// A path, or an address at which nobody on the way can put keys of their own.
    func keySet(_ key: ConfigKey) throws(ConfigurationError) -> String? {
        guard let text = text(key), text.hasPrefix("http:") || text.hasPrefix("https:") else { return text(key) }
        let host = try address(key).flatMap { URL(string: $0)?.host } ?? ""
        guard text.hasPrefix("https:") || IPAddress.isLoopback(host: host) else {
            throw ConfigurationError("\(key.variable) has to be a path or an https address.")
        }
        return text
    }

    func certificates(_ key: ConfigKey, _ secret: ConfigKey) throws(ConfigurationError) -> [CertificateFiles]? {
        let lists = [key, secret].map { key in
            (text(key) ?? "").split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        }
        guard lists[0].count == lists[1].count else {
            throw ConfigurationError(
                "\(key.variable) has \(lists[0].count) paths and \(secret.variable) \(lists[1].count); each certificate needs its key."
            )
        }
        return lists[0].isEmpty ? nil : zip(lists[0], lists[1]).map { CertificateFiles(certificate: $0, key: $1) }
    }

    func metadata() throws(ConfigurationError) -> MetadataSettings {
        var settings = MetadataSettings()
        let keys: [(MetadataSubject, ConfigKey)] = [
            (.channel, "skyway.channel.metadata"), (.member, "skyway.member.metadata"),
            (.audio, "skyway.audio.metadata"), (.video, "skyway.video.metadata"),
        ]
        for (subject, key) in keys {
            guard let text = text(key) else { continue }
            do {
                try settings.texts.set(text, of: subject)
            } catch {
                throw ConfigurationError("\(key.variable) can't be used: the metadata \(error.reason).")
            }
        }
        settings.publishers = try subjects("gateway.publisher.metadata") ?? settings.publishers
        return settings
    }

    private func subjects(_ key: ConfigKey) throws(ConfigurationError) -> Set<MetadataSubject>? {
        guard let text = text(key) else { return nil }
        if text.lowercased() == "off" { return [] }
        guard let subjects = Set<MetadataSubject>(listed: text) else {
            throw ConfigurationError(
                "\(key.variable) is \"\(text.prefix(40))\"; it has to be off, or a list of \(MetadataSubject.names)."
            )
        }
        return subjects
    }

    func bitrate(_ key: ConfigKey) throws(ConfigurationError) -> Bitrate? {
        guard let text = text(key) else { return nil }
        guard let bitrate = Bitrate(text) else {
            throw ConfigurationError(
                "\(key.variable) is \"\(text.prefix(40))\"; it has to be a bit rate from 100k to 1000M, such as 2500k or 8M."
            )
        }
        return bitrate
    }

    func origin(_ key: ConfigKey) throws(ConfigurationError) -> WebOrigin? {
        guard let text = text(key) else { return nil }
        guard let origin = WebOrigin(text) else {
            throw ConfigurationError(
                "\(key.variable) is \"\(text.prefix(80))\"; it has to be an address such as https://whip.example.com."
            )
        }
        return origin
    }

    func iceServers() throws(ConfigurationError) -> ICEServers? {
        let list = text("gateway.ice.servers")
        let username = text("gateway.turn.username", isSecret: true)
        let password = text("gateway.turn.password", isSecret: true)
        let secret = text("gateway.turn.secret", isSecret: true)
        let lifetime = try number("gateway.turn.lifetime", 60...604_800) ?? 86_400
        guard let list else { return nil }
        let addresses = list.split(separator: ",").map { String($0.filter { $0 != " " }) }
        var credentials: ICEServers.Credentials?
        if let username, let password { credentials = .fixed(username: username, password: Redacted(password)) }
        if let secret { credentials = .shared(secret: Redacted(secret), lifetime: .seconds(lifetime)) }
        guard let servers = ICEServers(addresses, credentials: credentials) else {
            throw ConfigurationError(
                """
                GATEWAY_ICE_SERVERS has to be a list such as stun:stun.example.com,turn:turn.example.com?transport=udp; \
                TURN servers need GATEWAY_TURN_USERNAME and GATEWAY_TURN_PASSWORD, without commas, semicolons, quotes \
                and spaces, or GATEWAY_TURN_SECRET.
                """
            )
        }
        return servers
    }

    func skyWay() throws(ConfigurationError) -> SkyWayConfiguration {
        var configuration = SkyWayConfiguration(tokens: try tokenSource())
        configuration.tokenVersion = try tokenVersion() ?? configuration.tokenVersion
        configuration.tokenLifetime = try tokenLifetime() ?? configuration.tokenLifetime
        let isSecure = try flag("skyway.secure") ?? true
        let common = text("skyway.host")
        configuration.rtcAPI = host("skyway.rtc.api.host", common, isSecure) ?? configuration.rtcAPI
        configuration.sfu = host("skyway.sfu.host", common, isSecure) ?? configuration.sfu
        configuration.iceParameters = host("skyway.ice.params.host", common, isSecure) ?? configuration.iceParameters
        configuration.turn = try turn()
        configuration.forcesTCP = try flag("skyway.force.tcp") ?? configuration.forcesTCP
        if let limit = try number("skyway.max.subscribers", 1...99) { configuration.maximumSubscribers = limit }
        return configuration
    }

    private func turn() throws(ConfigurationError) -> TURNSettings {
        var turn = TURNSettings()
        turn.policy = try choice("skyway.turn.policy", TURNSettings.Policy.allCases) ?? turn.policy
        turn.transport = try choice("skyway.turn.protocol", TURNSettings.TransportProtocol.allCases) ?? turn.transport
        turn.roots = text("skyway.turn.ca")
        return turn
    }

    /// One of several words, in whatever case.
    private func choice<Choice: RawRepresentable<String>>(
        _ key: ConfigKey,
        _ choices: [Choice]
    ) throws(ConfigurationError) -> Choice? {
        guard let text = text(key) else { return nil }
        guard let choice = choices.first(where: { $0.rawValue.lowercased() == text.lowercased() }) else {
            let known = choices.map(\.rawValue).joined(separator: ", ")
            throw ConfigurationError("\(key.variable) is \"\(text.prefix(40))\"; it has to be one of \(known).")
        }
        return choice
    }

    private func host(_ key: ConfigKey, _ common: String?, _ isSecure: Bool) -> SkyWayHost? {
        (text(key) ?? common).map { SkyWayHost($0, isSecure: isSecure) }
    }
}

extension ConfigKey {
    /// The key as an environment variable.
    var variable: String { components.joined(separator: "_").uppercased() }
}
