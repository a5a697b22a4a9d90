// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// One way to be in the gateway's way (`attack.py`).
enum Attack: String, CaseIterable {
    case junk
    case stun
    case hello
    case media
    case slow
    case connections
    case sdp

    /// The causes by which the gateway tells that the datagrams of a flood were dropped; none for what is no flood of
    /// datagrams.
    var causes: [String] {
        switch self {
        case .junk: ["unknownSource"]
        case .stun: ["stun"]
        case .hello: ["unknownSource"]
        case .media: ["authentication", "replayed", "tooOld", "malformedRTCP", "malformedRTP"]
        case .slow, .connections, .sdp: []
        }
    }
}

/// An attack on a gateway with running sessions, each followed by as long a time of peace.
///
/// What is measured is what arrives at the SFU: the headers of its packets tell which frames came whole.
struct AttackRun {
    let attack: Attack
    var sessions = 20
    /// How long the attack takes, and each time of peace before and after it.
    var seconds = 10
    /// Datagrams or offers a second; connections at a time, or in all; as usual for `nil`.
    var rate: Int?

    /// What was measured.
    struct Outcome {
        /// The frames of both times of peace.
        let peace: FrameCount
        let attack: FrameCount
        let streams: Int
        /// What the attacker did, by its words, and the rate that it reached.
        let done: AttackResult
        /// The datagrams that the gateway says it dropped, by cause.
        let dropped: [String: Int]
        /// The broadcasts that ended before they were told to.
        let ended: Int
        /// The status of a request afterwards.
        let status: Int
        let memoryBefore: Int
        let memoryAfter: Int
    }

    func outcome() async throws -> Outcome {
        let outcome = try await Stage.run("attack-\(attack.rawValue)") { stage in try await measure(on: stage) }
        print(report(outcome))
        return outcome
    }

    private func measure(on stage: Stage) async throws -> Outcome {
        try await stage.startSkyWay()
        let gateway = try await stage.startGateway()
        let publishers = (0..<sessions).map { stage.publishClip(in: "room-\($0 % 4)", as: "clip-\($0)") }
        for publisher in publishers {
            _ = try await publisher.line("that it publishes", within: .seconds(60)) {
                $0.contains("Publishing") ? true : nil
            }
        }
        _ = try await eventually("all are live", within: .seconds(30)) {
            gateway.process.count(of: "Live") >= sessions ? true : nil
        }
        let frames = stage.peer("count_frames.py", [], in: .viewer)
        try await frames.event("counting", within: .seconds(10))
        let peer = stage.peer("attack.py", arguments, in: .attacker)
        try await peer.event("ready", within: .seconds(30))
        let before = monotonicSeconds()
        let memoryBefore = try gateway.process.residentBytes
        let began = try await peer.event("began", within: .seconds(seconds + 20)).at
        let ended = try await peer.event("ended", within: .seconds(seconds + 20)).at
        let memoryAfter = try gateway.process.residentBytes
        let done = try await peer.result(AttackResult.self, within: .seconds(20))
        try await Task.sleep(for: .seconds(seconds))
        await isTold(done, by: gateway)
        let status = try await stage.ask("GET", "\(gateway.url)/", from: .publisher).status
        let lost = gateway.process.count(of: "Session ended")
        frames.process.send(SIGTERM)
        let counted = try await frames.result(FrameCounts.self, within: .seconds(30))
        return Outcome(
            peace: counted.count(from: before, to: began) + counted.count(from: ended, to: ended + Double(seconds)),
            attack: counted.count(from: began, to: ended),
            streams: counted.streams,
            done: done,
            dropped: gateway.process.dropped,
            ended: lost,
            status: status,
            memoryBefore: memoryBefore,
            memoryAfter: memoryAfter
        )
    }

    /// Returns once the gateway has told what it dropped, or should have.
    private func isTold(_ done: AttackResult, by gateway: Service) async {
        guard let sent = done.what["sent"], !attack.causes.isEmpty else { return }
        _ = try? await eventually("the gateway tells what it dropped", within: .seconds(11)) {
            gateway.process.dropped.values.reduce(0, +) >= sent ? true : nil
        }
    }

    private var arguments: [String] {
        [Namespaces.owner, attack.rawValue, "--seconds", "\(seconds)", "--watch", "\(seconds)"]
            + (rate.map { ["--rate", "\($0)"] } ?? [])
    }

    private func report(_ outcome: Outcome) -> String {
        """
        ATTACK \(attack.rawValue): \(outcome.done.perSecond)/s \(outcome.done.what); frames \
        \(outcome.attack.text) beside \(outcome.peace.text) without; longest gap \(outcome.attack.longestGap) and \
        \(outcome.peace.longestGap) s; dropped \(outcome.dropped); memory \(outcome.memoryBefore >> 10) to \
        \(outcome.memoryAfter >> 10) KiB
        """
    }
}

/// What an attacker did (`attack.py`).
struct AttackResult: Decodable {
    let what: [String: Int]
    let perSecond: Int
}

/// The frames that came whole in a time, of those that should have.
struct FrameCount: Equatable {
    var complete = 0
    var expected = 0
    var longestGap = 0.0

    var ratio: Double { Double(complete) / Double(max(1, expected)) }

    var text: String { "\(complete)/\(expected)" }

    static func + (left: FrameCount, right: FrameCount) -> FrameCount {
        FrameCount(
            complete: left.complete + right.complete,
            expected: left.expected + right.expected,
            longestGap: max(left.longestGap, right.longestGap)
        )
    }
}

/// The result of `count_frames.py`.
struct FrameCounts: Decodable {
    struct Bin: Decodable {
        let complete: Int
        let expected: Int
        let longestGap: Double
    }

    let began: Double
    let step: Double
    /// How many streams of pictures there ever were.
    let streams: Int
    let bins: [Bin]

    /// The frames of the bins that lie in a time altogether.
    func count(from start: Double, to end: Double) -> FrameCount {
        let places = bins.indices.filter { place in
            let at = began + Double(place) * step
            return at >= start && at + step <= end
        }
        return places.map { bins[$0] }.reduce(FrameCount()) { sum, bin in
            sum + FrameCount(complete: bin.complete, expected: bin.expected, longestGap: bin.longestGap)
        }
    }
}

extension ChildProcess {
    /// How many lines it has said with a text in them.
    func count(of text: String) -> Int {
        (output.lines() + errors.lines()).count { $0.contains("] \(text)") }
    }

    /// How much memory it has (`proc_pid_statm(5)`).
    var residentBytes: Int {
        get throws {
            guard let identifier, let text = try? String(contentsOfFile: "/proc/\(identifier)/statm", encoding: .utf8),
                let pages = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
            else { throw StageError("\(name) has ended") }
            return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
        }
    }

    /// The datagrams that a gateway has told it dropped, by cause.
    fileprivate var dropped: [String: Int] {
        var dropped: [String: Int] = [:]
        for line in output.lines() + errors.lines() where line.contains("] Many datagrams were dropped") {
            for word in line.split(separator: " ") where word.hasPrefix("dropped.") {
                let parts = word.dropFirst("dropped.".count).split(separator: "=")
                if parts.count == 2, let count = Int(parts[1]) { dropped[String(parts[0]), default: 0] += count }
            }
        }
        return dropped
    }
}
