// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Runs an operation that is cancelled when it takes too long.
///
/// - Parameters:
///   - limit: how long it may take.
///   - operation: ends soon when it is cancelled.
/// - Returns: its result; `nil` where it was too slow.
/// - Throws: what it throws in time.
func withTimeLimit<Result: Sendable>(
    _ limit: Duration,
    _ operation: @escaping @Sendable () async throws -> Result
) async throws -> Result? {
    try await withThrowingTaskGroup(of: Result?.self) { group in
        group.addTask { try await operation() }
        group.addTask {
            try? await Task.sleep(for: limit)
            return nil
        }
        defer { group.cancelAll() }
        return try await group.next() ?? nil
    }
}
