// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import RTC

/// The `ffmpeg` program, which turns any file into H.264 and Opus in RTP.
package struct FFmpeg: Sendable {
    /// The program's path.
    package var executable: String

    /// Takes the program at a path.
    ///
    /// - Parameter executable: the path.
    package init(executable: String) {
        self.executable = executable
    }

    /// Finds the program.
    ///
    /// - Parameter path: the folders to look into, as the variable `PATH` has them.
    /// - Returns: the first one found.
    /// - Throws: `WHIPError` that says how to get it.
    package static func find(path: String) throws(WHIPError) -> FFmpeg {
        for folder in path.split(separator: ":") {
            let candidate = "\(folder)/ffmpeg"
            if FileManager.default.isExecutableFile(atPath: candidate) { return FFmpeg(executable: candidate) }
        }
        throw WHIPError(
            .media,
            "Publishing a file needs ffmpeg, which is not on the PATH; install it (on Debian: apt-get install ffmpeg), "
                + "or publish the sample clip."
        )
    }

    /// Which kinds a file has; a cover picture is no video.
    ///
    /// - Parameter file: the file's path.
    /// - Returns: at least one kind.
    /// - Throws: `WHIPError` with ffmpeg's words where there is nothing to publish.
    func kinds(in file: String) async throws(WHIPError) -> [MediaKind] {
        var kinds: [MediaKind] = []
        var complaint = ""
        for kind in MediaKind.allCases {
            let outcome = try await run(
                ["-i", Self.input(file), "-map", Self.stream(kind), "-c", "copy", "-t", "0.01", "-f", "null", "-"]
            )
            if outcome.succeeded { kinds.append(kind) } else { complaint = outcome.lastLine }
        }
        guard !kinds.isEmpty else {
            throw WHIPError(.media, "There is nothing in \(file) that can be published; ffmpeg says: \(complaint)")
        }
        return kinds
    }

    /// Plays a file in its own time into RTP on ports of the loopback interface.
    ///
    /// - Parameters:
    ///   - file: the file's path.
    ///   - loops: whether it begins again at its end.
    ///   - outputs: the codec and port of each kind.
    /// - Throws: `WHIPError` where ffmpeg fails.
    func play(_ file: String, loops: Bool, to outputs: [(codec: RTPCodec, port: UInt16)]) async throws(WHIPError) {
        var arguments = loops ? ["-stream_loop", "-1"] : []
        arguments += ["-re", "-i", Self.input(file)]
        for (codec, port) in outputs {
            arguments += ["-map", Self.stream(codec.kind)] + Self.encoding(codec.kind)
            // Both RTP and RTCP go to the one port that is surely ours.
            arguments += ["-f", "rtp", "-payload_type", String(codec.payloadType)]
            arguments.append("rtp://127.0.0.1:\(port)?rtcpport=\(port)&pkt_size=1200")
        }
        let outcome = try await run(arguments)
        guard outcome.succeeded || Task.isCancelled else {
            throw WHIPError(.media, "ffmpeg could not play \(file): \(outcome.lastLine)")
        }
    }

    private func run(_ arguments: [String]) async throws(WHIPError) -> ChildProcess.Outcome {
        let common = ["-nostdin", "-hide_banner", "-loglevel", "error"]
        do {
            return try await ChildProcess(executable: executable, arguments: common + arguments).run()
        } catch {
            throw WHIPError(.media, "\(executable) can't be started: \(error).")
        }
    }

    /// A path that can't be taken for an option or a protocol.
    private static func input(_ file: String) -> String { "file:" + file }

    private static func stream(_ kind: MediaKind) -> String { kind == .video ? "0:V:0" : "0:a:0" }

    /// What a browser takes at once: no B-frames, one slice a picture, a key frame with its parameter sets each second,
    /// nothing beyond level 3.1.
    private static func encoding(_ kind: MediaKind) -> [String] {
        guard kind == .video else { return ["-c:a", "libopus", "-ar", "48000", "-ac", "2", "-b:a", "96k"] }
        let scale = "scale=w='min(1280,iw)':h='min(720,ih)':force_original_aspect_ratio=decrease:force_divisible_by=2"
        return [
            "-vf", "\(scale),format=yuv420p", "-fpsmax", "30", "-c:v", "libx264", "-preset", "veryfast",
            "-tune", "zerolatency", "-profile:v", "baseline", "-threads:v", "1", "-b:v", "2M", "-maxrate", "2M",
            "-bufsize", "1M", "-force_key_frames", "expr:gte(t,n_forced)",
            "-x264-params", "repeat-headers=1:slices=1:sliced-threads=0",
        ]
    }
}
