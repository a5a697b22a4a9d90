// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@testable import RTCDriver

@Suite("What is known of a track's layers")
struct TrackLayersTests {
    private static let encodings = ["q", "h", "f"].map { RTPEncoding(rid: $0) }
    private static let sizes = [180, 360, 720].map { PictureSize(width: $0 * 16 / 9, height: $0) }

    /// Layers of which some have come, measured ten times a second.
    private struct Fixture {
        var layers = TrackLayers(count: 3)
        var octets: [UInt64] = [0, 0, 0]
        var now = MonotonicTime(nanoseconds: 1_000_000_000)

        mutating func pass(_ milliseconds: Int, _ flowing: Int...) {
            for _ in 0..<milliseconds / 100 {
                now = now + .milliseconds(100)
                for layer in flowing { octets[layer] += 1_000 }
                measure()
            }
        }

        mutating func measure() {
            layers.measure(
                octets: octets,
                octets.indices.map { (octets[$0] > 0 ? TrackLayersTests.sizes[$0] : nil, nil) },
                at: now
            )
        }

        mutating func news(forwarding current: UInt8?) -> LayerReport? {
            layers.news(
                of: TrackIndex(1),
                named: TrackLayersTests.encodings,
                forwarding: current.map { EncodingIndex($0) },
                at: now
            )
        }

        /// Whether each layer may go out by its rank.
        func mayGoOut() -> [Bool] { (0..<3).map { layers.mayGoOut(EncodingIndex($0), at: now) } }

        /// The layers to choose from, by their ranks.
        func candidates(besides current: UInt8?) -> [Bool] {
            layers.candidates(besides: current.map { EncodingIndex($0) }, at: now).map(\.isActive)
        }
    }

    @Test("all layers are told of at once when all are there, and once")
    func told() throws {
        var fixture = Fixture()
        fixture.pass(100, 0)
        let early = fixture.news(forwarding: 0)
        #expect(early == nil)
        fixture.pass(100, 0, 1, 2)
        let unforwarded = fixture.news(forwarding: nil)
        #expect(unforwarded == nil)
        let news = fixture.news(forwarding: 2)
        let report = try #require(news)
        #expect(report.layers.map(\.rid) == ["q", "h", "f"] && report.layers.map(\.size) == Self.sizes)
        #expect(report.forwarded == EncodingIndex(2) && report.former == nil && report.offered == 3)
        fixture.pass(10_000, 0, 1, 2)
        let again = fixture.news(forwarding: 2)
        #expect(again == nil)
    }

    @Test("where some stay away the others are told of after 3 s, and each that comes later")
    func late() throws {
        var fixture = Fixture()
        fixture.pass(2_000, 0, 1)
        let early = fixture.news(forwarding: 1)
        #expect(early == nil)
        fixture.pass(1_500, 0, 1)
        let first = fixture.news(forwarding: 1)
        #expect(first?.layers.count == 2)
        fixture.pass(1_000, 0, 1, 2)
        let second = fixture.news(forwarding: 2)
        let report = try #require(second)
        #expect(report.layers.count == 3 && report.former == nil)
    }

    @Test("that another layer is forwarded is told with the former one")
    func changed() throws {
        var fixture = Fixture()
        fixture.pass(100, 0, 1, 2)
        _ = fixture.news(forwarding: 2)
        fixture.pass(1_000, 0, 1)
        let news = fixture.news(forwarding: 1)
        let report = try #require(news)
        #expect(report.former == EncodingIndex(2) && report.forwarded == EncodingIndex(1))
        let again = fixture.news(forwarding: 1)
        #expect(again == nil)
    }

    @Test("what has just come back is no candidate, unless it is what is forwarded, or all there is")
    func candidates() {
        var fixture = Fixture()
        fixture.pass(1_000, 0, 1, 2)
        #expect(fixture.candidates(besides: nil) == [true, true, true])
        fixture.pass(1_000, 0, 1)
        #expect(fixture.candidates(besides: 2) == [true, true, false])
        fixture.pass(500, 0, 1, 2)
        #expect(fixture.candidates(besides: 1) == [true, true, false])
        #expect(fixture.candidates(besides: 2) == [true, true, true])
        fixture.pass(500, 2)
        #expect(fixture.candidates(besides: 1) == [false, false, true])
    }

    @Test("what has just come back does not go out by its rank before it has come to stay, unless it is all there is")
    func ranked() {
        var fixture = Fixture()
        fixture.pass(1_000, 0, 1, 2)
        #expect(fixture.mayGoOut() == [true, true, true])
        fixture.pass(1_000, 0, 1)
        #expect(fixture.mayGoOut() == [true, true, false])
        fixture.pass(500, 0, 1, 2)
        #expect(fixture.mayGoOut() == [true, true, false])
        fixture.pass(1_000, 0, 1, 2)
        #expect(fixture.mayGoOut() == [true, true, true])
        fixture.pass(1_000, 0, 1)
        fixture.pass(500, 2)
        #expect(fixture.mayGoOut() == [false, false, true])
    }
}
