// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// A publisher that is lost and comes back while a viewer stays, some times in a row.
///
/// Each return is a segment of the viewer's pictures: with numbers of its own, or after a pause.
struct ReturnRun {
    /// How the publisher is lost, and how it comes back.
    enum Loss {
        /// Killed, and started again at once.
        case kill
        /// Its network is cut, and it goes on as it was.
        case cut(seconds: Int)
        /// Its network is cut, and it closes, deletes and posts again, as OBS does.
        case tidiedCut(seconds: Int)
    }

    /// One return: when it began, and when the viewer saw a picture that was made afterwards.
    struct Return {
        /// When the publisher sent its first key frame, or the network of one that goes on was there again.
        let beganAt: Double
        let shownAt: Double

        var seconds: Double { shownAt - beganAt }
    }

    /// What was measured.
    struct Outcome {
        let returns: [Return]
        /// Whether they are measured from the publisher's first key frame.
        let beginWithKeyFrames: Bool
        let segments: [Segment]
        /// What the viewer subscribes to before and after, member and publications included.
        let before: RoomIdentities
        let after: RoomIdentities
    }

    let publisher: PublisherCase
    let loss: Loss
    var count = 1

    /// How far the numbers of two publishers are apart: a minute, or ten where one goes on.
    private var segment: Int { goesOn ? 9_000 : 900 }
    /// Whether the publisher goes on as it was.
    private var goesOn: Bool {
        if case .cut = loss { true } else { false }
    }
    private static let channel = "stage"
    private static let token = "a-key-of-these-tests"
    /// How long a publisher is watched before it is lost: long enough for tones to change.
    private static let watched = Duration.seconds(4)

    /// Runs it.
    func outcome() async throws -> Outcome {
        let outcome = try await Stage.run("return-\(publisher.stage)-\(name)") { stage in
            try await stage.startSkyWay()
            try await stage.startGateway(settings: ["GATEWAY_BEARER_TOKEN": Self.token])
            let observer = ChannelObserver(Self.channel, on: stage)
            let sink = stage.peer(
                "consume_whep.py",
                [
                    "\(Stage.skyWayURL)/whep/\(Self.channel)", "--wait", "40", "--retry", "0.2",
                    "--segments", "\(segment)", "--seconds", "900",
                ],
                in: .viewer
            )
            var source = start(0, on: stage)
            let begun = try await source.event(publisher.begins, within: .seconds(40))
            try await sink.event("segment", within: .seconds(40))
            let before = try await observer.identities()
            var returns: [Return] = []
            for index in 1...count {
                try await Task.sleep(for: Self.watched)
                let (next, returned) = try await comeBack(index, from: source, sink: sink, on: stage)
                source = next
                returns.append(returned)
            }
            try await Task.sleep(for: Self.watched)
            let after = try await observer.identities()
            sink.process.send(SIGTERM)
            let result = try await sink.result(ReturnedSink.self, within: .seconds(15))
            source.process.send(SIGTERM)
            if goesOn { returns = returns.map { result.first(after: $0.beganAt, of: begun.at) } }
            return Outcome(
                returns: returns,
                beginWithKeyFrames: !goesOn,
                segments: result.segments,
                before: before,
                after: after
            )
        }
        print(report(outcome))
        return outcome
    }

    private var name: String {
        switch loss {
        case .kill: "kill"
        case .cut(let seconds): "cut-\(seconds)"
        case .tidiedCut(let seconds): "tidied-cut-\(seconds)"
        }
    }

    private func start(_ index: Int, on stage: Stage) -> PeerProcess {
        var publisher = publisher
        let seconds: Int
        switch loss {
        case .kill: seconds = 30
        case .cut(let cut): seconds = 50 + count * (cut + 15)
        case .tidiedCut(let cut):
            seconds = cut + 12
            publisher.options += ["--sessions", "\(count + 1)", "--step", "\(segment)"]
        }
        publisher.options += ["--first", "\(index * segment)", "--token", Self.token]
        return publisher.start(on: stage, channel: Self.channel, seconds: seconds)
    }

