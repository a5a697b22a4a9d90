// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Gateway
import SkyWay

/// `token`: makes, reads and checks SkyWay Auth Tokens.
struct Token: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes, reads and checks SkyWay Auth Tokens.",
        subcommands: [Make.self, Decode.self, Check.self]
    )

    /// `token make`: a token that lets one member publish in one room.
    struct Make: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a token that lets one member publish in one room.",
            discussion: "The application's id and secret key come from the environment or .env, as for `serve`."
        )

        @Argument(help: "The room: an id or a name.") var room: String
        @Option(help: "The member's name.") var memberName: String
        @Option(help: "How long the token lives, in seconds.") var lifetime = 3_600
        @Option(help: "The version of the token, 2 or 3.") var tokenVersion = 3
        @Flag(help: "Let the member make the room.") var createRoom = false
        @Option(help: "What metadata it may change: channel, member, audio, video. (default: what the settings need)")
        var updateMetadata: String?
        @Option(help: "The file with settings.") var envFile = ".env"

        func run() async throws {
            guard let channel = ChannelReference(room) else {
                throw ValidationError("\"\(room)\" is neither a room id nor a name of letters, digits and -._%*.")
            }
            guard ChannelReference.isValidName(memberName) else {
                throw ValidationError("\"\(memberName)\" is no name of letters, digits and -._%*.")
            }
            guard (1...259_200).contains(lifetime) else {
                throw ValidationError("--lifetime has to be from 1 second to 3 days, as SkyWay has it.")
            }
            guard let version = TokenVersion(rawValue: tokenVersion) else {
                throw ValidationError("--token-version has to be 2 or 3.")
            }
            let settings = try tokenSettings(envFile)
            guard case .secret(let appID, let secret) = settings.source else {
                throw Failure("Tokens are made by SKYWAY_APP_ID and SKYWAY_SECRET_KEY, which are not there.")
            }
            let minter = TokenMinter(appID: appID, secret: secret, version: version)
            let purpose = TokenMinter.Purpose(
                channel: channel,
                memberName: memberName,
                mayCreateChannel: createRoom,
                maximumSubscribers: settings.skyWay.maximumSubscribers,
                updates: try subjects(updateMetadata) ?? settings.updates
            )
            let token = try await explained { () async throws(SkyWayError) in
                try await minter.mint(for: purpose, lifetime: .seconds(lifetime))
            }
            StandardOutput.say(token.encoded.exposed)
        }
    }

    /// `token decode`: what a token says; its signature is SkyWay's to check.
    struct Decode: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows what a token says. Its signature is SkyWay's to check."
        )

        @Argument(help: "The token.") var token: String

        func run() async throws {
            let decoded = try read(token)
            let left = decoded.expiresAt - Int(Date().timeIntervalSince1970)
            StandardOutput.say(
                """
                version      \(decoded.version)
                application  \(decoded.appID)
                issued       \(Self.text(decoded.issuedAt))
                expires      \(Self.text(decoded.expiresAt)) (\(left < 0 ? "over" : "in \(left) s"))
                \(decoded.claims)
                """
            )
        }

        private static func text(_ seconds: Int) -> String {
            Date(timeIntervalSince1970: TimeInterval(seconds)).formatted(.iso8601)
        }
    }

    /// `token check`: whether the gateway could work with a token.
    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Says what a token lacks that the gateway needs.",
            discussion: """
                Asks nobody, unless no token is given and SKYWAY_TOKEN_URL says where to get one. The signature is \
                checked where SKYWAY_SECRET_KEY is set. Exits with 1 where something is missing.
                """
        )

        @Argument(help: "The token. (default: the one that the settings lead to)") var token: String?
        @Option(help: "The room it is for: an id or a name. (default: SKYWAY_CHANNEL)") var room: String?
        @Option(help: "The member's name. (default: SKYWAY_MEMBER_NAME)") var memberName: String?
        @Flag(help: "The gateway may make the room.") var createRoom = false
        @Option(help: "What metadata it has to change: channel, member, audio, video. (default: as the settings say)")
        var updateMetadata: String?
        @Option(help: "The file with settings.") var envFile = ".env"

        func run() async throws {
            let settings = try tokenSettings(envFile)
            guard let channel = room.map({ ChannelReference($0) }) ?? settings.channel else {
                throw ValidationError("Say with --room which room the token is for: an id or a name.")
            }
            let purpose = TokenMinter.Purpose(
                channel: channel,
                // A name such as the gateway makes where none is set.
                memberName: memberName ?? settings.memberName ?? "whip-00000000",
                mayCreateChannel: createRoom || settings.mayCreateRooms,
                maximumSubscribers: settings.skyWay.maximumSubscribers,
                updates: try subjects(updateMetadata) ?? settings.updates
            )
            let checked = try await subject(settings, purpose)
            var review = TokenReview(checked, for: purpose)
            review.reviewEnvelope(of: checked, at: Date().timeIntervalSince1970)
            try await judge(checked, settings, &review)
            for sentence in review.missing { StandardOutput.say("missing  \(sentence)") }
            for sentence in review.remarks { StandardOutput.say("note     \(sentence)") }
            guard review.missing.isEmpty else { throw ExitCode.failure }
            let left = checked.expiresAt - Int(Date().timeIntervalSince1970)
            StandardOutput.say("ok       It lets \"\(purpose.memberName)\" publish for \(left) s more.")
        }

        private func subject(
            _ settings: GatewayConfiguration.TokenSettings,
            _ purpose: TokenMinter.Purpose
        ) async throws -> AuthToken {
            if let token { return try read(token) }
            guard settings.source != nil else {
                throw ValidationError(
                    "Give a token, or set one of SKYWAY_AUTH_TOKEN, SKYWAY_TOKEN_URL and SKYWAY_SECRET_KEY."
                )
            }
            let supply = TokenSupply(purpose, configuration: settings.skyWay, clients: .init())
            return try await explained { () async throws(SkyWayError) in try await supply.unchecked() }
        }

        /// Whose the token is, as far as the settings tell.
        private func judge(
            _ token: AuthToken,
            _ settings: GatewayConfiguration.TokenSettings,
            _ review: inout TokenReview
        ) async throws {
            if let appID = settings.appID, appID != token.appID {
                review.add(missing: "It is for the application \(token.appID), not for SKYWAY_APP_ID.")
            } else if let minter = settings.minter {
                let isSigned = await minter.hasSigned(token)
                if !isSigned { review.add(missing: "It is not signed with SKYWAY_SECRET_KEY.") }
            }
        }
    }
}

/// Reads a list of what has metadata; `nil` where there is none.
private func subjects(_ list: String?) throws -> Set<MetadataSubject>? {
    try list.map { list in
        guard let subjects = Set<MetadataSubject>(listed: list) else {
            throw ValidationError("--update-metadata has to be a list of \(MetadataSubject.names).")
        }
        return subjects
    }
}

/// Reads a token, or says in a sentence why it is none.
private func read(_ text: String) throws -> AuthToken {
    do {
        return try AuthToken(decoding: text)
    } catch {
        throw Failure(error.rawValue)
    }
}

/// Says why there is no token in a sentence.
private func explained<Result>(_ body: () async throws(SkyWayError) -> Result) async throws -> Result {
    do {
        return try await body()
    } catch {
        throw Failure(error.advice)
    }
}

/// Reads the settings of the commands about tokens from the environment and a file.
private func tokenSettings(_ file: String) throws -> GatewayConfiguration.TokenSettings {
    do {
        return try GatewayConfiguration.tokenSettings(
            environment: ProcessInfo.processInfo.environment,
            file: try EnvironmentFile(path: file)
        )
    } catch let error as ConfigurationError {
        throw Failure(error.description)
    }
}
