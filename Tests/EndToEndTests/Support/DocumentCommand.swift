// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A block of commands in a document, exactly as it is written.
struct DocumentCommand: Hashable, Sendable, CustomStringConvertible {
    /// Where it stands, such as `docs/guides/ffmpeg.md:12`.
    let description: String
    let text: String

    /// The program of its first line.
    var program: String { words.first ?? "" }

    /// The word after the program, which says what our own command is to do.
    var verb: String { words.dropFirst().first ?? "" }

    private var words: [String] { text.split(whereSeparator: \.isWhitespace).map(String.init) }

    /// All blocks that are marked as shell, each once.
    static let all: [DocumentCommand] = {
        let folders = [".", "docs", "docs/guides"].map { Machine.checkout.appending(path: $0) }
        let files = folders.flatMap { folder in
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
            // The originals first: their translations repeat them.
            let documents = names.filter { $0.hasSuffix(".md") }.sorted { ($0.count, $0) < ($1.count, $1) }
            return documents.map { folder.appending(path: $0) }
        }
        var seen: Set<String> = []
        return files.flatMap(read).filter { seen.insert($0.text).inserted }
    }()

    private static func read(_ file: URL) -> [DocumentCommand] {
        let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        let name = file.standardized.path.replacing(Machine.checkout.standardized.path + "/", with: "")
        return text.matches(of: /(?m)^```sh\n((?:(?!```).*\n)+)```/).map { match in
            let line = text[..<match.range.lowerBound].count { $0 == "\n" } + 2
            return DocumentCommand(description: "\(name):\(line)", text: String(match.1))
        }
    }
}

extension DocumentCommand {
    /// An element of a pipeline, with the properties that it is given.
    struct Element: Hashable {
        let name: String
        var properties: [String]
    }

    /// The elements of a pipeline of `gst-launch-1.0`, without caps and references.
    var pipelineElements: [Element] {
        var elements: [Element] = []
        for word in text.split(whereSeparator: \.isWhitespace).dropFirst() {
            if !elements.isEmpty, let property = word.firstMatch(of: /^([a-z0-9-]+)=/) {
                elements[elements.count - 1].properties.append(String(property.1))
            } else if word.wholeMatch(of: /[a-z0-9]+/) != nil {
                elements.append(Element(name: String(word), properties: []))
            }
        }
        return elements
    }
}
