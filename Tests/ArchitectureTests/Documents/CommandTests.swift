// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// What of the documents' commands can be judged without running them; `EndToEndTests` runs those that it can.
@Suite("Commands in the documents")
struct CommandTests {
    private static let programs: Set = [
        "make", "swift", "skyway-whip-gateway", ".build/release/skyway-whip-gateway", "ffmpeg", "curl",
        "gst-launch-1.0",
        "gst-inspect-1.0", "ssh", "brew",
    ]

    private static var blocks: [(path: String, block: Document.Block)] {
        Document.all.flatMap { document in document.blocks.filter { $0.language == "sh" }.map { (document.path, $0) } }
    }

    @Test("Each block is good shell, of programs that are known")
    func shell() throws {
        #expect(Self.blocks.count > 10)
        for (path, block) in Self.blocks {
            let place = "\(path):\(block.line)"
            #expect(try Self.isGoodShell(block.text), "\(place)")
            for command in ShellCommand.commands(in: block.text) {
                #expect(Self.programs.contains(command.program), "\(place): \(command.program)")
            }
        }
    }

    private static func isGoodShell(_ text: String) throws -> Bool {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["bash", "-n", "-c", text]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus == 0
    }

    @Test("What looks like a command is marked as one", arguments: Document.all)
    func marks(document: Document) {
        for block in document.blocks where block.language.isEmpty {
            for command in ShellCommand.commands(in: block.text) {
                #expect(!Self.programs.contains(command.program), "\(document.path):\(block.line) has no language")
            }
        }
    }

    @Test("Our own commands and options are there")
    func ownCommands() throws {
        let sources = try CommandLineSources()
        let text = Document.all.flatMap { document in
            (document.blocks.filter { $0.language == "sh" }.map(\.text) + document.codeSpans).map {
                (document.path, $0)
            }
        }
        var seen: Set<String> = []
        for (path, text) in text {
            for command in ShellCommand.commands(in: text) where command.program.hasSuffix("skyway-whip-gateway") {
                guard let name = sources.command(of: command.arguments) else {
                    #expect(command.arguments.allSatisfy { $0 == "--help" }, "\(path): \(text)")
                    continue
                }
                seen.insert(name)
                for option in command.options where option != "--help" {
                    #expect(sources.names(of: name).contains(option), "\(path): \(name) \(option)")
                }
            }
        }
        #expect(seen.isSuperset(of: ["serve", "local", "publish", "token make"]))
    }

    @Test("Pipelines of GStreamer are well formed")
    func pipelines() throws {
        let commands = Self.blocks.flatMap { ShellCommand.commands(in: $0.block.text) }
        let pipelines = commands.filter { $0.program == "gst-launch-1.0" }
        #expect(pipelines.count >= 2)
        for command in pipelines {
            let pipeline = try #require(Pipeline(command.arguments), "\(command.arguments)")
            #expect(pipeline.elements.contains("whipclientsink"))
        }
    }

    @Test(
        "A pipeline is read as GStreamer reads it",
        arguments: [
            ("videotestsrc is-live=true ! video/x-raw,width=640 ! whipclientsink name=s", true),
            ("audiotestsrc ! s. videotestsrc ! whipclientsink name=s", true),
            ("videotestsrc ! ! fakesink", false),
            ("videotestsrc !", false),
            ("! fakesink", false),
            ("videotestsrc ! x.", false),
            ("is-live=true videotestsrc", false),
        ]
    )
    func pipelineSyntax(text: String, isGood: Bool) {
        #expect((Pipeline(text.split(separator: " ").map(String.init)) != nil) == isGood)
    }
}

extension CommandLineSources {
    /// The command that these arguments call.
    func command(of arguments: [String]) -> String? {
        let words = arguments.prefix { !$0.hasPrefix("-") }
        let two = words.prefix(2).joined(separator: " ")
        return commands[two] != nil ? two : words.first.flatMap { commands[$0] != nil ? $0 : nil }
    }
}
