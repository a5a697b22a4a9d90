// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCTesting

/// A sender, a link of limited rate with a queue, and a receiver that tells arrivals in real reports; in virtual time.
struct BottleneckPath {
    /// Bits per second of the link.
    var capacity: Double
    /// Bits per second of others on it.
    var crossTraffic = 0.0
    /// Bits per second that the sender has to send; it sends less where the estimate is less.
    var wanted = Double.infinity
    /// The part of the packets that is lost at random.
    var loss = 0.0
    /// The longest that a packet waits in the queue; what would wait longer is lost.
    var longestQueue = 0.5
    /// Whether the sender sends what it wants whatever the estimate says.
    var ignoresEstimate = false
    /// Bytes that come in one go every two seconds, as a key frame does.
    var keyFrame = 0

    var estimate: SendSideEstimate
    private(set) var now = MonotonicTime(nanoseconds: 5_000_000_000)
    /// How long a packet that comes now would wait, in seconds.
    private(set) var queue = 0.0
    /// The longest that one has waited.
    var longestWait = 0.0
    private(set) var sentBytes = 0

    /// How long a packet takes that does not wait.
    var delay: Duration = .milliseconds(20)

    private static let size = 1_200
    private var arrivals = TransportArrivals()
    private var inFlight: [(number: UInt16, arrival: MonotonicTime)] = []
    private var reports: [(bytes: [UInt8], arrival: MonotonicTime)] = []
    private var number: UInt16 = 65_000
    private var credit = 0.0
    private var burst: (bitrate: Double, ends: MonotonicTime)?
    private var numbers = SplitMix64(seed: 7)

    init(capacity: Double, estimate: SendSideEstimate = SendSideEstimate()) {
        self.capacity = capacity
        self.estimate = estimate
    }

    /// Begins a burst that takes 150 ms.
    mutating func beginBurst(_ bitrate: Double) {
        estimate.beginBurst()
        burst = (bitrate, now + .milliseconds(150))
    }

    /// Lets time pass.
    mutating func run(_ duration: Duration) {
        let end = now + duration
        while now < end { step() }
    }

    private mutating func step() {
        now = now + .milliseconds(1)
        queue = max(0, queue - 0.001) + 0.001 * crossTraffic / capacity
        send()
        deliver()
        report()
    }

    private mutating func send() {
        if let burst, burst.ends <= now {
            self.burst = nil
            estimate.endBurst(at: now)
        }
        let rate = burst?.bitrate ?? (ignoresEstimate ? wanted : min(wanted, Double(estimate.bitrate)))
        credit += rate / 8 * 0.001
        if keyFrame > 0, now.nanoseconds % 2_000_000_000 == 0 { credit += Double(keyFrame) }
        while credit >= Double(Self.size) {
            credit -= Double(Self.size)
            sentBytes += Self.size
            estimate.send(number, size: Self.size, at: now)
            let isLost = queue > longestQueue || numbers.happens(loss)
            if !isLost {
                queue += Double(Self.size * 8) / capacity
                longestWait = max(longestWait, queue)
                inFlight.append((number, now + delay + .nanoseconds(Int64(queue * 1e9))))
            }
            number &+= 1
        }
    }

    private mutating func deliver() {
        while let first = inFlight.first, first.arrival <= now {
            arrivals.receive(first.number, at: first.arrival)
            inFlight.removeFirst()
        }
    }

    private mutating func report() {
        if let due = arrivals.deadline, due <= now {
            let bytes = bytesWritten(capacity: 1_500) { out in
                _ = arrivals.writeReport(at: now, senderSSRC: 1, mediaSSRC: 2, into: &out)
            }
            if !bytes.isEmpty { reports.append((bytes, now + delay)) }
        }
        while let first = reports.first, first.arrival <= now {
            reports.removeFirst()
            guard var reader = try? RTCPReader(validating: first.bytes.span.bytes) else { return }
            while case .transportFeedback(let feedback)? = reader.next(in: first.bytes.span.bytes) {
                estimate.receive(feedback, in: first.bytes.span.bytes, roundTrip: .milliseconds(40), at: now)
            }
        }
    }
}
