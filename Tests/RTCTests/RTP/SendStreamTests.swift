// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import RTC

@Suite("Outgoing stream")
struct SendStreamTests {
    private func stream(
        _ ids: [HeaderExtension: UInt8] = [:],
        mid: String? = "1",
        rid: String? = nil
    ) -> SendStream {
        SendStream(
            SendStreamParameters(
                kind: .video,
                mid: mid,
                rid: rid,
                ssrc: 0xCAFE_0001,
                codec: RTPCodec(kind: .video, name: "H264", payloadType: 96, clockRate: 90_000),
                extensions: HeaderExtensionMap(ids),
                cname: "whip-1"
            )
        )
    }

    private var everything: ForwardedExtensions {
        var extensions = ForwardedExtensions()
        extensions.audioLevel = 0x85
        extensions.videoOrientation = 3
        extensions.playoutDelay = 0x123456
        extensions.absCaptureTimestamp = 0x0102_0304_0506_0708
        extensions.absCaptureClockOffset = -5
        return extensions
    }

    private let wallClock = WallClock(
        monotonic: .milliseconds(0),
        ntp: NTPTime(unixNanoseconds: 1_700_000_000_000_000_000)
    )

    @Test("a header without extensions has twelve bytes")
    func plainHeader() {
        var stream = stream()
        let packet = OutgoingRTP(payloadType: 96, marker: true, sequenceNumber: 0x1234, timestamp: 0x0506_0708)
        let bytes = bytesWritten { stream.writeHeader(of: packet, payloadLength: 10, at: .milliseconds(0), into: &$0) }
        #expect(bytes == [0x80, 0xE0, 0x12, 0x34, 5, 6, 7, 8, 0xCA, 0xFE, 0, 1])
    }

    @Test(
        "what is written can be read again, in the form that the ids need",
        arguments: [(1, 0xBEDE), (6, 0xBEDE), (7, 0x1000), (100, 0x1000)] as [(UInt8, UInt16)]
    )
    func extensions(firstID: UInt8, profile: UInt16) throws {
        var ids: [HeaderExtension: UInt8] = [:]
        for kind in HeaderExtension.allCases { ids[kind] = firstID + kind.rawValue }
        var stream = stream(ids, mid: "0123456789abcdef", rid: "hi")
        let packet = OutgoingRTP(
            payloadType: 96,
            marker: false,
            sequenceNumber: 1,
            timestamp: 2,
            extensions: everything
        )
        let hop = HopExtensions(absSendTime: 0xABCDEF, transportSequenceNumber: 0x4321)
        let bytes = bytesWritten {
            $0.appendByte(0xEE)  // odd place in a buffer
            stream.writeHeader(of: packet, payloadLength: 0, hop: hop, at: .milliseconds(0), into: &$0)
        }
        let written = Array(bytes.dropFirst())
        let header = try RTPHeader(parsing: written.span.bytes)
        #expect(header.headerLength == written.count)
        #expect(header.extensionProfile == profile)
        #expect(written.count <= SendStream.maximumHeaderLength)
        let read = PacketExtensions(reading: written.span.bytes, header: header, map: HeaderExtensionMap(ids))
        #expect(read.mid == ShortIdentifier("0123456789abcdef"))
        #expect(read.rtpStreamID == ShortIdentifier("hi"))
        #expect(read.repairedRTPStreamID == nil)
        #expect(read.absSendTime == 0xABCDEF)
        #expect(read.transportSequenceNumber == 0x4321)
        #expect(read.forwarded.audioLevel == 0x85)
        #expect(read.forwarded.videoOrientation == 3)
        #expect(read.forwarded.playoutDelay == 0x123456)
        #expect(read.forwarded.absCaptureTimestamp == 0x0102_0304_0506_0708)
        #expect(read.forwarded.absCaptureClockOffset == -5)
    }

    @Test("what has no id is not written")
    func withoutIDs() throws {
        var stream = stream([.mid: 4], mid: "1")
        let packet = OutgoingRTP(
            payloadType: 96,
            marker: false,
            sequenceNumber: 1,
            timestamp: 2,
            extensions: everything
        )
        let hop = HopExtensions(absSendTime: 1, transportSequenceNumber: 1)
        let bytes = bytesWritten {
            stream.writeHeader(of: packet, payloadLength: 0, hop: hop, at: .milliseconds(0), into: &$0)
        }
        #expect(bytes[12...] == [0xBE, 0xDE, 0, 1, 0x40, 0x31, 0, 0])
    }

