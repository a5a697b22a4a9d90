// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// What is declared in the sources and their tests.
struct SwiftNames {
    var types: Set<String> = []
    var members: Set<String> = []

    /// Words in the form of a type that are none of ours: header fields of HTTP, and what others call things.
    static let foreign: Set<String> = [
        "Allow", "ETag", "Location", "Link", "Authorization", "Bearer", "Package", "MediaStream", "NIOWebSocket",
    ]

    private static let typeKeywords: Set<Substring> = ["class", "struct", "enum", "actor", "protocol", "typealias"]
    private static let memberKeywords: Set<Substring> = ["func", "var", "let", "case"]

    /// All declarations; none where the sources can't be read.
    static let all: SwiftNames = {
        var names = SwiftNames()
        let folders = ["Sources", "Tests", "Benchmarks"]
        for file in folders.flatMap({ (try? SourceTree.swiftFiles(below: $0)) ?? [] }) {
            for line in file.lines where !line.hasPrefix("//") { names.take(line) }
        }
        return names
    }()

    private mutating func take(_ line: String) {
        let words = line.split(separator: " ")
        for (keyword, word) in zip(words, words.dropFirst()) {
            let name = String(word.prefix { $0.isLetter || $0.isNumber || $0 == "_" })
            if Self.typeKeywords.contains(keyword) { types.insert(name) }
            if Self.memberKeywords.contains(keyword) { members.insert(name) }
        }
    }
}
