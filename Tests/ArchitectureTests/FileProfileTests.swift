// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@Suite("The profile of the source files")
struct FileProfileTests {
    @Test("Half of the files have at most 120 lines, nine in ten at most 350, none over 600")
    func sizes() throws {
        let files = try SourceTree.swiftFiles(below: "Sources")
        let sizes = files.map(\.lines.count).sorted()
        let median = sizes[sizes.count / 2]
        let ninth = sizes[sizes.count * 9 / 10]
        #expect(median <= 120, "the median is \(median) lines")
        #expect(ninth <= 350, "the ninth decile is \(ninth) lines")
        for file in files {
            #expect(file.lines.count <= 600, "\(file.path) has \(file.lines.count) lines")
        }
    }

    @Test("Every file says under which licence it stands")
    func licence() throws {
        let files = try SourceTree.swiftFiles(below: "Sources") + SourceTree.swiftFiles(below: "Tests")
        for file in files {
            let head = file.lines.prefix(3).joined(separator: "\n")
            #expect(head.contains("SPDX-License-Identifier: Apache-2.0"), "\(file.path) has no licence line")
        }
    }

    @Test("Unproven promises to the compiler stay rare and are explained")
    func uncheckedPromises() throws {
        let promises = ["@unchecked Sendable", "nonisolated(unsafe)", "@preconcurrency import"]
        for file in try SourceTree.swiftFiles(below: "Sources") {
            for (index, line) in file.lines.enumerated() where promises.contains(where: line.contains) {
                let above = file.lines[max(0, index - 6)..<index].joined(separator: "\n")
                #expect(above.contains("//"), "\(file.path):\(index + 1) makes a promise without a proof")
            }
        }
    }
}
