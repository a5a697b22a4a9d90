// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

extension EndToEnd {
    /// Publishers of whom little comes, and publishers of whom nothing comes any more.
    @Suite("Liveness")
    struct LivenessTests {
        @Test("Short times: who is quiet stays on the air; who is stopped, killed or cut off is gone in time")
        func short() async throws {
            try await LivenessRun(named: "liveness", mediaTimeout: 3, checkTimeout: 10, quiet: 12, unanswered: 12)
                .expect()
        }
    }

    @Suite("Liveness, the default times", .enabled(if: LongPart.liveness.isWanted, LongPart.liveness.complaint))
    struct LivenessMatrixTests {
        @Test(
            "Who is quiet stays on the air; who is stopped, killed or cut off is gone in time",
            arguments: 1...3
        )
        func long(run: Int) async throws {
            // FFmpeg gives up by itself when its checks are not answered for 30 s.
            try await LivenessRun(
                named: "liveness-long-\(run)",
                mediaTimeout: 15,
                checkTimeout: 30,
                quiet: 75,
                unanswered: 18,
                hasMore: true
            ).expect()
        }
    }
}

/// One run: publishers that are quiet in their own ways, and then all of them gone.
private struct LivenessRun {
    /// What becomes of a publisher in the end.
    private enum Fate: String {
        case killed
        case stopped
        case cutOff
    }

    /// When a publisher was gone, in seconds after what became of it, and when it should be.
    private struct End {
        let channel: String
        let fate: Fate
        let after: Double
        let expected: ClosedRange<Double>
    }

    private let falseEnds: [String]
    private let ends: [End]
    /// The lines that tell of the end of a session.
    private let log: [String]

    /// How often the publishers check, at the least: a sixth of the time less than the longest wait of RFC 7675.
    private static let longestCheckInterval = 6.5
    /// What a busy machine adds.
    private static let slack = 2.0

    /// Goes through a whole run.
    ///
    /// - Parameters:
    ///   - name: of its stage.
    ///   - mediaTimeout: seconds, as the gateway is told.
    ///   - checkTimeout: seconds, as the gateway is told.
    ///   - quiet: seconds for which publishers send no media, or next to none.
    ///   - unanswered: seconds for which FFmpeg's checks are lost.
    ///   - hasMore: whether each fate meets each of FFmpeg and libdatachannel, after a break of the whole network.
    /// - Throws: where the run did not come to its measurement.
    init(
        named name: String,
        mediaTimeout: Int,
        checkTimeout: Int,
        quiet: Int,
        unanswered: Int,
        hasMore: Bool = false
    ) async throws {
        self = try await Stage.run(name) { stage in
            try await stage.startSkyWay()
            // Nobody is waited for, so that a broadcast is gone with its session.
            let settings = [
                "GATEWAY_MEDIA_TIMEOUT": "\(mediaTimeout)", "GATEWAY_ICE_TIMEOUT": "\(checkTimeout)",
                "GATEWAY_RESUME_WINDOW": "0",
            ]
            let gateway = try await stage.startGateway(settings: settings)
            let cast = try await Cast(on: stage, quiet: quiet, hasMore: hasMore)
            let firewall = Firewall(on: stage)
            try await firewall.raise(.checks(from: try await cast.ffmpegPort))
            try await Task.sleep(for: .seconds(unanswered))
            if unanswered < checkTimeout { try await firewall.lower() }
            for publisher in [cast.paused, cast.muted] {
                try await publisher.event("resumed", within: .seconds(quiet + 30))
            }
            if hasMore {
                try await Task.sleep(for: .seconds(6))
                try await firewall.raise(.everything)
                try await Task.sleep(for: .seconds(10))
                try await firewall.lower()
                try await Task.sleep(for: .seconds(10))
            } else {
                // So that what follows does not meet the first media after the pause.
                try await Task.sleep(for: .seconds(1))
            }
            let falseEnds = cast.observer.goneSoFar
            if unanswered >= checkTimeout { try await firewall.lower() }

            let began = monotonicSeconds()
            try cast.end()
            try await firewall.raise(.everything)
            let byMedia = Double(mediaTimeout)
            let byChecks = Double(checkTimeout)
            var ends: [End] = []
            for (channel, fate, checks) in cast.fates(ffmpegChecks: unanswered < checkTimeout) {
                let at = try await cast.observer.gone(channel, within: .seconds(checkTimeout + 10))
                let earliest = checks ? max(byMedia, byChecks - Self.longestCheckInterval) : byMedia
                let expected = (earliest - 0.5)...((checks ? byChecks : byMedia) + Self.slack)
                ends.append(End(channel: channel, fate: fate, after: at - began, expected: expected))
            }
            cast.clear()
            let log = try await eventually("the end of each session is in the log", within: .seconds(10)) {
                let lines = gateway.process.errors.lines().filter { $0.contains("Session ended") }
                return lines.count >= ends.count ? lines : nil
            }
            return LivenessRun(falseEnds: falseEnds, ends: ends, log: log)
        }
    }

