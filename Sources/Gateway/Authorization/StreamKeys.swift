// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import Synchronization

/// The stream keys of a running gateway, read anew when their file changes.
///
/// A file that can't be read, or that somebody is still writing, changes nothing: the keys from before stay in force,
/// and the log says so.
final class StreamKeys: Sendable {
    /// A key as it is compared.
    private struct Entry {
        var digest: [UInt8]
        var grant: PublishGrant
        var expiresAt: Date?
    }

    private let file: StreamKeyFile
    private let logger: Logger
    private let entries = Mutex<[String: Entry]>([:])
    /// What an unknown id is compared with, so that it takes the time of a known one.
    private static let nobody = [UInt8](repeating: 0, count: 32)

    /// Reads a file of keys; one that is not there yet has none.
    ///
    /// - Throws: why it can't be used.
    init(path: String, logger: Logger) throws {
        file = StreamKeyFile(path: path)
        self.logger = logger
        let keys = try file.keys()
        if keys == nil {
            logger.warning("There is no file of stream keys yet", metadata: ["path": "\(path)"])
        }
        take(keys ?? [])
    }

    /// What a key allows.
    ///
    /// - Parameters:
    ///   - token: what was sent.
    ///   - now: the time.
    /// - Returns: the grant; `nil` where it is none of the keys.
    /// - Throws: `Refusal.keyExpired`.
    func grant(for token: BearerToken, at now: Date) throws(Refusal) -> PublishGrant? {
        let id = String(token.exposed.prefix { $0 != "-" })
        let entry = entries.withLock { $0[id] }
        guard token.matches(digest: entry?.digest ?? Self.nobody), let entry else { return nil }
        if let expiresAt = entry.expiresAt, now >= expiresAt { throw .keyExpired }
        return entry.grant
    }

    /// Whether there still is a key of this id.
    func contains(_ id: String) -> Bool { entries.withLock { $0[id] != nil } }

    /// Looks for changes of the file until the task is cancelled.
    ///
    /// - Parameters:
    ///   - interval: the time between two looks.
    ///   - revoked: told the ids of the keys that are no more.
    func watch(every interval: Duration, revoked: (Set<String>) async -> Void) async {
        await FileStamp.watch([file.path], every: interval) {
            let gone = self.reload()
            if !gone.isEmpty { await revoked(gone) }
        }
    }

    /// Reads the file again; the result has the ids of the keys that are no more.
    private func reload() -> Set<String> {
        do {
            guard let keys = try file.keys() else {
                logger.warning("The file of stream keys is gone; its keys stay in force")
                return []
            }
            let gone = take(keys)
            logger.info("Stream keys read", metadata: ["keys": "\(keys.count)", "revoked": "\(gone.count)"])
            return gone
        } catch {
            logger.warning(
                "The stream keys can't be read; those from before stay in force",
                metadata: ["error": "\(error)"]
            )
            return []
        }
    }

    @discardableResult
    private func take(_ keys: [StreamKey]) -> Set<String> {
        if file.isReadableByOthers {
            logger.warning(
                "Others may read the file of stream keys; make its mode 0600",
                metadata: ["path": "\(file.path)"]
            )
        }
        let fresh = keys.compactMap { key in
            (try? key.grant.applied(to: PublishGrant(publisher: .key(key.id)))).map { grant in
                (key.id, Entry(digest: [UInt8](hexadecimal: key.sha256) ?? [], grant: grant, expiresAt: key.expiresAt))
            }
        }
        return entries.withLock { entries in
            let before = Set(entries.keys)
            entries = Dictionary(fresh) { $1 }
            return before.subtracting(entries.keys)
        }
    }
}
