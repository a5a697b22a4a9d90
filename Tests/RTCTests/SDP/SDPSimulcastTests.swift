// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@Suite("Simulcast in offer and answer (RFC 8853)")
struct SDPSimulcastTests {
    /// An offer with layers, told apart by the extension for them.
    private func offer(_ lines: [String]) -> String {
        let extensions = ["a=extmap:2 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"]
        let codecs = ["a=rtpmap:97 VP9/90000"]
        return SDPSamples.minimalOffer(video: extensions + codecs + lines)
            .replacing("SAVPF 96", with: "SAVPF 96 97")
    }

    @Test(
        "turns the whole list round",
        arguments: [
            (["a=rid:a send", "a=rid:b send", "a=simulcast:send b;a"], "recv b;a", ["b recv", "a recv"]),
            (["a=rid:a send", "a=rid:b send", "a=simulcast: send b;a"], "recv b;a", ["b recv", "a recv"]),
            (["a=simulcast:send a;b;c recv d"], "recv a;b;c", ["a recv", "b recv", "c recv"]),
            (["a=simulcast:recv d send a;~b"], "recv a;~b", ["a recv", "b recv"]),
            (["a=simulcast: send rid=a;b"], " recv rid=a;b", ["a recv", "b recv"]),
            (["a=simulcast:send a,b;~c,d"], "recv a;~c", ["a recv", "c recv"]),
            // All would be paused, and nobody could wake them up.
            (["a=simulcast:send ~a;~b"], "recv a;b", ["a recv", "b recv"]),
            (["a=simulcast:send ~a"], "recv a", ["a recv"]),
            (
                [
                    "a=rid:a send pt=97", "a=rid:b send pt=97,96;max-width=640", "a=rid:c send max-fps=15",
                    "a=simulcast:send a,b;c",
                ],
                "recv b;c", ["b recv pt=96;max-width=640", "c recv max-fps=15"]
            ),
        ]
    )
    func mirrored(lines: [String], simulcast: String, rids: [String]) throws {
        let answer = try SDPSamples.answer(offer(lines))
        #expect(answer.values("a=simulcast:") == [simulcast])
        #expect(answer.values("a=rid:") == rids)
        let encodings = try #require(answer.receiveTracks.first).encodings
        #expect(encodings.map(\.rid) == rids.map { String($0.prefix(1)) })
    }

    @Test("counts the semicolons that OBS counts")
    func obs() throws {
        let answer = try SDPSamples.answer(SDPSamples.offer("obs-32.1-simulcast-constructed"))
        let line = try #require(answer.lines.first { $0.hasPrefix("a=simulcast") })
        #expect(line.count { $0 == ";" } + 1 == 3)
    }

    @Test("refuses an offer of which a layer can't be taken")
    func allOrNothing() throws {
        let error = try #require(throws: SDPError.self) {
            try SDPSamples.answer(offer(["a=rid:a send pt=96", "a=rid:b send pt=97", "a=simulcast:send a;b"]))
        }
        #expect(error.code == .simulcast)
    }

    @Test(
        "refuses a list that can't be read, with a sentence",
        arguments: [
            ([""], .form), (["send"], .form), (["1;2;3"], .form), (["send 1 recv"], .form), (["send 1; 2"], .form),
            (["send 1 send 2"], .form), (["both 1;2"], .form), (["send 1 recv 2 send 3"], .form),
            (["send ;"], .rid), (["send 1;;2"], .rid), (["send 1;2;"], .rid), (["send 1,"], .rid), (["send ~"], .rid),
            (["send ~~1"], .rid), (["send 1;ä"], .rid), (["send pt=96;97"], .rid), (["send 12345678901234567"], .rid),
            (["send 1;2;1"], .repeatedRID), (["send 1,~1"], .repeatedRID),
            (["send 1;2", "send 1;2"], .repeatedLine), (["recv 1", "send 1;2"], .repeatedLine),
        ] as [([String], SDPSimulcast.Fault)]
    )
    func malformed(values: [String], fault: SDPSimulcast.Fault) throws {
        let text = offer(values.map { "a=simulcast:\($0)" })
        let error = try #require(throws: SDPError.self) { try SDPSamples.answer(text) }
        #expect(error.code == .simulcast && error.message == fault.message)
        // Whoever watches offers no layers, whatever the line says.
        try SDPOffer(text.replacing("a=sendonly", with: "a=recvonly")).checkWatching()
    }

    @Test("refuses a layer that is described twice, and leaves out what is no layer of a list")
    func describedTwice() throws {
        let lines = ["a=rid:1 send pt=96", "a=rid:1 send pt=97", "a=rid:2 send", "a=rid:2 recv", "a=rid:3 send pt=96"]
        let answer = try SDPSamples.answer(offer(lines))
        #expect(answer.values("a=rid:") == ["3 recv pt=96"])
        let error = try #require(throws: SDPError.self) {
            try SDPSamples.answer(offer(lines + ["a=simulcast:send 1;3"]))
        }
        #expect(error.code == .simulcast && error.message == SDPSimulcast.Fault.repeatedDescription.message)
    }

    @Test("leaves out a layer without a list that is restricted to other payload types")
    func otherPayloadType() throws {
        let lines = ["a=rid:1 send pt=96", "a=rid:2 send pt=97", "a=rid:3 send pt=98,96"]
        let answer = try SDPSamples.answer(offer(lines))
        #expect(answer.values("a=rid:") == ["1 recv pt=96", "3 recv pt=96"])
    }

    @Test("a list above the m-lines means nothing")
    func sessionLevel() throws {
        let answer = try SDPSamples.answer(SDPSamples.minimalOffer(session: ["a=simulcast:send a;;b"]))
        #expect(answer.values("a=simulcast:").isEmpty)
    }

    @Test("refuses layers that nothing tells apart")
    func indistinguishable() throws {
        let error = try #require(throws: SDPError.self) {
            try SDPOffer(SDPSamples.minimalOffer(video: ["a=simulcast:send a;b"])).checkPublishing()
        }
        #expect(error.code == .simulcast)
    }

    @Test("takes layers that have SSRCs without names")
    func groupOfSSRCs() throws {
        let answer = try SDPSamples.answer(SDPSamples.minimalOffer(video: ["a=ssrc-group:SIM 1 2 3"]))
        #expect(answer.receiveTracks.first?.encodings.map(\.ssrc) == [1, 2, 3])
        #expect(answer.values("a=simulcast:").isEmpty)
    }
}