    private init(falseEnds: [String], ends: [End], log: [String]) {
        self.falseEnds = falseEnds
        self.ends = ends
        self.log = log
    }

    func expect() {
        #expect(falseEnds.isEmpty, "ended though they were there: \(falseEnds)")
        for end in ends {
            #expect(end.expected.contains(end.after), "\(end.channel), \(end.fate): \(end.after) s")
        }
        #expect(log.count == ends.count)
        #expect(log.allSatisfy { $0.contains("nothing came from the publisher any more") })
        let times = ends.map { "\($0.channel) \($0.fate.rawValue) \(($0.after * 10).rounded() / 10) s" }
        print("LIVENESS: \(times.joined(separator: ", "))")
    }

    /// The publishers of a run, all on the air.
    private struct Cast {
        let observer: LiveObserver
        /// Libdatachannel without media: checks alone.
        let paused: PeerProcess
        /// Libwebrtc without picture, with silence that Opus leaves out.
        let muted: PeerProcess
        /// Aiortc, which makes no checks: media alone.
        let unchecked: PeerProcess
        /// FFmpeg, whose checks are lost for a while.
        let ffmpeg: PeerProcess
        private let more: [(channel: String, fate: Fate, process: PeerProcess)]

        init(on stage: Stage, quiet: Int, hasMore: Bool) async throws {
            observer = try await LiveObserver(on: stage)
            let times = ["4", "\(4 + quiet)"]
            let length = ["--seconds", "\(quiet + (hasMore ? 100 : 45))"]
            let url = "\(Stage.gatewayURL)/whip"
            func start(_ kind: String, _ channel: String, _ options: [String] = []) -> PeerProcess {
                let arguments = ["\(url)/\(channel)"] + length + options
                return stage.peer("publish_\(kind).py", arguments, in: .publisher, as: channel)
            }
            paused = start("libdatachannel", "paused", ["--no-delete", "--quiet"] + times)
            muted = start("wrtc", "muted", ["--mute"] + times)
            unchecked = start("aiortc", "unchecked", ["--no-checks"])
            ffmpeg = start("ffmpeg", "ffmpeg")
            more =
                !hasMore
                ? []
                : [
                    ("ldc-stopped", .stopped, start("libdatachannel", "ldc-stopped", ["--no-delete"])),
                    ("ldc-cut", .cutOff, start("libdatachannel", "ldc-cut", ["--no-delete"])),
                    ("ffmpeg-killed", .killed, start("ffmpeg", "ffmpeg-killed")),
                    ("ffmpeg-cut", .cutOff, start("ffmpeg", "ffmpeg-cut")),
                ]
            for channel in ["paused", "muted", "unchecked", "ffmpeg"] + more.map(\.channel) {
                try await observer.live(channel, within: .seconds(60))
            }
        }

        /// Stops and kills those whose fate it is.
        func end() throws {
            paused.process.send(SIGKILL)
            muted.process.send(SIGSTOP)
            for (_, fate, publisher) in more + [("ffmpeg", .stopped, ffmpeg)] {
                let signal = fate == .killed ? SIGKILL : SIGSTOP
                guard fate != .cutOff else { continue }
                publisher.process.send(signal)
                // FFmpeg is a process of its own behind the script.
                for line in publisher.process.output.lines() {
                    if let pid = PeerProcess.decode(Started.self, line)?.pid { kill(pid, signal) }
                }
            }
        }

        /// Removes what is stopped, which does not end upon SIGTERM.
        func clear() {
            for publisher in [muted, ffmpeg, unchecked] + more.map(\.process) { publisher.process.send(SIGKILL) }
        }

        /// What becomes of each, and whether it checked until then.
        func fates(ffmpegChecks: Bool) -> [(channel: String, fate: Fate, checks: Bool)] {
            [
                ("unchecked", .cutOff, false), ("ffmpeg", .stopped, ffmpegChecks), ("paused", .killed, true),
                ("muted", .stopped, true),
            ] + more.map { ($0.channel, $0.fate, true) }
        }

        /// The port that FFmpeg sends from.
        var ffmpegPort: Int {
            get async throws {
                let publishing = try await ffmpeg.detailed("publishing", as: Publishing.self, within: .seconds(5))
                guard let port = publishing.fields.ports.first, publishing.fields.ports.count == 1 else {
                    throw StageError("FFmpeg has other sockets than expected: \(publishing.fields.ports)")
                }
                return port
            }
        }

        private struct Started: Decodable {
            let pid: Int32
        }

        private struct Publishing: Decodable {
            let ports: [Int]
        }
    }
}
