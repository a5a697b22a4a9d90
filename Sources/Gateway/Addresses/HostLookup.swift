// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
import RTC
import Synchronization

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Finds the addresses of host names, as the system does: from its hosts file, by DNS, or by whatever it is set up for.
struct HostLookup: Sendable {
    /// Finds the addresses of one name.
    ///
    /// - Throws: `HostLookupError`.
    var addresses: @Sendable (_ name: String) async throws -> [IPAddress]

    /// Finds the addresses of several names at once.
    ///
    /// - Parameter names: the names.
    /// - Returns: for each name the addresses that somebody can send to, at least one, or why there are none.
    func addresses(of names: [String]) async -> [String: Result<[IPAddress], any Error>] {
        await withTaskGroup(of: (String, Result<[IPAddress], any Error>).self) { group in
            for name in names { group.addTask { (name, await usableAddresses(of: name)) } }
            var results: [String: Result<[IPAddress], any Error>] = [:]
            for await (name, result) in group { results[name] = result }
            return results
        }
    }

    private func usableAddresses(of name: String) async -> Result<[IPAddress], any Error> {
        do {
            let usable = try await addresses(name).filter { !$0.isUnspecified && !$0.isMulticast && !$0.isLinkLocal }
            return usable.isEmpty ? .failure(HostLookupError("it has no address")) : .success(usable)
        } catch {
            return .failure(error)
        }
    }

    /// Asks the system, and gives up after a time; the question then goes on by itself, as nothing can end it.
    ///
    /// - Parameter patience: how long an answer may take.
    /// - Returns: the lookup.
    static func system(patience: Duration = .seconds(5)) -> HostLookup {
        HostLookup { name in
            try await withCheckedThrowingContinuation { continuation in
                let waiting = Waiting(continuation)
                // It blocks for as long as name servers are silent.
                DispatchQueue.global().async { waiting.resume(with: Result { try ask(name) }) }
                DispatchQueue.global().asyncAfter(deadline: .now() + (patience / .seconds(1))) {
                    waiting.resume(with: .failure(HostLookupError("no answer within \(patience)")))
                }
            }
        }
    }

    /// Resumes once, whoever comes first.
    private final class Waiting: Sendable {
        private let continuation: Mutex<CheckedContinuation<[IPAddress], any Error>?>

        init(_ continuation: CheckedContinuation<[IPAddress], any Error>) {
            self.continuation = Mutex(continuation)
        }

        func resume(with result: Result<[IPAddress], any Error>) {
            let continuation = continuation.withLock { waiting in
                defer { waiting = nil }
                return waiting
            }
            continuation?.resume(with: result)
        }
    }

    private static func ask(_ name: String) throws -> [IPAddress] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        #if canImport(Darwin)
            hints.ai_socktype = SOCK_DGRAM
        #else
            hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        #endif
        var first: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(name, nil, &hints, &first)
        guard status == 0 else { throw HostLookupError(String(cString: gai_strerror(status))) }
        defer { freeaddrinfo(first) }
        var addresses: [IPAddress] = []
        var next = first
        while let entry = next?.pointee {
            next = entry.ai_next
            if let address = address(of: entry), !addresses.contains(address) { addresses.append(address) }
        }
        return addresses
    }

    private static func address(of entry: addrinfo) -> IPAddress? {
        // NI_MAXHOST, which Swift does not see on every system.
        var text = [CChar](repeating: 0, count: 1_025)
        let status = getnameinfo(
            entry.ai_addr,
            entry.ai_addrlen,
            &text,
            socklen_t(text.count),
            nil,
            0,
            Int32(NI_NUMERICHOST)
        )
        guard status == 0 else { return nil }
        return IPAddress(String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
    }
}

/// Why a name was not found, in the system's words.
struct HostLookupError: Error, Hashable, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
