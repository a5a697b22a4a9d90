// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing
import WHIPClient

@Suite("Playing a clip, in virtual time")
struct ClipSourceTests {
    /// A source with a clock that only its test moves.
    struct Player {
        struct Sent: Hashable {
            var moment: Duration
            var packet: UInt8
            var sequenceNumber: UInt16
            var timestamp: UInt32
        }

        var source: ClipSource
        var now = Player.begin
        let counters = ClipSource.Counters()
        static let begin = MonotonicTime(nanoseconds: 5_000_000_000)

        init(_ kind: MediaKind, seed: UInt64 = 1) throws {
            var generator = SplitMix64(seed: seed)
            source = ClipSource(
                try SampleClip.short(),
                kind,
                payloadType: 100,
                counters: counters,
                using: &generator
            )
        }

        mutating func start() { source.start(at: now) }

        /// One call at the present moment; the last byte of a payload is its picture's or packet's number.
        mutating func poll() -> Sent? {
            var outgoing: OutgoingRTP?
            let payload = [UInt8](unsafeUninitializedCapacity: 1_900) { buffer, count in
                let bytes = UnsafeMutableRawBufferPointer(buffer)
                var output = OutputRawSpan(buffer: bytes, initializedCount: 0)
                outgoing = source.poll(at: now, into: &output)
                count = output.finalize(for: bytes)
            }
            guard let outgoing, let number = payload.last else { return nil }
            return Sent(
                moment: now - Self.begin,
                packet: number,
                sequenceNumber: outgoing.sequenceNumber,
                timestamp: outgoing.timestamp
            )
        }

        /// All that is due at the present moment.
        mutating func pollAll() -> [Sent] {
            var all: [Sent] = []
            while let sent = poll() { all.append(sent) }
            return all
        }

        /// Goes from deadline to deadline until this much time has passed.
        mutating func play(for duration: Duration) -> [Sent] {
            let end = Self.begin + duration
            var all: [Sent] = []
            while let deadline = source.deadline, deadline < end {
                now = max(now, deadline)
                all += pollAll()
            }
            now = end
            return all
        }
    }

    @Test("Nothing is due before the start")
    func beforeStart() throws {
        var player = try Player(.video)
        #expect(player.source.deadline == nil)
        #expect(player.poll() == nil)
        player.start()
        #expect(player.source.deadline == Player.begin)
    }

    @Test("Each packet comes at its own time, and its number and timestamp follow it", arguments: MediaKind.allCases)
    func onTime(kind: MediaKind) throws {
        var player = try Player(kind)
        player.start()
        let sent = player.play(for: .milliseconds(950))
        #expect(sent.map(\.packet) == Array(0..<10))
        #expect(sent.map(\.moment) == (0..<10).map { .milliseconds(100 * $0) })
        let ticks: UInt32 = kind == .video ? 9_000 : 4_800
        for (earlier, later) in zip(sent, sent.dropFirst()) {
            #expect(later.sequenceNumber == earlier.sequenceNumber &+ 1)
            #expect(later.timestamp == earlier.timestamp &+ ticks)
        }
    }

    @Test("The loop begins again without a break, over the wrap of every counter", arguments: MediaKind.allCases)
    func loops(kind: MediaKind) throws {
        var player = try Player(kind, seed: 7)
        player.start()
        let seconds = 7_000
        let sent = player.play(for: .seconds(seconds))
        #expect(sent.count == 10 * seconds, "so the sequence number has wrapped")
        let ticks: UInt32 = kind == .video ? 9_000 : 4_800
        var isContinuous = true
        for (index, packet) in sent.enumerated() {
            isContinuous =
                isContinuous && Int(packet.packet) == index % 10
                && packet.timestamp == sent[0].timestamp &+ UInt32(truncatingIfNeeded: index) &* ticks
                && packet.sequenceNumber == sent[0].sequenceNumber &+ UInt16(truncatingIfNeeded: index)
                && packet.moment == .milliseconds(100 * index)
        }
        #expect(isContinuous)
    }

    @Test("Audio and video that start together are in step however late each is called")
    func inStep() throws {
        var audio = try Player(.audio)
        var video = try Player(.video)
        audio.start()
        video.start()
        var generator = SplitMix64(seed: 3)
        var (sound, pictures): ([Player.Sent], [Player.Sent]) = ([], [])
        for _ in 0..<500 {
            audio.now = audio.now + .milliseconds(.random(in: 1...120, using: &generator))
            sound += audio.pollAll()
            video.now = audio.now + .milliseconds(.random(in: 0...3, using: &generator))
            pictures += video.pollAll()
        }
        let base = (sound[0].timestamp, pictures[0].timestamp)
        for (sound, picture) in zip(sound, pictures) {
            #expect((sound.timestamp &- base.0) / 48 == (picture.timestamp &- base.1) / 90)
            #expect(sound.packet == picture.packet)
        }
    }

    @Test("A late call gets all that has become due and nothing that has not")
    func catchesUp() throws {
        var player = try Player(.video)
        player.start()
        player.now = player.now + .milliseconds(450)
        #expect(player.pollAll().map(\.packet) == [0, 1, 2, 3, 4])
        #expect(player.source.deadline == Player.begin + .milliseconds(500))
    }

    @Test(
        "After a long pause what was missed is left out, and a key frame comes at its own time",
        arguments: [(1_250, 1_500, UInt8(5)), (1_500, 1_500, 5), (1_501, 2_000, 0), (60_020, 60_500, 5)]
    )
    func longPause(wake: Int, resumes: Int, picture: UInt8) throws {
        var player = try Player(.video)
        player.start()
        let before = player.pollAll()
        player.now = Player.begin + .milliseconds(wake)
        var after = player.pollAll()
        player.now = Player.begin + .milliseconds(resumes)
        after += player.pollAll()
        let (first, next) = (try #require(before.first), try #require(after.first))
        #expect(before.count == 1 && after.count == 1)
        #expect(next.packet == picture)
        #expect(next.timestamp == first.timestamp &+ UInt32(resumes) * 90)
        #expect(next.sequenceNumber == first.sequenceNumber &+ 1, "the receiver is not to take it for a loss")
        #expect(player.counters.skipped == UInt64(resumes / 100 - 1))
    }

    @Test("A request for a key frame is counted and changes nothing")
    func keyFrameRequest() throws {
        var player = try Player(.video)
        player.start()
        player.source.keyFrameRequested(at: player.now)
        #expect(player.play(for: .milliseconds(250)).map(\.packet) == [0, 1, 2])
        #expect(player.counters.keyFrameRequests == 1)
    }

    @Test("A track that the clip does not have is never due")
    func missingTrack() throws {
        var generator = SplitMix64(seed: 1)
        let clip = try Clip(SampleClip.make([.audio(0)]))
        var source = ClipSource(clip, .video, payloadType: 96, using: &generator)
        source.start(at: Player.begin)
        #expect(source.deadline == nil)
        #expect(PublishedMedia.clip(clip).tracks.map(\.codec.kind) == [.audio])
    }
}
