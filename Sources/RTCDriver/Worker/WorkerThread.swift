// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// A thread of our own, which neither the concurrency runtime nor anybody else runs work on.
struct WorkerThread: Sendable {
    /// The thread's number: an integer here, since the type differs between systems.
    private let number: UInt

    private final class Start {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) {
            self.body = body
        }
    }

    /// Starts a thread.
    ///
    /// - Parameter body: what it does; the thread ends with it.
    /// - Throws: `SocketError`.
    init(_ body: @escaping @Sendable () -> Void) throws(SocketError) {
        let start = unsafe Unmanaged.passRetained(Start(body))
        #if canImport(Darwin)
            var thread: pthread_t?
            let result = unsafe pthread_create(&thread, nil, { unsafe Self.run($0) }, start.toOpaque())
            number = UInt(bitPattern: thread)
        #else
            var thread = pthread_t()
            let result = unsafe pthread_create(&thread, nil, { unsafe Self.run($0) }, start.toOpaque())
            number = UInt(thread)
        #endif
        guard result == 0 else {
            unsafe start.release()
            throw SocketError(operation: .thread, number: result)
        }
    }

    /// Waits until the thread has ended; to be called once.
    func join() {
        #if canImport(Darwin)
            guard let thread = unsafe pthread_t(bitPattern: number) else { return }
            _ = unsafe pthread_join(thread, nil)
        #else
            _ = pthread_join(pthread_t(number), nil)
        #endif
    }

    private static func run(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let argument = unsafe argument else { return nil }
        unsafe Unmanaged<Start>.fromOpaque(argument).takeRetainedValue().body()
        return nil
    }
}
