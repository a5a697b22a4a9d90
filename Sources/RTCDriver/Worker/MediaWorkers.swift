// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// The media workers of a process: one by default, more on consecutive ports where one core is not enough.
package struct MediaWorkers: Sendable {
    /// The workers in the order of their ports; never empty.
    package let workers: [MediaWorker.Handle]

    /// Starts workers.
    ///
    /// - Parameters:
    ///   - count: how many.
    ///   - configuration: that of the first; the others take the ports after its own, or any where that is 0.
    /// - Returns: the workers, all of them running.
    /// - Throws: `SocketError`; none is left running then.
    package static func start(_ count: Int = 1, _ configuration: MediaWorkerConfiguration) async throws -> MediaWorkers
    {
        precondition(count > 0, "media needs a worker")
        let last = max(configuration.port, configuration.streams?.port ?? 0)
        guard Int(last) + count - 1 <= Int(UInt16.max) else {
            throw SocketError(operation: .bind, number: EADDRNOTAVAIL)
        }
        var workers: [MediaWorker.Handle] = []
        do {
            for index in 0..<count {
                var each = configuration
                if each.port != 0 { each.port += UInt16(index) }
                if let port = each.streams?.port, port != 0 { each.streams?.port = port + UInt16(index) }
                workers.append(try await MediaWorker.start(each))
            }
        } catch {
            for worker in workers { await worker.shutdown() }
            throw error
        }
        return MediaWorkers(workers: workers)
    }

    /// The worker with the fewest sessions; sessions that forward to each other belong on the same.
    package var leastLoaded: MediaWorker.Handle {
        workers.dropFirst().reduce(workers[0]) { $1.load < $0.load ? $1 : $0 }
    }

    /// Shuts all of them down.
    package func shutdown() async {
        for worker in workers { await worker.shutdown() }
    }
}
