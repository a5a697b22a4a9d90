// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import CStudio
import Foundation
import Testing

@testable import SkyWayLocal

@Suite("The studio's files")
struct StudioFileTests {
    private static let texts: [String: String] = {
        UnsafeBufferPointer(start: cstudio_files(), count: cstudio_count()).reduce(into: [:]) { texts, file in
            let bytes = UnsafeBufferPointer(start: file.bytes, count: file.length)
            texts[String(cString: file.name)] = String(decoding: bytes, as: UTF8.self)
        }
    }()

    /// The words of the page: what stands in brackets after each key, Japanese and English.
    private static let words: [String: [Substring]] = {
        let source = (texts["words.js"] ?? "") + (texts["troubles.js"] ?? "")
        return source.matches(of: /(?sm)^  (\w+): \[(.*?)\],$/).reduce(into: [:]) { words, match in
            words[String(match.1)] = match.2.matches(of: /"([^"]*)"(?=,|\n|$| \+|\])/).map(\.1)
        }
    }()

    @Test("Every file is served, says its licence and is small")
    func files() {
        #expect(Self.texts.count == StudioFiles.all.count && Self.texts.count > 20)
        for (name, text) in Self.texts {
            #expect(text.prefix(200).contains("SPDX-License-Identifier: Apache-2.0"), "\(name)")
            #expect(text.utf8.count < 30_000, "\(name) has \(text.utf8.count) bytes")
        }
    }

    @Test("A module imports only what is there")
    func imports() {
        for (name, text) in Self.texts where name.hasSuffix(".js") {
            for match in text.matches(of: /(?:from|import\()\s*"\.\/([\w.-]+)"/) {
                #expect(Self.texts[String(match.1)] != nil, "\(name) imports \(match.1)")
            }
        }
        let page = Self.texts["studio.html"] ?? ""
        let loaded = page.matches(of: /(?:src|href)="\/studio\/([\w.-]+)"/)
        #expect(loaded.count == 2 && loaded.allSatisfy { Self.texts[String($0.1)] != nil })
    }

    @Test("Whatever the page says is there in both languages")
    func languages() throws {
        #expect(Self.words.count > 150)
        for (key, said) in Self.words { #expect(said.count >= 2, "\(key) is said as \(said)") }
        var used: Set<String> = []
        for (name, text) in Self.texts {
            let patterns = [
                /data-(?:text|placeholder)="([\w-]+)"/, /\btext\("(\w+)"/, /word: "(\w+)"/, /Trouble\("(\w+)"/,
                /ConnectionFailure\("(\w+)"/, /TokenError\("(\w+)"/, /\b(?:badge|button|own)\("(\w+)"/,
            ]
            for match in patterns.flatMap({ text.matches(of: $0) }) {
                used.insert(String(match.1))
                #expect(Self.words[String(match.1)] != nil, "\(name) says \(match.1)")
            }
        }
        #expect(used.count > 100)
    }

    @Test("The page asks for the elements that it has")
    func elements() {
        let page = Self.texts["studio.html"] ?? ""
        let there = Set(page.matches(of: /\bid="([\w-]+)"/).map { String($0.1) })
        for (name, text) in Self.texts where name.hasSuffix(".js") {
            for match in text.matches(of: /element\("([\w-]+)"\)/) {
                #expect(there.contains(String(match.1)), "\(name) asks for \(match.1)")
            }
        }
    }
}
