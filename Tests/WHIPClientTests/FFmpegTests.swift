// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Hummingbird
import RTC
import RTCDriver
import Testing
import WHIPClient

// One at a time: a program that was written a moment ago can't be executed while a fork for another still has it open.
@Suite("Publishing a file through ffmpeg", .serialized, .timeLimit(.minutes(1)))
struct FFmpegTests {
    /// A folder that is gone with the test.
    private func withFolder(_ body: (URL) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "whip-client-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await body(folder)
    }

    /// A program that a test has put in the place of ffmpeg.
    private func program(_ lines: String, in folder: URL) throws -> FFmpeg {
        let file = folder.appending(path: "ffmpeg")
        try Data("#!/bin/sh\n\(lines)\n".utf8).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path())
        return FFmpeg(executable: file.path())
    }

    @Test("Where ffmpeg is missing, that is said with what to do")
    func missing() throws {
        let error = #expect(throws: WHIPError.self) { try FFmpeg.find(path: "/nowhere:/dev") }
        #expect(error?.message.contains("apt-get install ffmpeg") == true)
        #expect(error?.code == .media)
    }

    @Test("The first ffmpeg on the path is taken, and nothing that can't be executed")
    func find() async throws {
        try await withFolder { folder in
            let other = folder.appending(path: "other")
            try FileManager.default.createDirectory(at: other, withIntermediateDirectories: true)
            try Data().write(to: other.appending(path: "ffmpeg"))
            _ = try program("exit 0", in: folder)
            let found = try FFmpeg.find(path: "\(other.path()):\(folder.path())")
            #expect(found.executable == "\(folder.path())/ffmpeg")
        }
    }

    @Test("What a file lacks is not offered")
    func kinds() async throws {
        try await withFolder { folder in
            let ffmpeg = try program(#"case "$*" in *0:V:0*) exit 0;; *) echo no sound >&2; exit 1;; esac"#, in: folder)
            let media = try await PublishedMedia.file("a.mp4", by: ffmpeg, loops: false)
            #expect(media.tracks.map(\.codec) == [.publishedH264])
        }
    }

    @Test("A file with nothing to publish is refused in ffmpeg's words")
    func nothing() async throws {
        try await withFolder { folder in
            let ffmpeg = try program("echo; echo a.txt: Invalid data >&2; exit 1", in: folder)
            let error = await #expect(throws: WHIPError.self) {
                try await PublishedMedia.file("a.txt", by: ffmpeg, loops: false)
            }
            #expect(error?.message.contains("a.txt: Invalid data") == true)
        }
    }

    @Test("A program that can't be started, or fails while it plays, is told of")
    func failing() async throws {
        let absent = FFmpeg(executable: "/nowhere/ffmpeg")
        await #expect(throws: WHIPError(.media, "")) { try await PublishedMedia.file("a", by: absent, loops: false) }
        try await withFolder { folder in
            let ffmpeg = try program(#"case "$*" in *-re*) echo torn >&2; exit 3;; esac"#, in: folder)
            let media = try await PublishedMedia.file("a.mp4", by: ffmpeg, loops: false)
            let play = try #require(media.play)
            let error = await #expect(throws: WHIPError.self) { try await play() }
            #expect(error?.message == "ffmpeg could not play a.mp4: torn")
        }
    }

    @Test(
        "Whoever stops a publication ends the program, even one that does not want to",
        arguments: ["true", "trap '' TERM"]
    )
    func stopping(habit: String) async throws {
        try await withFolder { folder in
            let mark = folder.appending(path: "began").path()
            let ffmpeg = try program(
                "case \"$*\" in *-re*) \(habit); : > \(mark); while :; do sleep 0.05; done;; esac",
                in: folder
            )
            let media = try await PublishedMedia.file("a.mp4", by: ffmpeg, loops: true)
            let play = try #require(media.play)
            let run = Task { try await play() }
            while !FileManager.default.fileExists(atPath: mark) { try await Task.sleep(for: .milliseconds(5)) }
            let start = ContinuousClock.now
            run.cancel()
            _ = await run.result
            #expect(ContinuousClock.now - start < .seconds(20))
        }
    }

    @Test(
        "A real file arrives as pictures and sound and ends with its end",
        .enabled(if: Self.real != nil, "There is no ffmpeg, neither on the PATH nor in .venv.")
    )
    func realFile() async throws {
        let ffmpeg = FFmpeg(executable: try #require(Self.real))
        try await withFolder { folder in
            let file = folder.appending(path: "test.mkv").path()
            try Self.makeFile(file, ffmpeg)
            let receiving = try await MediaWorker.start(.init(address: .loopbackIPv4, port: 0))
            let sending = try await MediaWorker.start(.init(address: .loopbackIPv4, port: 0))
            let endpoint = ReceivingEndpoint(worker: receiving)
            let router = Router()
            endpoint.addRoutes(to: router)
            let media = try await PublishedMedia.file(file, by: ffmpeg, loops: false)
            let end = try await withLoopbackServer(router) { address in
                await WHIPPublisher(
                    WHIPEndpoint(try #require(WHIPAddress(address + "/whip"))),
                    media: media,
                    worker: sending,
                    certificate: try #require(ReceivingEndpoint.certificate),
                    logger: .silent
                ).run()
            }
            #expect(end == .mediaEnded)
            let video = endpoint.arrivals.packets(.video)
            #expect(video.count(where: \.marker) >= 28, "of 30 pictures")
            #expect(endpoint.arrivals.packets(.audio).count >= 95, "of 100 packets of sound")
            #expect((video + endpoint.arrivals.packets(.audio)).allSatisfy { $0.payload.count <= 1_200 })
            await sending.shutdown()
            await receiving.shutdown()
        }
    }

    /// The path of an ffmpeg of this machine, or of the Python environment of the end-to-end tests.
    static let real: String? = {
        let folders = ProcessInfo.processInfo.environment["PATH"] ?? ""
        if let installed = try? FFmpeg.find(path: folders) { return installed.executable }
        let libraries = URL(filePath: ".venv/lib")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: libraries.path())) ?? []
        for name in names {
            let binaries = libraries.appending(path: "\(name)/site-packages/imageio_ffmpeg/binaries")
            let files = (try? FileManager.default.contentsOfDirectory(atPath: binaries.path())) ?? []
            if let file = files.first(where: { $0.hasPrefix("ffmpeg-") }) {
                return binaries.appending(path: file).path()
            }
        }
        return nil
    }()

    /// Two seconds of a test picture and a tone.
    private static func makeFile(_ file: String, _ ffmpeg: FFmpeg) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: ffmpeg.executable)
        process.arguments = [
            "-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", "testsrc=size=321x181:rate=15", "-f", "lavfi", "-i",
            "sine=frequency=440:sample_rate=48000", "-t", "2", "-c:v", "mpeg4", "-c:a", "libopus", file,
        ]
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }
}
