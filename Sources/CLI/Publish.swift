// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Logging
import WHIPClient

/// `publish`: the sample clip or a file by WHIP, to this gateway or any other endpoint.
struct Publish: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Publishes the sample clip, or a file, by WHIP.",
        discussion: "The bearer token may also come from the environment, as WHIP_BEARER_TOKEN."
    )

    @Argument(help: "The WHIP endpoint, such as http://127.0.0.1:8080/whip/my-room.") var endpoint: String
    @Option(help: "The bearer token.") var bearer: String?
    @Option(help: "A file to publish instead of the sample clip, through ffmpeg where that is installed.")
    var file: String?
    @Flag(help: "Begin the file again at its end, as the sample clip does.") var loop = false
    @Flag(help: "Give up after the first end instead of trying again.") var once = false
    @OptionGroup var logging: LoggingFlags

    func run() async throws {
        guard let address = WHIPAddress(endpoint) else {
            throw ValidationError("\"\(endpoint)\" is no http or https address.")
        }
        let token = bearer ?? ProcessInfo.processInfo.environment["WHIP_BEARER_TOKEN"]
        let logger = logging.logger("publish")
        try await Services.run(
            [
                PublishingService(
                    endpoint: WHIPEndpoint(address, bearer: token),
                    media: try await media(),
                    repeats: !once,
                    logger: logger
                )
            ],
            logger: logger
        )
    }

    private func media() async throws -> PublishedMedia {
        guard let file else { return .clip(try SampleClip.load()) }
        do {
            let ffmpeg = try FFmpeg.find(path: ProcessInfo.processInfo.environment["PATH"] ?? "")
            return try await .file(file, by: ffmpeg, loops: loop)
        } catch {
            throw Failure(error.message)
        }
    }
}
