// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing

@testable import RTCDriver

@Suite("A mailbox")
struct MailboxTests {
    private final class Record: Sendable {
        let order = Mutex<[[Int]]>(Array(repeating: [], count: 16))
        let refused = Mutex(0)
    }

    private final class Owner {
        var sum = 0
    }

    @Test("loses no job of many senders and keeps the order of each")
    func manySenders() async throws {
        let mailbox = try Mailbox<Owner>()
        let record = Record()
        await withTaskGroup { group in
            for sender in 0..<16 {
                group.addTask {
                    for number in 0..<200 {
                        mailbox.post { owner in
                            owner?.sum += 1
                            record.order.withLock { $0[sender].append(number) }
                        }
                    }
                }
            }
        }
        let owner = Owner()
        for job in mailbox.take() { job(owner) }
        #expect(owner.sum == 3_200)
        #expect(record.order.withLock { $0 } == Array(repeating: Array(0..<200), count: 16))
    }

    @Test("ends the wait of its owner with the first job, once", arguments: [false, true])
    func wakes(portable: Bool) throws {
        let mailbox = try Mailbox<Owner>(usesPortableCalls: portable)
        let poller = try Poller(usesPortableCalls: portable)
        try poller.add(mailbox.wakeUp.readEnd, token: 9)
        var ready: [Int] = []
        poller.wait(milliseconds: 0, ready: &ready)
        #expect(ready.isEmpty)
        for _ in 0..<3 { mailbox.post { _ in } }
        poller.wait(milliseconds: 5_000, ready: &ready)
        #expect(ready == [9])
        mailbox.wakeUp.clear()
        #expect(mailbox.take().count == 3)
        poller.wait(milliseconds: 0, ready: &ready)
        #expect(ready.isEmpty)
    }

    @Test("tells jobs that it is closed, those inside and those that come later")
    func closed() throws {
        let mailbox = try Mailbox<Owner>()
        let record = Record()
        let job: Mailbox<Owner>.Job = { owner in
            if owner == nil { record.refused.withLock { $0 += 1 } }
        }
        mailbox.post(job)
        for left in mailbox.close() { left(nil) }
        mailbox.post(job)
        #expect(record.refused.withLock { $0 } == 2)
        #expect(mailbox.take().isEmpty)
    }
}

@Suite("Waiting for descriptors")
struct PollerTests {
    @Test("names those that are ready and forgets those that were removed", arguments: [false, true])
    func readiness(portable: Bool) throws {
        let poller = try Poller(usesPortableCalls: portable)
        let signals = try (0..<3).map { _ in try WakeUp(usesPortableCalls: portable) }
        for (token, signal) in signals.enumerated() { try poller.add(signal.readEnd, token: token) }
        signals[0].signal()
        signals[2].signal()
        var ready: [Int] = []
        poller.wait(milliseconds: 5_000, ready: &ready)
        #expect(ready.sorted() == [0, 2])
        poller.remove(signals[2].readEnd)
        poller.wait(milliseconds: 5_000, ready: &ready)
        #expect(ready == [0])
        signals[0].clear()
        poller.wait(milliseconds: 0, ready: &ready)
        #expect(ready.isEmpty)
    }
}