    @Test("the moment of sending is told in 6.18 fixed point, modulo 64 s")
    func absSendTime() {
        #expect(HopExtensions.absSendTime(at: MonotonicTime(nanoseconds: 500_000_000)) == 1 << 17)
        #expect(HopExtensions.absSendTime(at: MonotonicTime(nanoseconds: 64_500_000_000)) == 1 << 17)
        #expect(HopExtensions.absSendTime(at: MonotonicTime(nanoseconds: 63_999_999_999)) == 0xFF_FFFF)
    }

    @Test("the first report is due with the first packet, the next ones a second apart")
    func reportTimes() throws {
        var stream = stream()
        #expect(stream.reportDue == nil)
        var wasWritten = true
        let nothing = bytesWritten {
            wasWritten = stream.writeReport(at: .milliseconds(0), wallClock: wallClock, into: &$0)
        }
        #expect(nothing.isEmpty && !wasWritten)
        send(on: &stream, timestamp: 1000, at: 40)
        #expect(stream.reportDue == .milliseconds(40))
        let report = bytesWritten {
            wasWritten = stream.writeReport(at: .milliseconds(50), wallClock: wallClock, into: &$0)
        }
        #expect(report.count == stream.reportLength() && wasWritten)
        #expect(stream.reportDue == .milliseconds(1050))
    }

    @Test("a stream that is not being sent is not reported on, and at once when it goes on")
    func pause() throws {
        var stream = stream()
        send(on: &stream, timestamp: 1000, at: 0)
        for moment in [0, 1000, 2000] {
            #expect(stream.reportDue == .milliseconds(moment))
            _ = bytesWritten { _ = stream.writeReport(at: .milliseconds(moment), wallClock: wallClock, into: &$0) }
        }
        #expect(stream.reportDue == .milliseconds(3000))
        _ = bytesWritten { _ = stream.writeReport(at: .milliseconds(3000), wallClock: wallClock, into: &$0) }
        #expect(stream.reportDue == nil)
        send(on: &stream, timestamp: 900_000, at: 9000)
        #expect(stream.reportDue == .milliseconds(9000))
    }

    @Test("a report extrapolates the timestamp to its own moment and carries the name")
    func report() throws {
        var stream = stream()
        send(on: &stream, timestamp: .max - 10, at: 0)
        send(on: &stream, timestamp: 3589, at: 40)
        send(on: &stream, timestamp: 3589, at: 45)
        send(on: &stream, timestamp: .max - 10, at: 60)
        let bytes = bytesWritten { _ = stream.writeReport(at: .milliseconds(140), wallClock: wallClock, into: &$0) }
        var reader = try RTCPReader(validating: bytes.span.bytes)
        guard case .senderReport(let report, let blocks)? = reader.next(in: bytes.span.bytes) else {
            Issue.record("no sender report")
            return
        }
        #expect(blocks.count == 0)
        #expect(report.ssrc == 0xCAFE_0001)
        #expect(report.rtpTimestamp == 3589 + 9000)
        #expect(report.ntp == wallClock.time(at: .milliseconds(140)))
        #expect(report.packetCount == 4)
        #expect(report.octetCount == 400)
        guard case .sourceDescription(let description)? = reader.next(in: bytes.span.bytes) else {
            Issue.record("no source description")
            return
        }
        description.forEachCanonicalName(in: bytes.span.bytes) { ssrc, range in
            #expect(ssrc == 0xCAFE_0001)
            #expect(String(decoding: bytes[range], as: UTF8.self) == "whip-1")
        }
        #expect(reader.next(in: bytes.span.bytes) == nil)
    }

    @Test("reports of streams whose packets took different times to come here say the same")
    func captured() throws {
        let reports = try [(0, 30), (0, 400), (20, 70)].map { delays in
            var stream = stream()
            for picture in 0..<10 {
                let sent = picture * 40 + (picture % 2 == 0 ? delays.0 : delays.1)
                send(on: &stream, timestamp: UInt32(picture * 3_600), at: sent, capturedAt: picture * 40)
            }
            return try #require(stream.senderReport(at: .milliseconds(1_000), wallClock: wallClock))
        }
        #expect(reports.map(\.rtpTimestamp) == [90_000, 90_000, 90_000])
    }

    @Test("a report that no longer holds is followed by another at once, but not more often than five times a second")
    func movedRelation() {
        var stream = stream()
        func report(at milliseconds: Int) {
            _ = bytesWritten {
                _ = stream.writeReport(at: .milliseconds(milliseconds), wallClock: wallClock, into: &$0)
            }
        }
        send(on: &stream, timestamp: 0, at: 0, capturedAt: 0)
        report(at: 0)
        send(on: &stream, timestamp: 3_600, at: 40, capturedAt: 44)
        #expect(stream.reportDue == .milliseconds(1_000))
        send(on: &stream, timestamp: 7_200, at: 80, capturedAt: 0)
        #expect(stream.reportDue == .milliseconds(1_000))
        send(on: &stream, timestamp: 21_600, at: 240, capturedAt: 160)
        #expect(stream.reportDue == .milliseconds(240))
        report(at: 240)
        send(on: &stream, timestamp: 43_200, at: 480, capturedAt: 400)
        #expect(stream.reportDue == .milliseconds(1_240))
    }

