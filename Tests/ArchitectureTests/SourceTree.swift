// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The project's own source files, as the tests of its structure read them.
struct SourceTree {
    /// One file of the tree.
    struct File {
        /// The path from the root of the repository.
        var path: String
        /// Its lines.
        var lines: [String]

        /// The target it belongs to: the folder below `Sources` or `Tests`.
        var target: String { path.split(separator: "/").dropFirst().first.map(String.init) ?? "" }

        /// The modules it imports.
        var imports: [String] {
            lines.compactMap { line in
                let words = line.split(separator: " ").map(String.init)
                guard let index = words.firstIndex(of: "import"), index <= 2, words.count > index + 1 else {
                    return nil
                }
                let known = ["import", "package", "public", "internal", "private", "fileprivate", "@testable"]
                guard words[..<index].allSatisfy({ known.contains($0) || $0.hasPrefix("@") }) else { return nil }
                let isKind = ["struct", "class", "enum", "func", "protocol"].contains(words[index + 1])
                let module = isKind && words.count > index + 2 ? words[index + 2] : words[index + 1]
                return module.split(separator: ".").first.map(String.init)
            }
        }
    }

    /// The root of the repository.
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Every Swift file below a folder.
    static func swiftFiles(below folder: String) throws -> [File] {
        let base = root.appending(path: folder)
        let paths = FileManager.default.enumerator(atPath: base.path)?.compactMap { $0 as? String } ?? []
        return try paths.filter { $0.hasSuffix(".swift") }.sorted().map { path in
            let text = try String(contentsOf: base.appending(path: path), encoding: .utf8)
            return File(path: "\(folder)/\(path)", lines: text.components(separatedBy: "\n"))
        }
    }
}
