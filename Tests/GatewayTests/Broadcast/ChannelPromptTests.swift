// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPTypes
import HummingbirdTesting
import Testing

@testable import Gateway
@testable import SkyWay

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

@Suite("The question for a channel")
struct ChannelPromptTests {
    /// Answers when the test says so.
    struct Prompt: ChannelPrompting {
        let answers: AsyncStream<ChannelReference?>

        func channel(for publisher: String) async -> ChannelReference? {
            for await answer in answers { return answer }
            return nil
        }
    }

    /// Both ends of a pseudo-terminal.
    struct PseudoTerminal {
        let person: FileHandle
        let program: FileHandle

        init() throws {
            var (outer, inner): (Int32, Int32) = (-1, -1)
            try #require(openpty(&outer, &inner, nil, nil, nil) == 0)
            person = FileHandle(fileDescriptor: outer, closeOnDealloc: true)
            program = FileHandle(fileDescriptor: inner, closeOnDealloc: true)
        }

        var prompt: TerminalPrompt {
            TerminalPrompt(input: program.fileDescriptor, output: program.fileDescriptor)
        }

        func type(_ text: String) throws { try person.write(contentsOf: Data(text.utf8)) }

        /// All that was shown so far, with what was typed.
        func read() -> String { String(decoding: person.availableData, as: UTF8.self) }
    }

    @Test("The publisher is answered before the channel is known, and SkyWay is asked afterwards")
    func answersFirst() async throws {
        let (answers, answer) = AsyncStream<ChannelReference?>.makeStream()
        let link = FakeLink()
        try await GatewayFixture.run(
            GatewaySetup(
                edit: { $0.prompt = Prompt(answers: answers) },
                connect: { _, _ in link }
            )
        ) { gateway in
            let response = try await gateway.post(to: "/whip")
            #expect(response.status == .created)
            #expect(link.asked.isEmpty)
            #expect(gateway.registry.live.entries.isEmpty)
            answer.yield(.name("studio"))
            while !link.asked.contains("produce video") { try await Task.sleep(for: .milliseconds(2)) }
            #expect(gateway.registry.live.entries.map(\.channel) == ["studio"])
        }
    }

    @Test("No channel, or one that can't be joined, ends the session", arguments: [true, false])
    func fails(isGiven: Bool) async throws {
        let (answers, answer) = AsyncStream<ChannelReference?>.makeStream()
        let link = FakeLink { _ in throw SkyWayError(.channelNotFound, .rtcAPI) }
        try await GatewayFixture.run(
            GatewaySetup(
                edit: { $0.prompt = Prompt(answers: answers) },
                connect: { _, _ in link }
            )
        ) { gateway in
            let location = try #require(try await gateway.post(to: "/whip").headers[.location])
            answer.yield(isGiven ? .name("studio") : nil)
            while await gateway.registry.count > 0 { try await Task.sleep(for: .milliseconds(2)) }
            let response = try await gateway.send(.get, location)
            #expect(response.status == .notFound)
        }
    }

    @Test("A channel is read from a terminal, by name or by id", arguments: ["studio", " studio "])
    func reads(typed: String) async throws {
        let terminal = try PseudoTerminal()
        try terminal.type(typed + "\n")
        #expect(await terminal.prompt.channel(for: "OBS") == .name("studio"))
        #expect(terminal.read().contains("OBS wants to publish"))
    }

    @Test("What can't be a channel is asked for again, three times in all")
    func repeats() async throws {
        let terminal = try PseudoTerminal()
        try terminal.type("a room\nstudio\n")
        let prompt = terminal.prompt
        #expect(await prompt.channel(for: "OBS") == .name("studio"))
        try terminal.type("\n\n*\n")
        #expect(await prompt.channel(for: "OBS") == nil)
    }

    @Test("Two publishers are asked for one after another")
    func takesTurns() async throws {
        let terminal = try PseudoTerminal()
        let prompt = terminal.prompt
        async let first = prompt.channel(for: "OBS")
        async let second = prompt.channel(for: "OBS")
        try terminal.type("one\ntwo\n")
        #expect(await Set([first, second]) == [.name("one"), .name("two")])
    }

    @Test("A question is dropped when its publisher leaves, and the next one is asked")
    func cancelled() async throws {
        let terminal = try PseudoTerminal()
        let prompt = terminal.prompt
        await withTaskGroup(of: ChannelReference?.self) { group in
            group.addTask { await prompt.channel(for: "OBS") }
            group.cancelAll()
            for await answer in group { #expect(answer == nil) }
        }
        try terminal.type("studio\n")
        #expect(await prompt.channel(for: "OBS") == .name("studio"))
    }
}
