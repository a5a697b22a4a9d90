// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Subprocess

/// A capture of UDP on both links of the gateway: `publisher` and `viewer`.
struct WireCapture {
    private let stage: Stage
    private let process: ChildProcess
    private let file: String

    /// Captures from now on; `bytes` of each packet are kept.
    init(on stage: Stage, bytes: Int = 2000) async throws {
        self.stage = stage
        file = stage.folder.appending(path: "gateway.pcap").path
        let links = ["-i", "publisher", "-i", "viewer"]
        process = stage.start(
            "tshark",
            in: .gateway,
            ["tshark", "-q", "-f", "udp", "-s", String(bytes), "-w", file] + links
        )
        _ = try await process.line("that it captures", within: .seconds(15)) {
            $0.contains("Capturing on") ? true : nil
        }
    }

    /// Ends the capture.
    func stop() async throws {
        process.send(SIGINT)
        _ = try await process.end(within: .seconds(10))
    }

    /// The values of fields in the packets that satisfy a display filter, a row for each.
    func rows(_ filter: String, _ fields: [String]) async throws -> [[String]] {
        let reader = ChildProcess(
            "read-capture",
            command: ["tshark", "-r", file, "-Y", filter, "-T", "fields"] + fields.flatMap { ["-e", $0] },
            keeping: stage.folder
        )
        guard try await reader.end(within: .seconds(30)).isSuccess else { throw StageError(reader.lastWords) }
        return reader.output.lines().map {
            $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        }
    }

    /// The longest silence in the media that one address sent, in milliseconds.
    ///
    /// What counts lies in `window`, in seconds of the peers' clock.
    func longestSilence(from source: String, in window: ClosedRange<Double>) async throws -> Int {
        let offset = Date().timeIntervalSince1970 - monotonicSeconds()
        // Longer than any STUN or RTCP keep-alive of ours.
        let rows = try await rows("ip.src == \(source) && udp.length > 60", ["frame.time_epoch"])
        let times = rows.compactMap { Double($0[0]) }.map { $0 - offset }.filter(window.contains).sorted()
        guard times.count > 1 else { throw StageError("no media from \(source) was captured") }
        return Int(zip(times, times.dropFirst()).map { $1 - $0 }.max().map { $0 * 1000 } ?? 0)
    }
}
