// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import AsyncHTTPClient
import Foundation
import Gateway
import HTTPKit
import NIOCore
import NIOHTTP1

/// `capture`: the packets of a broadcast, decrypted, in a file for Wireshark.
struct Capture: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Records the packets of a broadcast, decrypted, for Wireshark.",
        discussion: """
            The key comes from GATEWAY_ADMIN_KEY, in the environment or .env, as for `serve`. Whoever has the file can \
            see and hear the broadcast.
            """
    )

    @Argument(help: "The broadcast, as `status` has it.") var id: UInt64
    @Option(help: "For how long, at most 300.") var seconds = 10
    @Option(help: "How many packets, at most 1000000. (default: 100000)") var packets: Int?
    @Option(help: "Where to write; - for standard output. (default: broadcast-ID.pcapng)") var output: String?
    @OptionGroup var admin: AdminFlags

    func run() async throws {
        let question = try admin.question()
        let path = "/api/v1/broadcasts/\(id)/capture?seconds=\(seconds)" + (packets.map { "&packets=\($0)" } ?? "")
        let name = output ?? "broadcast-\(id).pcapng"
        // An earlier recording stays where there is no new one.
        var file: FileHandle?
        var bytes = 0
        try await question.read(path, within: .seconds(Int64(seconds) + 30)) { part in
            let open = try file ?? destination(name)
            file = open
            bytes += part.readableBytes
            try open.write(contentsOf: Data(part.readableBytesView))
        }
        guard output != "-" else { return }
        try file?.close()
        StandardOutput.say("\(name): \(bytes) bytes.")
    }

    func validate() throws {
        try check(seconds, "--seconds", in: CaptureBounds.seconds)
        if let packets { try check(packets, "--packets", in: CaptureBounds.packets) }
    }

    private func check(_ value: Int, _ name: String, in range: ClosedRange<Int>) throws {
        guard !range.contains(value) else { return }
        throw ValidationError("\(name) is a number from \(range.lowerBound) to \(range.upperBound).")
    }

    private func destination(_ name: String) throws -> FileHandle {
        guard name != "-" else { return .standardOutput }
        // For nobody else's eyes.
        guard FileManager.default.createFile(atPath: name, contents: nil, attributes: [.posixPermissions: 0o600]),
            let file = FileHandle(forWritingAtPath: name)
        else { throw Failure("\(name) can't be written: look at its folder, or name another one with --output.") }
        return file
    }
}