    @Test("from capture to sending is told up to the last packet of a picture, smoothed, while something is sent")
    func captureDelay() {
        var stream = stream()
        #expect(stream.captureDelay(at: .milliseconds(0)) == nil)
        func picture(_ number: Int, packetsAfter delays: [Int]) {
            for delay in delays {
                let captured = number * 40
                send(on: &stream, timestamp: UInt32(number * 3_600), at: captured + delay, capturedAt: captured)
            }
        }
        picture(0, packetsAfter: [5, 6, 20])
        picture(1, packetsAfter: [5, 36])
        #expect(stream.captureDelay(at: .milliseconds(76)) == .milliseconds(20))
        picture(2, packetsAfter: [5])
        #expect(stream.captureDelay(at: .milliseconds(85)) == .milliseconds(21))
        #expect(stream.captureDelay(at: .milliseconds(2_086)) == nil)
        // What is sent after a pause has nothing to do with what was before.
        picture(100, packetsAfter: [50])
        #expect(stream.captureDelay(at: .milliseconds(4_050)) == nil)
        picture(101, packetsAfter: [50])
        #expect(stream.captureDelay(at: .milliseconds(4_090)) == .milliseconds(50))
    }

    @Test("packets that don't tell their capture have no delay")
    func unknownCapture() {
        var stream = stream()
        for number in 0..<3 { send(on: &stream, timestamp: UInt32(number * 3_600), at: number * 40) }
        #expect(stream.captureDelay(at: .milliseconds(80)) == nil)
    }

    @Test("the timestamps of reports never go back")
    func forwards() throws {
        var stream = stream()
        var timestamps: [UInt32] = []
        for (timestamp, capturedAt) in [(0, 0), (45_000, 500), (90_000, 2_500), (270_000, 3_000)] {
            send(on: &stream, timestamp: UInt32(timestamp), at: 3_000, capturedAt: capturedAt)
            let bytes = bytesWritten {
                _ = stream.writeReport(at: .milliseconds(3_000), wallClock: wallClock, into: &$0)
            }
            var reader = try RTCPReader(validating: bytes.span.bytes)
            guard case .senderReport(let report, _)? = reader.next(in: bytes.span.bytes) else { continue }
            timestamps.append(report.rtpTimestamp)
        }
        #expect(timestamps == [270_000, 270_000, 270_000, 270_000])
    }

    @Test(
        "the round-trip time comes from the receiver's block, where it can be",
        arguments: [
            // milliseconds that the report was under way and held, milliseconds held, round-trip time
            (150, 50, 100), (50, 50, 0), (3, 0, 3), (50, 80, nil), (70_000, 0, nil),
        ] as [(Int, Int, Int?)]
    )
    func roundTrip(after: Int, held: Int, expected: Int?) throws {
        var stream = stream()
        send(on: &stream, timestamp: 0, at: 0)
        let sent = try #require(stream.senderReport(at: .milliseconds(1000), wallClock: wallClock))
        let block = ReportBlock(
            ssrc: 0xCAFE_0001,
            lastSenderReport: sent.ntp.compact,
            delaySinceLastSenderReport: UInt32(held * 65_536 / 1000)
        )
        stream.receive(block, at: .milliseconds(1000 + after), wallClock: wallClock)
        #expect(stream.lastReportBlock == block)
        guard let expected else {
            #expect(stream.roundTripTime == nil)
            return
        }
        let time = try #require(stream.roundTripTime)
        #expect(abs(time.inSeconds * 1000 - Double(expected)) < 0.1)
    }

    private func send(
        on stream: inout SendStream,
        timestamp: UInt32,
        at milliseconds: Int,
        capturedAt capture: Int? = nil
    ) {
        let packet = OutgoingRTP(
            payloadType: 96,
            marker: false,
            sequenceNumber: 1,
            timestamp: timestamp,
            capturedAt: capture.map { .milliseconds($0) }
        )
        _ = bytesWritten {
            stream.writeHeader(of: packet, payloadLength: 100, at: .milliseconds(milliseconds), into: &$0)
        }
    }

    @Test("a key frame is the newest one, unless it comes late; one of long ago is no measure of that")
    func keyFrames() {
        var stream = stream()
        for (number, newest) in [(100, 100), (90, 100), (65_000, 100), (30_000, 30_000), (62_000, 62_000), (50, 50)] {
            stream.noteKeyFrame(UInt16(number))
            #expect(stream.keyFrame == UInt16(newest))
        }
    }
}
