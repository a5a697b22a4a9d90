// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import RTCTesting
import Testing

@testable import RTCDriver

@Suite("Every layer through a media worker", .timeLimit(.minutes(1)))
struct RankedLayersTests {
    private static func layers(_ ranks: [Int]) -> [LayerSource.Layer] { LayerSource.Layer.ranked(ranks, length: 400) }

    /// Each stream has one layer only, from a key frame on, with nothing missing and nothing that goes back.
    private func expectContinuity(_ path: LayeredPath, layers: [UInt8?]) {
        for (record, layer) in zip(path.records, layers) {
            #expect(record.packets.allSatisfy { $0.layer == layer })
            #expect(record.packets.isEmpty == (layer == nil))
            record.expectContinuity()
        }
    }

    @Test(
        "each rank's stream gets its layer and no other, wherever that stands in the offer",
        arguments: [[0, 1, 2], [2, 1, 0], [1, 2, 0]]
    )
    func ranks(ranks: [Int]) async throws {
        let path = try LayeredPath(.ranks(3))
        let publisher = try path.publish(Self.layers(ranks))
        let places = try (0..<3).map { rank in UInt8(try #require(ranks.firstIndex(of: rank))) }
        path.run(for: .seconds(3))
        expectContinuity(path, layers: places)
        // 50 pictures a second, but for the time until the ranks are known and key frames begin.
        #expect(path.records.allSatisfy { $0.packets.count >= 130 })
        #expect(path.forwarded == places.map { EncodingIndex($0) })
        let reports = await publisher.ingest.end()
        let report = try #require(reports.first)
        #expect(reports.count == 1 && report.isWhole && report.silent.isEmpty && report.turned == nil)
        #expect(report.layers.map(\.size) == LayerSource.Layer.sizes && report.forwarded == EncodingIndex(places[2]))
    }

    @Test("a layer that begins after the ranks were decided takes its own at a key frame, and others give way")
    func late() async throws {
        let path = try LayeredPath(.ranks(3))
        let publisher = try path.publish(Self.layers([1, 2, 0]), silent: [2])
        path.run(for: .seconds(2))
        // The offer seems to begin with the lowest layer.
        #expect(path.forwarded == [EncodingIndex(0), EncodingIndex(1), nil])
        publisher.controls[2].isOn = true
        path.run(for: .seconds(2))
        #expect(path.forwarded == [2, 0, 1].map { EncodingIndex($0) })
        let seen = path.records.map { record in
            record.packets.map(\.layer).reduce(into: [UInt8]()) { if $0.last != $1 { $0.append($1) } }
        }
        #expect(seen == [[0, 2], [1, 0], [1]])
        for record in path.records { record.expectContinuity() }
        let reports = await publisher.ingest.end()
        #expect(reports.map { $0.layers.map(\.size) } == [LayerSource.Layer.sizes])
    }

    @Test("the streams share one timebase, although the layers' own lie eleven seconds apart")
    func timebase() throws {
        let path = try LayeredPath(.ranks(3))
        _ = try path.publish(Self.layers([2, 0, 1]))
        path.run(for: .seconds(3))
        path.expectOneTimebase()
    }

    @Test("a rank that nobody fed lies in the timebase of the others, also where it begins first after a takeover")
    func takeover() throws {
        let path = try LayeredPath(.ranks(3))
        _ = try path.publish(Self.layers([0, 1, 2]), silent: [2])
        path.run(for: .seconds(3))
        #expect(path.records[2].packets.isEmpty)
        // The ranks are known with the key frame of its best layer, which is the first one that goes out.
        _ = try path.publish(Self.layers([0, 1, 2]))
        path.run(for: .milliseconds(20))
        let before = path.records.map(\.packets.count)
        path.run(for: .seconds(1)) { !path.records[2].packets.isEmpty }
        #expect(path.records.map(\.packets.count) == [before[0], before[1], 1])
        path.run(for: .seconds(2))
        expectContinuity(path, layers: [0, 1, 2])
        path.expectOneTimebase()
    }

    @Test("a layer that stops again and again has to come back to stay, longer each time, before its stream goes on")
    func proving() async throws {
        let path = try LayeredPath(.ranks(3))
        let publisher = try path.publish(Self.layers([0, 1, 2]))
        path.run(for: .seconds(2))
        var came: [Int] = []
        for seconds in [4, 4, 4, 12] {
            publisher.controls[2].isOn = false
            path.run(for: .seconds(3))
            let before = path.records[2].packets.count
            publisher.controls[2].isOn = true
            path.run(for: .seconds(seconds))
            came.append(path.records[2].packets.count - before)
        }
        // 50 packets a second, after 1, 2, 4 and 8 s and the second that it takes at most to see that.
        #expect(zip(came, [150, 100, 0, 200]).allSatisfy { $0 <= $1 && $0 >= $1 - 50 }, "\(came)")
        expectContinuity(path, layers: [0, 1, 2])
        // Nobody is told that it is back while its stream rests.
        let turned = await publisher.ingest.end()
        #expect(turned.map { $0.turned?.rawValue } == [nil, 2, 2, 2, 2, 2, 2])
        #expect(turned.map(\.silent.isEmpty) == [true, false, true, false, true, false, true])
    }

    @Test("when a layer stops the others go on in their streams, and it goes on in its own")
    func stopping() async throws {
        let path = try LayeredPath(.ranks(3))
        let publisher = try path.publish(Self.layers([2, 1, 0]))
        path.run(for: .seconds(2))
        publisher.controls[1].isOn = false
        path.run(for: .milliseconds(50))
        let before = path.records[1].packets.count
        // So long that what never came is no gap in the stream.
        path.run(for: .seconds(3))
        #expect(path.records[1].packets.count == before)
        publisher.controls[1].isOn = true
        path.run(for: .seconds(3))
        #expect(path.records[1].packets.count >= before + 20)
        expectContinuity(path, layers: [2, 1, 0])
        let reports = await publisher.ingest.end()
        #expect(reports.map(\.turned) == [nil, EncodingIndex(1), EncodingIndex(1)])
        #expect(reports.map(\.silent) == [[], [EncodingIndex(1)], []])
        #expect(reports.allSatisfy { $0.forwarded == EncodingIndex(0) })
    }

    @Test("a wish for a key frame goes to the layer that feeds the stream, and to no other")
    func keyFrames() throws {
        let path = try LayeredPath(.ranks(3))
        let publisher = try path.publish(Self.layers([2, 1, 0]))
        path.run(for: .seconds(2))
        let before = publisher.controls.map(\.keyFrames)
        let place = Route.place(of: TrackIndex(0), EncodingIndex(0))
        path.receiver.worker.requestKeyFrame(from: path.receiver.peer, at: place)
        path.receiver.worker.touch(path.receiver.peer)
        path.run(for: .seconds(1))
        #expect(publisher.controls.map(\.keyFrames) == [before[0], before[1], before[2] + 1])
    }

    @Test("a stream that is held back gets nothing, and goes on with a key frame where it belongs once released")
    func held() throws {
        let path = try LayeredPath(.ranks(3))
        let publisher = try path.publish(Self.layers([0, 1, 2]))
        path.run(for: .seconds(2))
        let worker = path.egress.worker
        worker.hold(path.streams[2], of: path.egress.peer)
        let ranked = worker.rankedStreams(of: path.egress.peer)
        #expect(ranked.map(\.rank) == [0, 1, 2] && ranked.map(\.isHeld) == [false, false, true])
        #expect(ranked.map(\.stream) == path.streams)
        // What was on its way has come.
        path.run(for: .milliseconds(50))
        let before = path.records[2].packets.count
        path.run(for: .seconds(1))
        #expect(path.records[2].packets.count == before)
        let keyFrames = publisher.controls[2].keyFrames
        worker.release(path.streams[2], of: path.egress.peer)
        worker.touch(path.egress.peer)
        path.run(for: .seconds(1))
        #expect(publisher.controls[2].keyFrames == keyFrames + 1)
        let packets = path.records[2].packets
        try #require(packets.count >= before + 20)
        expectContinuity(path, layers: [0, 1, 2])
        // Exactly where its layer has them: 1,800 ticks for each picture, those that were held back included.
        let (last, first) = (packets[before - 1], packets[before])
        #expect(first.isKeyFrame && first.timestamp &- last.timestamp == (first.number &- last.number) &* 1_800)
    }

    @Test("streams for which there is no layer get nothing; the lowest ones are fed")
    func fewerLayers() throws {
        let path = try LayeredPath(.ranks(3))
        _ = try path.publish(Self.layers([1, 0]))
        path.run(for: .seconds(2))
        expectContinuity(path, layers: [1, 0, nil])
    }
}
