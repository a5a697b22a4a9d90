// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

#if canImport(Darwin)
    internal import Darwin
#else
    internal import CDatagram
    internal import Glibc
#endif

/// Waits for the first of many descriptors to have something to read, or room to write where that is asked for: `epoll`
/// on Linux, `poll` elsewhere.
///
/// Each descriptor is known by a token of its owner's choice.
struct Poller: ~Copyable {
    private let backend: Backend

    private enum Backend {
        #if os(Linux)
            case epoll(EpollSet)
        #endif
        case poll(PollSet)
    }

    /// Makes an empty set.
    ///
    /// - Parameter usesPortableCalls: whether to use `poll` where there is something better.
    /// - Throws: `SocketError`.
    init(usesPortableCalls: Bool = Platform.hasOnlyPortableCalls) throws(SocketError) {
        #if os(Linux)
            backend = usesPortableCalls ? .poll(PollSet()) : .epoll(try EpollSet())
        #else
            backend = .poll(PollSet())
        #endif
    }

    /// Starts watching a descriptor.
    func add(_ descriptor: Int32, token: Int) throws(SocketError) {
        switch backend {
        #if os(Linux)
            case .epoll(let set): try set.add(descriptor, token: token)
        #endif
        case .poll(let set): set.add(descriptor, token: token)
        }
    }

    /// Also waits for a watched descriptor to have room to write, or no longer.
    func watchRoom(on descriptor: Int32, token: Int, _ watches: Bool) {
        switch backend {
        #if os(Linux)
            case .epoll(let set): set.watchRoom(on: descriptor, token: token, watches)
        #endif
        case .poll(let set): set.watchRoom(on: descriptor, watches)
        }
    }

    /// Stops watching a descriptor; to be called before it is closed.
    func remove(_ descriptor: Int32) {
        switch backend {
        #if os(Linux)
            case .epoll(let set): set.remove(descriptor)
        #endif
        case .poll(let set): set.remove(descriptor)
        }
    }

    /// Waits until something can be read or the time is over, and puts the tokens of what is ready into `ready`.
    ///
    /// - Parameters:
    ///   - timeout: in milliseconds; −1 waits without end.
    ///   - ready: emptied, then filled; keeps its capacity.
    func wait(milliseconds timeout: Int32, ready: inout [Int]) {
        ready.removeAll(keepingCapacity: true)
        switch backend {
        #if os(Linux)
            case .epoll(let set): set.wait(milliseconds: timeout, ready: &ready)
        #endif
        case .poll(let set): set.wait(milliseconds: timeout, ready: &ready)
        }
    }
}

/// The portable set: an array of `pollfd`, looked through on every wait.
private final class PollSet {
    private var entries: [pollfd] = []
    private var tokens: [Int] = []

    func add(_ descriptor: Int32, token: Int) {
        entries.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0))
        tokens.append(token)
    }

    func watchRoom(on descriptor: Int32, _ watches: Bool) {
        guard let index = entries.firstIndex(where: { $0.fd == descriptor }) else { return }
        entries[index].events = Int16(watches ? POLLIN | POLLOUT : POLLIN)
    }

    func remove(_ descriptor: Int32) {
        guard let index = entries.firstIndex(where: { $0.fd == descriptor }) else { return }
        entries.remove(at: index)
        tokens.remove(at: index)
    }

    func wait(milliseconds timeout: Int32, ready: inout [Int]) {
        guard unsafe poll(&entries, nfds_t(entries.count), timeout) > 0 else { return }
        for index in entries.indices where entries[index].revents != 0 { ready.append(tokens[index]) }
    }
}

#if os(Linux)
    /// Linux's set, which the kernel keeps.
    @safe
    private final class EpollSet {
        private static let capacity = 256
        private let descriptor: Int32
        private let events: UnsafeMutablePointer<epoll_event>

        init() throws(SocketError) {
            descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
            guard descriptor >= 0 else { throw SocketError(operation: .wait, number: Platform.errorNumber) }
            unsafe events = .allocate(capacity: Self.capacity)
            unsafe events.initialize(repeating: epoll_event(), count: Self.capacity)
        }

        deinit {
            close(descriptor)
            unsafe events.deallocate()
        }

        func add(_ watched: Int32, token: Int) throws(SocketError) {
            guard control(EPOLL_CTL_ADD, watched, token: token, events: EPOLLIN.rawValue) else {
                throw SocketError(operation: .wait, number: Platform.errorNumber)
            }
        }

        func watchRoom(on watched: Int32, token: Int, _ watches: Bool) {
            let events = EPOLLIN.rawValue | (watches ? EPOLLOUT.rawValue : 0)
            _ = control(EPOLL_CTL_MOD, watched, token: token, events: events)
        }

        private func control(_ operation: Int32, _ watched: Int32, token: Int, events: UInt32) -> Bool {
            var event = unsafe epoll_event()
            unsafe event.events = events
            unsafe event.data.u64 = UInt64(truncatingIfNeeded: token)
            return unsafe epoll_ctl(descriptor, operation, watched, &event) == 0
        }

        func remove(_ watched: Int32) {
            _ = epoll_ctl(descriptor, EPOLL_CTL_DEL, watched, nil)
        }

        func wait(milliseconds timeout: Int32, ready: inout [Int]) {
            let count = unsafe epoll_wait(descriptor, events, Int32(Self.capacity), timeout)
            for index in 0..<max(0, Int(count)) {
                unsafe ready.append(Int(truncatingIfNeeded: events[index].data.u64))
            }
        }
    }
#endif
