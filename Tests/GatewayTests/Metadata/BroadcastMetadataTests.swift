// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import Logging
import RTC
import SkyWay
import Testing

@testable import Gateway

@Suite("The metadata of a broadcast")
struct BroadcastMetadataTests {
    private static let start = ContinuousClock.now

    private static func at(_ seconds: Double) -> ContinuousClock.Instant { start + .seconds(seconds) }

    private func broadcast(_ configured: [MetadataSubject: String]) throws -> BroadcastMetadata {
        var sources = MetadataSources()
        for (subject, text) in configured { try sources.configuration.set(text, of: subject) }
        return BroadcastMetadata(sources, facts: MetadataFacts())
    }

    /// A broadcast whose member and picture are in the room, as its log has told.
    private func joined(_ configured: [MetadataSubject: String]) throws -> BroadcastMetadata {
        var metadata = try broadcast(configured)
        for subject in [MetadataSubject.member, .video] {
            let text = metadata.join(subject, at: Self.at(0)).text
            _ = metadata.read(text, of: subject, at: Self.at(0))
        }
        return metadata
    }

    @Test("it comes in with what is known then, and what the room has of it is told once")
    func reading() throws {
        var metadata = try broadcast([.video: "{resolution} {state}"])
        #expect(metadata.join(.video, at: Self.at(0)).text == " connecting")
        #expect(metadata.join(.member, at: Self.at(0)).text == nil)
        let news = metadata.read(" connecting", of: .video, at: Self.at(0))
        #expect(news?.level == .info && news?.text == " connecting" && news?.subject == .video)
        #expect(metadata.read(nil, of: .member, at: Self.at(0)) == nil)
        #expect(metadata.learn(at: Self.at(1)) { $0.state = "live" }.isEmpty)
        #expect(metadata.next(at: Self.at(2)) == .send(.video, " live"))
        metadata.sent(.video, at: Self.at(2))
        #expect(metadata.read(" live", of: .video, at: Self.at(2)) == nil)
        #expect(metadata.next(at: Self.at(3)) == .idle)
    }

    @Test("what somebody else changes is told each time, stands, and is overwritten by our own next change alone")
    func others() throws {
        var metadata = try joined([.video: "{state}"])
        let news = metadata.changed("theirs", of: .video)
        #expect(news.level == .notice && news.text == "theirs")
        #expect(metadata.changed("theirs again", of: .video).text == "theirs again")
        #expect(metadata.next(at: Self.at(100)) == .idle)
        #expect(metadata.report.subjects[.video]?.changedByOthers == true)
        #expect(metadata.report.subjects[.video]?.room == "theirs again")
        #expect(metadata.report.subjects[.video]?.text == "connecting")
        _ = metadata.learn(at: Self.at(100)) { $0.state = "live" }
        #expect(metadata.next(at: Self.at(101)) == .send(.video, "live"))
        metadata.sent(.video, at: Self.at(101))
        _ = metadata.read("live", of: .video, at: Self.at(101))
        #expect(metadata.report.subjects[.video]?.changedByOthers == false)
    }

    @Test("an operator who says the same again wants it there whatever others have made of it")
    func insisting() throws {
        var metadata = try joined([.video: "ours"])
        _ = metadata.changed("theirs", of: .video)
        let texts = try MetadataTexts(["video": "ours"])
        _ = metadata.say(at: Self.at(10), insisting: [.video]) { $0.admin = texts }
        #expect(metadata.next(at: Self.at(11)) == .send(.video, "ours"))
        #expect(metadata.report.subjects[.video]?.source == .admin)
    }

    @Test("what nobody says any more is emptied, what never was said is left alone")
    func takingBack() throws {
        var metadata = try joined([:])
        let texts = try MetadataTexts(["member": "a"])
        _ = metadata.say(at: Self.at(0)) { $0.admin = texts }
        #expect(metadata.next(at: Self.at(1)) == .send(.member, "a"))
        metadata.sent(.member, at: Self.at(1))
        _ = metadata.say(at: Self.at(1)) { $0.admin = MetadataTexts() }
        #expect(metadata.next(at: Self.at(6)) == .send(.member, ""))
        metadata.sent(.member, at: Self.at(6))
        #expect(metadata.next(at: Self.at(100)) == .idle)
    }

