// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import RTC
internal import RTCDriver
internal import Synchronization

/// Starts and stops the sources that share it, and counts what they send.
package final class TrafficControl: Sendable {
    /// A time in which traffic flows.
    struct Window: Sendable {
        var plan: TrafficPlan
        var begin: MonotonicTime
        var end: MonotonicTime
    }

    private let window = Mutex<Window?>(nil)
    private let count = Atomic<Int>(0)

    /// How soon after `play` the begin may be: idle sources look as often as this.
    package static let notice: Duration = .milliseconds(50)

    /// Makes a control under which nothing is sent.
    package init() {}

    /// Lets traffic flow.
    ///
    /// - Parameters:
    ///   - plan: what flows; publishers beyond its number stay silent.
    ///   - begin: when, at least twice the `notice` from now.
    ///   - end: when it ends; pictures that have begun are sent to their end.
    package func play(_ plan: TrafficPlan, from begin: MonotonicTime, to end: MonotonicTime) {
        window.withLock { $0 = Window(plan: plan, begin: begin, end: end) }
    }

    /// Lets traffic flow, a second at a time, until some of it has come from so many streams.
    ///
    /// - Parameters:
    ///   - plan: what flows.
    ///   - count: from how many streams.
    ///   - log: where it arrives.
    ///   - attempts: how often it may flow until then.
    /// - Throws: when the task is cancelled.
    package func play(_ plan: TrafficPlan, until count: Int, in log: DeliveryLog, attempts: Int) async throws {
        for _ in 1...attempts where log.streams < count {
            let begin = Clock.now + Self.notice * 3
            play(plan, from: begin, to: begin + .seconds(1))
            try await Task.sleep(for: .milliseconds(1_500))
        }
    }

    /// How many packets were sent so far.
    package var sent: Int { count.load(ordering: .relaxed) }

    /// The window that has not ended, if there is one.
    func window(at now: MonotonicTime) -> Window? {
        window.withLock { window in window.flatMap { $0.end > now ? $0 : nil } }
    }

    func countSent() { count.add(1, ordering: .relaxed) }
}

/// One stream of one publisher: sends what the plan says, when it says so, and nothing between the windows.
///
/// The one pacing of all paths: whoever drives it waits for `deadline` and polls.
package struct TrafficSource: MediaSource {
    /// The sequence number of the first packet.
    package static let firstSequenceNumber: UInt16 = 1_000

    private let publisher: Int
    private let kind: MediaKind
    private let payloadType: UInt8
    private let control: TrafficControl
    private var number: UInt64 = 0
    private var window: TrafficControl.Window?
    /// How many pictures or sounds of the window have begun, and their interval.
    private var units = 0
    private var interval: Duration = .zero
    private var begin = MonotonicTime(nanoseconds: 0)
    package private(set) var deadline: MonotonicTime?

    /// Makes a source that has sent nothing yet.
    ///
    /// - Parameters:
    ///   - publisher: the number of the publisher, from 0.
    ///   - kind: which of its streams.
    ///   - payloadType: the payload type.
    ///   - control: says when to send.
    package init(publisher: Int, kind: MediaKind, payloadType: UInt8, control: TrafficControl) {
        self.publisher = publisher
        self.kind = kind
        self.payloadType = payloadType
        self.control = control
    }

    package mutating func start(at now: MonotonicTime) { deadline = now }

    package mutating func poll(at now: MonotonicTime, into payload: inout OutputRawSpan) -> OutgoingRTP? {
        guard let due = deadline, due <= now else { return nil }
        guard window != nil else {
            enterWindow(at: now)
            return nil
        }
        let content = PacketContent(
            publisher: UInt16(truncatingIfNeeded: publisher),
            kind: kind,
            number: number,
            timestamp: UInt32(truncatingIfNeeded: RTPClock(rate: rate).ticks(nanoseconds: due.nanoseconds)),
            sentAt: Clock.now
        )
        content.write(into: &payload)
        let outgoing = OutgoingRTP(
            payloadType: payloadType,
            marker: content.marker,
            sequenceNumber: Self.firstSequenceNumber &+ UInt16(truncatingIfNeeded: number),
            timestamp: content.timestamp
        )
        number += 1
        control.countSent()
        if kind == .audio || content.marker { scheduleNext(after: now) }
        return outgoing
    }

    package mutating func keyFrameRequested(at now: MonotonicTime) {}

    private var rate: UInt32 { kind == .audio ? 48_000 : 90_000 }

    private mutating func enterWindow(at now: MonotonicTime) {
        guard let next = control.window(at: now), publisher < next.plan.publishers else {
            deadline = now + TrafficControl.notice
            return
        }
        window = next
        units = 0
        interval = next.plan.interval(of: kind)
        begin = next.begin + interval * TrafficPlan.phase(of: publisher)
        deadline = begin
        leaveIfOver(at: now)
    }

    private mutating func scheduleNext(after now: MonotonicTime) {
        units += 1
        deadline = begin + interval * units
        leaveIfOver(at: now)
    }

    private mutating func leaveIfOver(at now: MonotonicTime) {
        guard let window, let next = deadline, next >= window.end else { return }
        self.window = nil
        deadline = max(window.end, now) + TrafficControl.notice
    }
}
