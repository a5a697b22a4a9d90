// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import Foundation

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// A file that readers see as it was or as it is, never in between, and that nobody else may read.
package struct AtomicFile: Sendable {
    /// Where it is.
    package let path: String

    /// Names a file; a symbolic link stands for what it leads to.
    package init(path: String) {
        self.path = URL(filePath: path).resolvingSymlinksInPath().path
    }

    /// Its bytes; `nil` where there is no such file.
    ///
    /// - Throws: `FileError` where it is there and can't be read.
    package func read() throws(FileError) -> Data? {
        guard FileStamp(path: path) != nil else { return nil }
        do {
            return try Data(contentsOf: URL(filePath: path))
        } catch {
            throw FileError(doing: "read", path, code: errno)
        }
    }

    /// Reads, changes and writes the file while no other process does.
    ///
    /// - Parameter edit: makes the new bytes of the old ones.
    /// - Throws: `FileError`, or what `edit` throws; the file is as it was then.
    package func update(_ edit: (Data?) throws -> Data) throws {
        let folder = URL(filePath: path).deletingLastPathComponent().path
        let descriptor = open(folder, O_RDONLY)
        guard descriptor >= 0 else { throw FileError(doing: "open", folder, code: errno) }
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_EX) == 0 else { throw FileError(doing: "lock", folder, code: errno) }
        try write(try edit(read()))
        // So that the new name survives a loss of power.
        _ = fsync(descriptor)
    }

    private func write(_ data: Data) throws(FileError) {
        let draft = "\(path).\(UUID().uuidString)"
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL, 0o600)
        guard descriptor >= 0 else { throw FileError(doing: "write", draft, code: errno) }
        let isWritten = writeAll(data, to: descriptor) && fsync(descriptor) == 0
        let code = errno
        close(descriptor)
        guard isWritten else {
            unlink(draft)
            throw FileError(doing: "write", draft, code: code)
        }
        guard rename(draft, path) == 0 else {
            let code = errno
            unlink(draft)
            throw FileError(doing: "replace", path, code: code)
        }
    }

    private func writeAll(_ data: Data, to descriptor: Int32) -> Bool {
        var rest = ArraySlice(data)
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { systemWrite(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}

/// `write`, which a method of the same name hides.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}

/// Why a file can't be used.
package struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A sentence.
    package let description: String

    init(doing verb: String, _ path: String, code: Int32) {
        description = "Can't \(verb) \(path): \(String(cString: strerror(code)))."
    }
}