    @Test("a text that grows too long is not sent, and that is told once")
    func growing() throws {
        var metadata = try joined([.member: String(repeating: "x", count: 1_010) + "{encoder}"])
        let long = String(repeating: "y", count: 100)
        let news = metadata.learn(at: Self.at(0)) { $0.encoder = long }
        #expect(news.map(\.level) == [.warning] && news.first?.message.contains("1024 bytes") == true)
        #expect(metadata.learn(at: Self.at(1)) { $0.encoder = long + "z" }.isEmpty)
        #expect(metadata.next(at: Self.at(10)) == .idle)
        // It does not come in with it either.
        let joining = metadata.join(.member, at: Self.at(0))
        #expect(joining.text == nil && joining.news == nil)
    }

    @Test("a room that was there gets ours where we say something, and keeps its own where we don't")
    func room() throws {
        var saying = try broadcast([.channel: "ours"])
        #expect(saying.read("theirs", of: .channel, at: Self.at(0)) == nil)
        #expect(saying.next(at: Self.at(1)) == .send(.channel, "ours"))
        var silent = try broadcast([:])
        _ = silent.read("theirs", of: .channel, at: Self.at(0))
        #expect(silent.next(at: Self.at(100)) == .idle)
        #expect(silent.report.subjects[.channel]?.room == "theirs")
        // One that we made has it already.
        var making = try broadcast([.channel: "ours"])
        #expect(making.join(.channel, at: Self.at(0)).text == "ours")
        #expect(making.read("ours", of: .channel, at: Self.at(0))?.level == .info)
        #expect(making.next(at: Self.at(100)) == .idle)
        // It is there without any: nothing is read then.
        var empty = try joined([.channel: "ours"])
        #expect(empty.next(at: Self.at(1)) == .send(.channel, "ours"))
        // Somebody else made it meanwhile.
        var late = try broadcast([.channel: "ours"])
        #expect(late.join(.channel, at: Self.at(0)).text == "ours")
        #expect(late.read("theirs", of: .channel, at: Self.at(0)) == nil)
        #expect(late.next(at: Self.at(1)) == .send(.channel, "ours"))
    }

    @Test("a token that does not allow a change is told once, and the change is tried again")
    func refused() throws {
        var metadata = try joined([.video: "{state}"])
        _ = metadata.learn(at: Self.at(0)) { $0.state = "live" }
        #expect(metadata.next(at: Self.at(1)) == .send(.video, "live"))
        let error = SkyWayError(.scopeMissing, .token)
        #expect(metadata.failed(.video, error, at: Self.at(1))?.level == .warning)
        #expect(metadata.next(at: Self.at(6)) == .send(.video, "live"))
        #expect(metadata.failed(.video, error, at: Self.at(6)) == nil)
        #expect(metadata.next(at: Self.at(16)) == .send(.video, "live"))
        #expect(metadata.failed(.video, SkyWayError(.memberNotFound, .gateway), at: Self.at(16)) == nil)
    }

    @Test("of several layers the size is that of the one that is forwarded")
    func layers() {
        var one = ForwardedPicture()
        one.found(PictureSize(width: 640, height: 360), of: EncodingIndex(0))
        #expect(one.size?.width == 640)
        var several = ForwardedPicture(layers: 2)
        several.found(PictureSize(width: 320, height: 180), of: EncodingIndex(0))
        #expect(several.size == nil)
        var report = LayerReport(track: TrackIndex(0), layers: [], offered: 2, forwarded: EncodingIndex(1))
        several.found(report)
        #expect(several.size == nil)
        several.found(PictureSize(width: 1280, height: 720), of: EncodingIndex(1))
        #expect(several.size?.width == 1280)
        report.forwarded = EncodingIndex(0)
        several.found(report)
        #expect(several.size?.width == 320)
    }

    @Test("the report says who says what, and what the room has")
    func report() throws {
        let metadata = try joined([.video: "{state}"])
        let text = JSONBody.text(metadata.report.document)
        let expected = """
            {"video":{"changedByOthers":false,"room":"connecting","source":"configuration","template":"{state}",\
            "text":"connecting"}}
            """
        #expect(text == expected)
    }
}
