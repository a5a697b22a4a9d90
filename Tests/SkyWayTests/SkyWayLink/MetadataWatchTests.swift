// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@testable import SkyWay

@Suite("Whose the metadata in a room are")
struct MetadataWatchTests {
    @Test("what we sent is read, what somebody else made of it is a change, and the same again is no news")
    func changes() {
        var watch = MetadataWatch()
        watch.sending("a", of: .member)
        #expect(watch.observed("a", of: .member, id: "M") == .metadataRead(.member, "a"))
        #expect(watch.observed("a", of: .member, id: "M") == nil)
        #expect(watch.observed("b", of: .member, id: "M") == .metadataChanged(.member, "b"))
        #expect(watch.observed(nil, of: .member, id: "M") == .metadataChanged(.member, nil))
    }

    @Test("what was there before us is read")
    func before() {
        var watch = MetadataWatch()
        #expect(watch.observed("theirs", of: .channel, id: "C") == .metadataRead(.channel, "theirs"))
        #expect(watch.observed("theirs too", of: .channel, id: "C") == .metadataChanged(.channel, "theirs too"))
    }

    @Test("several of our own changes come back one after another, and none is taken for another's")
    func late() {
        var watch = MetadataWatch()
        for text in ["a", "b", "c"] { watch.sending(text, of: .video) }
        for text in ["a", "b", "c"] {
            #expect(watch.observed(text, of: .video, id: "P") == .metadataRead(.video, text))
        }
        #expect(watch.observed("a", of: .video, id: "P") == .metadataChanged(.video, "a"))
    }

    @Test("another publication begins anew, without a change")
    func anew() {
        var watch = MetadataWatch()
        watch.sending("a", of: .video)
        _ = watch.observed("a", of: .video, id: "P1")
        #expect(watch.observed(nil, of: .video, id: "P2") == .metadataRead(.video, nil))
        // Who never said anything and finds nothing has no news.
        #expect(watch.observed(nil, of: .audio, id: "P3") == nil)
    }

    @Test("events that were missed show in the next snapshot")
    func snapshot() {
        let bot = ChannelMember(id: "B", name: nil, type: "bot", subtype: "sfu", metadata: nil)
        func room(_ version: Int, member: String?, publication: String?) -> ChannelSnapshot {
            ChannelSnapshot(
                id: "C",
                name: "studio",
                metadata: nil,
                version: version,
                members: [bot, .init(id: "M", name: "obs", type: "person", subtype: "person", metadata: member)],
                publications: [
                    .init(
                        id: "P",
                        publisherID: "M",
                        origin: nil,
                        contentType: "video",
                        type: "sfu",
                        metadata: publication,
                        isEnabled: true
                    )
                ],
                subscriptions: []
            )
        }
        var machine = SkyWayLinkStateMachine()
        machine.metadata.sending("m", of: .member)
        machine.metadata.sending("p", of: .video)
        #expect(machine.received(room(5, member: "m", publication: "p")).events.isEmpty)
        machine.joined(memberID: "M")
        machine.published(.video, id: "P")
        #expect(machine.readMetadata().events == [.metadataRead(.member, "m"), .metadataRead(.video, "p")])
        let missed = machine.received(room(9, member: "theirs", publication: "p"))
        #expect(missed.events == [.metadataChanged(.member, "theirs")])
    }
}
