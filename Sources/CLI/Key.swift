// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Gateway
import HTTPKit
import SkyWay

/// `key`: the stream keys that publishers are given.
struct Key: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes, shows and revokes stream keys.",
        subcommands: [Add.self, List.self, Revoke.self]
    )

    /// `key add`: draws a key for a room.
    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a stream key for a room, and shows it this once.",
            discussion: "A running gateway takes it within a second."
        )

        @Argument(help: "The room: an id or a name.") var room: String
        @Option(help: "The name of the member that publishes.") var memberName: String?
        @Option(help: "The codecs that may be sent, such as h264,opus; a kind of which none is named is free.")
        var codecs: String?
        @Option(help: "The bit rate that the publisher is told to stay below, such as 2500k or 8M.")
        var maxBitrate: String?
        @Option(help: "How many may publish with it at a time.") var maxPublishers = 1
        @OptionGroup var metadata: KeyMetadataFlags
        @Option(help: "Days after which it is refused. (default: none)") var days: Int?
        @Option(help: "What to remember of it.") var note: String?
        @OptionGroup var keyFile: KeyFileFlags

        func run() async throws {
            let file = try keyFile.file()
            let made = try failing { try file.add(try grant(), expiresAt: try expiry(), note: note) }
            StandardOutput.say(
                """
                \(made.key.exposed)

                This key is not shown again. In OBS it is the Bearer Token; encoders with one field alone take the address
                  http://127.0.0.1:8080/whip/\(room)/\(made.key.exposed)
                Start the gateway with --stream-keys \(file.path)
                """
            )
        }

        private func grant() throws -> GrantDescription {
            var grant = GrantDescription()
            grant.channel = room
            grant.memberName = memberName
            grant.codecs = codecs.map { $0.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } }
            grant.maximumBitrate = try maxBitrate.map { text in
                guard let bitrate = Bitrate(text) else {
                    throw ValidationError("--max-bitrate has to be from 100k to 1000M, such as 2500k or 8M.")
                }
                return bitrate.bitsPerSecond
            }
            grant.maximumPublishers = maxPublishers == 1 ? nil : maxPublishers
            grant.metadata = metadata.value
            return grant
        }

        private func expiry() throws -> Date? {
            try days.map { days in
                guard (1...36_500).contains(days) else { throw ValidationError("--days has to be from 1 to 36500.") }
                let seconds = Date().timeIntervalSince1970.rounded(.down) + Double(days) * 86_400
                return Date(timeIntervalSince1970: seconds)
            }
        }
    }

    /// `key list`: what the file has, which is no key itself.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the stream keys; the keys themselves are not kept."
        )

        @OptionGroup var keyFile: KeyFileFlags

        func run() async throws {
            let file = try keyFile.file()
            let keys = try failing { try file.keys() ?? [] }
            guard !keys.isEmpty else { return StandardOutput.say("There are no stream keys in \(file.path).") }
            let rows = [["id", "room", "made", "expires", "limits", "note"]] + keys.map(Self.row)
            let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
            let lines = rows.map { row in
                zip(row, widths).map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }.joined(separator: "  ")
                    .replacing(/\ +$/, with: "")
            }
            StandardOutput.say(lines.joined(separator: "\n"))
        }

        private static func row(_ key: StreamKey) -> [String] {
            let grant = key.grant
            let limits: [String?] = [
                grant.memberName.map { "member \($0)" },
                grant.codecs.map { $0.joined(separator: ",") },
                grant.maximumBitrate.map { "\($0 / 1_000)k" },
                grant.maximumPublishers.map { "\($0) publishers" },
                grant.metadata.map { _ in "metadata" },
            ]
            let day = { (date: Date) in String(date.formatted(.iso8601).prefix(10)) }
            return [
                key.id, grant.channel ?? "", day(key.createdAt), key.expiresAt.map(day) ?? "never",
                limits.compactMap { $0 }.joined(separator: ", "), key.note ?? "",
            ]
        }
    }

    /// `key revoke`: takes a key out.
    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Revokes a stream key.",
            discussion: "A running gateway refuses it within a second, and ends what is published with it."
        )

        @Argument(help: "The key's id, which it begins with.") var id: String
        @OptionGroup var keyFile: KeyFileFlags

        func run() async throws {
            let file = try keyFile.file()
            // Whoever has the key itself at hand may give that.
            let name = String(id.prefix { $0 != "-" })
            guard try failing({ try file.revoke(name) }) else {
                throw Failure("There is no stream key \(name) in \(file.path).")
            }
            StandardOutput.say("Revoked \(name).")
        }
    }
}

/// What metadata a key stands for.
struct KeyMetadataFlags: ParsableArguments {
    @Option(help: "The metadata of the room while it is published with the key.") var channelMetadata: String?
    @Option(help: "The metadata of the member.") var memberMetadata: String?
    @Option(help: "The metadata of the sound.") var audioMetadata: String?
    @Option(help: "The metadata of the picture.") var videoMetadata: String?

    /// As the file has them.
    var value: JSONValue? {
        let given: [(MetadataSubject, String?)] = [
            (.channel, channelMetadata), (.member, memberMetadata), (.audio, audioMetadata), (.video, videoMetadata),
        ]
        let texts = given.compactMap { subject, text in text.map { (subject.rawValue, JSONValue.string($0)) } }
        return texts.isEmpty ? nil : .object(Dictionary(uniqueKeysWithValues: texts))
    }
}

/// Where the stream keys are.
struct KeyFileFlags: ParsableArguments {
    @Option(help: "The file of stream keys. (default: GATEWAY_STREAM_KEYS, else stream-keys.json)")
    var streamKeys: String?
    @Option(help: "The file with settings.") var envFile = ".env"

    /// The file.
    func file() throws -> StreamKeyFile {
        let settings = try EnvironmentFile(path: envFile)
        let path = GatewayConfiguration.streamKeys(
            flag: streamKeys,
            environment: ProcessInfo.processInfo.environment,
            file: settings
        )
        return StreamKeyFile(path: path ?? "stream-keys.json")
    }
}

/// Tells what can't be done with a file of keys in a sentence.
private func failing<Result>(_ body: () throws -> Result) throws -> Result {
    do {
        return try body()
    } catch let error as InvalidGrant {
        throw Failure("The key can't be made: \(error.reason).")
    } catch let error as FileError {
        throw Failure(error.description)
    } catch let error as StreamKeyFileError {
        throw Failure(error.description)
    }
}