    private func comeBack(
        _ index: Int,
        from source: PeerProcess,
        sink: PeerProcess,
        on stage: Stage
    ) async throws -> (PeerProcess, Return) {
        let seen = sink.process.output.end
        switch loss {
        case .kill:
            source.process.send(SIGKILL)
            let next = start(index, on: stage)
            let begun = try await next.event(publisher.begins, within: .seconds(30))
            let shown = try await sink.event("segment", from: seen, within: .seconds(15))
            return (next, Return(beganAt: begun.at, shownAt: shown.at))
        case .cut(let seconds):
            let mended = try await cut(seconds, on: stage)
            // Retransmissions may fill the gap, so that no segment begins; what was shown tells.
            return (source, Return(beganAt: mended, shownAt: .infinity))
        case .tidiedCut(let seconds):
            let said = source.process.output.end
            // It sends nothing any more from then on, and its DELETE arrives once the network is there again.
            _ = try await cut(seconds, on: stage) { source.process.send(SIGUSR1) }
            let begun = try await source.event(publisher.begins, from: said, within: .seconds(60))
            let shown = try await sink.event("segment", from: seen, within: .seconds(15))
            return (source, Return(beganAt: begun.at, shownAt: shown.at))
        }
    }

    /// Cuts the publisher's network; when it was mended.
    private func cut(_ seconds: Int, on stage: Stage, meanwhile: () -> Void = {}) async throws -> Double {
        let cut = stage.peer("cut_network.py", ["publisher", "--seconds", "\(seconds)"], in: .gateway)
        try await cut.event("cut", within: .seconds(10))
        try await Task.sleep(for: .seconds(seconds - 1))
        meanwhile()
        return try await cut.event("mended", within: .seconds(seconds + 10)).at
    }

    private func report(_ outcome: Outcome) -> String {
        let times = outcome.returns.map { String(format: "%.2f", $0.seconds) }.joined(separator: " ")
        let late = outcome.segments.map { $0.soundLateMilliseconds.map { "\($0)" } ?? "–" }.joined(separator: " ")
        return "RETURN \(publisher.testDescription), \(name): picture after \(times) s; sound late by \(late) ms"
    }
}

extension ReturnRun.Outcome {
    /// Checks that each return was seen, soon, by the same viewer of the same streams.
    func expectReturns() {
        #expect(before == after)
        #expect(!before.subscriptions.isEmpty)
        #expect(returns.allSatisfy { $0.seconds <= 5 })
        #expect(segments.allSatisfy { $0.rises })
        // A packet or two that came late make a segment of their own.
        let watched = segments.filter { $0.frames >= 15 }
        for segment in watched {
            #expect(segment.soundLateMilliseconds.map { abs($0) <= 100 } == true, "from \(segment.first) on")
        }
        guard beginWithKeyFrames else { return }
        #expect(watched.count == returns.count + 1 && segments.count == watched.count)
        let soon = returns.count { $0.seconds <= 1.5 }
        #expect(Double(soon) >= 0.9 * Double(returns.count))
    }
}

/// What came to the viewer between two losses (`synchrony.py`).
struct Segment: Decodable {
    let first: Int
    let frames: Int
    /// Whether no number is lower than the one before.
    let rises: Bool
    let soundLateMilliseconds: Double?
}

private struct ReturnedSink: Decodable {
    let segments: [Segment]
    /// Each number, and when it was shown.
    let arrivals: [[Double]]

    /// The first picture that was shown of those made after a moment, by when the publisher began.
    func first(after moment: Double, of beginning: Double) -> ReturnRun.Return {
        let number = ((moment - beginning) * 15).rounded(.up)
        let shown = arrivals.first { $0[0] >= number }
        return ReturnRun.Return(beganAt: moment, shownAt: shown?[1] ?? .infinity)
    }
}

extension PublisherCase {
    /// The event with which it sends its first picture.
    fileprivate var begins: String { implementation == .ffmpeg ? "publishing" : "firstFrame" }
}
