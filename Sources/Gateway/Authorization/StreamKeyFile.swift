// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import Foundation
package import SkyWay

/// The file of stream keys: JSON, written as a whole, for its owner alone.
package struct StreamKeyFile: Sendable {
    private let file: AtomicFile

    /// What the file holds.
    private struct Contents: Codable {
        var version = 1
        var keys: [StreamKey] = []
    }

    /// Names the file; it need not be there yet.
    package init(path: String) {
        file = AtomicFile(path: path)
    }

    /// Where it is.
    package var path: String { file.path }

    /// Whether others than its owner may read it.
    var isReadableByOthers: Bool { FileStamp(path: path).map { $0.mode & 0o077 != 0 } ?? false }

    /// The keys; `nil` where there is no file.
    ///
    /// - Throws: `FileError` where it can't be read, `StreamKeyFileError` where it is no file of keys.
    package func keys() throws -> [StreamKey]? {
        try file.read().map { try Self.parse($0, path).keys }
    }

    /// Draws a key and keeps what is to be kept of it.
    ///
    /// - Parameters:
    ///   - grant: what it allows.
    ///   - expiresAt: from when on it is refused.
    ///   - note: what to remember of it.
    /// - Returns: what is kept, and the key to give away, which is not kept anywhere.
    /// - Throws: why the file can't be changed, or `InvalidGrant`.
    package func add(
        _ grant: GrantDescription,
        expiresAt: Date? = nil,
        note: String? = nil
    ) throws -> (kept: StreamKey, key: Redacted<String>) {
        _ = try grant.applied(to: PublishGrant())
        let made = StreamKey.make(grant, createdAt: Self.now, expiresAt: expiresAt, note: note)
        try change { $0.append(made.kept) }
        return made
    }

    /// Takes a key out.
    ///
    /// - Parameter id: the key's id.
    /// - Returns: whether there was one.
    /// - Throws: why the file can't be changed.
    package func revoke(_ id: String) throws -> Bool {
        var wasThere = false
        try change { keys in
            wasThere = keys.contains { $0.id == id }
            keys.removeAll { $0.id == id }
        }
        return wasThere
    }

    private func change(_ edit: (inout [StreamKey]) -> Void) throws {
        try file.update { data in
            var contents = try data.map { try Self.parse($0, path) } ?? Contents()
            edit(&contents.keys)
            let encoder = JSONEncoder()
            encoder.dateEncodingStrategy = .iso8601
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            return try encoder.encode(contents) + Data("\n".utf8)
        }
    }

    /// Whole seconds, as the file has them.
    private static var now: Date { Date(timeIntervalSince1970: Date().timeIntervalSince1970.rounded(.down)) }

    private static func parse(_ data: Data, _ path: String) throws -> Contents {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        guard let contents = try? decoder.decode(Contents.self, from: data) else {
            throw StreamKeyFileError("\(path) is no file of stream keys.")
        }
        guard contents.version == 1 else {
            throw StreamKeyFileError("\(path) is of version \(contents.version), which this gateway does not know.")
        }
        for key in contents.keys {
            guard [UInt8](hexadecimal: key.sha256)?.count == 32 else {
                throw StreamKeyFileError("\(path) has a key whose sha256 is no digest: \(key.id.prefix(40)).")
            }
            guard key.grant.channel != nil else {
                throw StreamKeyFileError("\(path) has a key without a channel: \(key.id.prefix(40)).")
            }
            do {
                _ = try key.grant.applied(to: PublishGrant())
            } catch {
                throw StreamKeyFileError("\(path), key \(key.id.prefix(40)): \(error.reason).")
            }
        }
        return contents
    }
}

/// Why a file of stream keys can't be used; a sentence.
package struct StreamKeyFileError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}
