// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@testable import RTCDriver

@Suite("The deadlines of a worker")
struct DeadlineQueueTests {
    private func moment(_ milliseconds: Int) -> MonotonicTime {
        MonotonicTime(nanoseconds: UInt64(milliseconds) * 1_000_000)
    }

    @Test("come up in order")
    func order() {
        var queue = DeadlineQueue()
        for (owner, at) in [30, 10, 20, 40, 5].enumerated() { queue.schedule(owner, at: moment(at)) }
        var owners: [Int] = []
        while let owner = queue.popDue(at: moment(30)) { owners.append(owner) }
        #expect(owners == [4, 1, 2, 0])
        #expect(queue.earliest == moment(40))
    }

    @Test("keep their place when they move later, and move up when they move earlier")
    func moves() {
        var queue = DeadlineQueue()
        queue.schedule(1, at: moment(10))
        queue.schedule(2, at: moment(20))
        queue.schedule(1, at: moment(90))
        #expect(queue.earliest == moment(10))
        queue.schedule(2, at: moment(5))
        queue.schedule(2, at: nil)
        #expect(queue.earliest == moment(5))
        let early = queue.popDue(at: moment(4))
        let due = queue.popDue(at: moment(5))
        #expect(early == nil)
        #expect(due == 2)
        queue.remove(1)
        queue.remove(7)
        #expect(queue.earliest == nil)
    }

    @Test("agree with a plain list whatever happens to them", arguments: [1, 2, 3] as [UInt64])
    func againstList(seed: UInt64) {
        var state = seed
        func draw(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % limit
        }
        var queue = DeadlineQueue()
        var list: [Int: Int] = [:]
        for _ in 0..<20_000 {
            let owner = draw(200)
            switch draw(4) {
            case 0, 1:
                let at = draw(1_000)
                queue.schedule(owner, at: moment(at))
                list[owner] = min(list[owner] ?? .max, at)
            case 2:
                queue.remove(owner)
                list[owner] = nil
            default:
                let earliest = list.values.min()
                #expect(queue.earliest == earliest.map(moment))
                guard let earliest, let due = queue.popDue(at: moment(earliest)) else { continue }
                let listed = list.removeValue(forKey: due)
                #expect(listed == earliest)
            }
            #expect(queue.count == list.count)
        }
    }
}
