// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Gateway
import SkyWay

/// `token`: makes and reads SkyWay Auth Tokens.
struct Token: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes and reads SkyWay Auth Tokens.",
        subcommands: [Make.self, Decode.self]
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
        @Flag(help: "Let the member make the room.") var createRoom = false
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
            let configuration = try GatewayConfiguration(
                environment: ProcessInfo.processInfo.environment,
                file: try EnvironmentFile(path: envFile)
            )
            let minter = TokenMinter(appID: configuration.skyWay.appID, secret: configuration.skyWay.secret)
            let purpose = TokenMinter.Purpose(
                channel: channel,
                memberName: memberName,
                mayCreateChannel: createRoom,
                maximumSubscribers: configuration.skyWay.maximumSubscribers
            )
            let token = try await minter.mint(for: purpose, lifetime: .seconds(lifetime))
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
            let decoded: AuthToken
            do {
                decoded = try AuthToken(decoding: token)
            } catch {
                throw Failure(error.rawValue)
            }
            let left = decoded.expiresAt - Int(Date().timeIntervalSince1970)
            StandardOutput.say(
                """
                version      \(decoded.version)
                application  \(decoded.appID)
                issued       \(Self.text(decoded.issuedAt))
                expires      \(Self.text(decoded.expiresAt)) (\(left < 0 ? "over" : "in \(left) s"))
                """
            )
        }

        private static func text(_ seconds: Int) -> String {
            Date(timeIntervalSince1970: TimeInterval(seconds)).formatted(.iso8601)
        }
    }
}
