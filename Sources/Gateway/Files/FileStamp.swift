// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What tells one state of a file from the next without reading it; follows symbolic links, as Kubernetes mounts them.
struct FileStamp: Hashable, Sendable {
    /// Where the links lead to.
    private let path: String
    private let number: Int?
    private let size: Int?
    private let modified: Date?
    /// The permission bits.
    let mode: Int

    /// Looks at a file; `nil` where there is none.
    init?(path: String) {
        self.path = URL(filePath: path).resolvingSymlinksInPath().path
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: self.path) else { return nil }
        number = attributes[.systemFileNumber] as? Int
        size = attributes[.size] as? Int
        modified = attributes[.modificationDate] as? Date
        mode = attributes[.posixPermissions] as? Int ?? 0
    }

    /// Looks at files again and again until the task is cancelled.
    ///
    /// - Parameters:
    ///   - paths: the files.
    ///   - interval: the time between two looks.
    ///   - changed: called after each change of any of them, one call after the other.
    static func watch(_ paths: [String], every interval: Duration, changed: () async -> Void) async {
        var before = paths.map { FileStamp(path: $0) }
        while (try? await Task.sleep(for: interval)) != nil {
            let now = paths.map { FileStamp(path: $0) }
            guard now != before else { continue }
            before = now
            await changed()
        }
    }
}
