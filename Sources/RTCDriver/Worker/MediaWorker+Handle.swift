// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import RTC
internal import Synchronization

extension MediaWorker {
    /// The one way to a worker from outside its thread.
    ///
    /// Every method posts a job and resumes with its result once the worker has run it, between two batches of packets;
    /// so each costs the packets of others next to nothing, and none sees a half-done state. The worker runs until
    /// `shutdown()`; letting the handle go does not stop it.
    package struct Handle: Sendable {
        private let shared: SharedPort
        /// The addresses that candidates name.
        package let announced: AnnouncedAddresses
        private let mailbox: Mailbox<MediaWorker>
        private let life: WorkerLife
        private let gauge: LoadGauge

        init(
            _ shared: SharedPort,
            _ announced: AnnouncedAddresses,
            mailbox: Mailbox<MediaWorker>,
            life: WorkerLife,
            gauge: LoadGauge
        ) {
            self.shared = shared
            self.announced = announced
            self.mailbox = mailbox
            self.life = life
            self.gauge = gauge
        }

        /// The UDP port that all lite sessions share.
        package var port: UInt16 { shared.number }

        /// The TCP port that they share; `nil` where the worker takes no connections.
        package var streamPort: UInt16? { shared.streamNumber }

        /// The candidates of the shared port at this moment, best first: those by TCP after those by UDP.
        package var candidates: [ICECandidate] { candidates(for: nil) }

        /// The candidates of the shared port at this moment, best first.
        ///
        /// - Parameter reached: the address of ours that the peer has reached already, if any.
        /// - Returns: those by UDP, then those by TCP; none where no address is known.
        package func candidates(for reached: IPAddress?) -> [ICECandidate] {
            shared.candidates(on: announced.current(for: reached))
        }

        /// The candidates of a session's own port at this moment.
        func candidates(ofPort number: UInt16) -> [ICECandidate] {
            shared.candidates(of: number, on: announced.current())
        }

        /// How many sessions are open.
        package var load: Int { gauge.value }

        /// Whether both handles lead to the same worker.
        package func isSame(as other: Handle) -> Bool { mailbox === other.mailbox }

        /// Opens a session: on the shared port when it is lite, on a socket of its own when it is controlling.
        ///
        /// - Parameter configuration: what the session is made from.
        /// - Returns: the session; it lives until it is closed or ends by itself.
        /// - Throws: `MediaWorkerError`.
        package func open(_ configuration: SessionConfiguration) async throws -> MediaSession {
            let opened = try await perform { worker in try worker.open(configuration) }
            return MediaSession(opened, worker: self)
        }

        /// What the worker has done so far.
        ///
        /// - Throws: `MediaWorkerError.stopped`.
        package func statistics() async throws -> MediaWorkerStatistics {
            try await perform { $0.snapshot() }
        }

        /// Ends every session, `close_notify` included, and the thread; returns when it is gone.
        ///
        /// Jobs posted before are done; later ones throw `MediaWorkerError.stopped`.
        package func shutdown() async {
            post { $0.isStopping = true }
            await life.ended()
        }

        /// Runs a job on the worker's thread, unless that has ended.
        func post(_ job: @escaping @Sendable (MediaWorker) -> Void) {
            mailbox.post { if let worker = $0 { job(worker) } }
        }

        /// Runs a job on the worker's thread and resumes with its result.
        ///
        /// A job must not wait for anything: it holds up every packet of the worker.
        func perform<Value: Sendable>(
            _ job: @escaping @Sendable (MediaWorker) throws -> Value
        ) async throws -> Value {
            try await withCheckedThrowingContinuation { continuation in
                mailbox.post { worker in
                    guard let worker else {
                        continuation.resume(throwing: MediaWorkerError.stopped)
                        return
                    }
                    continuation.resume(with: Result { try job(worker) })
                }
            }
        }

        /// Runs a job on a session, which is drained afterwards.
        func perform<Value: Sendable>(
            on id: PeerID,
            _ job: @escaping @Sendable (MediaWorker, Peer) throws -> Value
        ) async throws -> Value {
            try await perform { worker in
                guard let peer = worker.peer(id) else { throw MediaWorkerError.sessionEnded }
                defer { worker.touch(peer) }
                return try job(worker, peer)
            }
        }
    }

    /// Starts a worker on a thread of its own.
    ///
    /// - Parameter configuration: its port and addresses.
    /// - Returns: the way to reach it.
    /// - Throws: `SocketError`, with `isAddressInUse` where somebody else has the port.
    package static func start(_ configuration: MediaWorkerConfiguration) async throws -> Handle {
        let mailbox = try Mailbox<MediaWorker>(usesPortableCalls: configuration.usesPortableCalls)
        let gauge = LoadGauge()
        let life = WorkerLife()
        let shared = try await withCheckedThrowingContinuation { continuation in
            do throws(SocketError) {
                let thread = try WorkerThread {
                    live(configuration, mailbox: mailbox, gauge: gauge, started: continuation)
                    life.end()
                }
                life.adopt(thread)
            } catch {
                continuation.resume(throwing: error)
            }
        }
        return Handle(shared, configuration.announced, mailbox: mailbox, life: life, gauge: gauge)
    }

    /// All that happens on the thread; its sockets are closed when this returns.
    private static func live(
        _ configuration: MediaWorkerConfiguration,
        mailbox: Mailbox<MediaWorker>,
        gauge: LoadGauge,
        started: CheckedContinuation<SharedPort, any Error>
    ) {
        do {
            let worker = try MediaWorker(configuration, mailbox: mailbox, load: gauge)
            started.resume(returning: worker.port)
            worker.run()
        } catch {
            started.resume(throwing: error)
        }
    }
}

/// Whether a worker's thread still runs, and who waits for its end.
final class WorkerLife: Sendable {
    private struct State {
        var thread: WorkerThread?
        var hasEnded = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    /// Takes charge of joining the thread.
    func adopt(_ thread: WorkerThread) {
        state.withLock { $0.thread = thread }
    }

    /// The thread is about to end; the last thing it does.
    func end() {
        let waiting = state.withLock { state in
            state.hasEnded = true
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Waits for the end and joins the thread, which by then takes no time.
    func ended() async {
        await withCheckedContinuation { continuation in
            let hasEnded = state.withLock { state in
                if !state.hasEnded { state.waiting.append(continuation) }
                return state.hasEnded
            }
            if hasEnded { continuation.resume() }
        }
        let thread = state.withLock { state in
            defer { state.thread = nil }
            return state.thread
        }
        thread?.join()
    }
}
