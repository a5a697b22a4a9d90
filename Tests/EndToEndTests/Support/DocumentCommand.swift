// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A block of commands in a document, exactly as it is written.
struct DocumentCommand: Hashable, Sendable, CustomStringConvertible {
    /// Where it stands, such as `docs/guides/ffmpeg.md:12`.
    let description: String
    let text: String

    /// The program of its first line.
    var program: String { text.split(separator: " ").first.map { $0.trimmingCharacters(in: .newlines) } ?? "" }

    /// The word after the program, which says what our own command is to do.
    var verb: String { text.split(separator: " ").dropFirst().first.map(String.init) ?? "" }

    /// All blocks that are marked as shell, each once: translations repeat them.
    static let all: [DocumentCommand] = {
        let folders = [".", "docs", "docs/guides"].map { Machine.checkout.appending(path: $0) }
        let files = folders.flatMap { folder in
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
            return names.filter { $0.hasSuffix(".md") }.sorted().map { folder.appending(path: $0) }
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
