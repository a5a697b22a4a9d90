// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import RTC
import RTCDriver

/// What is told of media, as the statistics of all broadcasts have it, and of the workers that carry it.
extension GatewayMetrics {
    private typealias Counts = MediaTotals.Counts

    /// What is counted of streams: since the process began, those of broadcasts that are over included.
    private static let totals: [(name: String, help: String, count: any KeyPath<Counts, UInt64> & Sendable)] = [
        ("rtc_packets_total", "RTP packets, retransmissions included.", \.packets),
        ("rtc_payload_bytes_total", "Bytes of their payloads.", \.octets),
        ("rtc_packets_lost_total", "RTP packets that did not come, as their receiver has it.", \.lost),
        ("rtc_packets_recovered_total", "RTP packets that came after they had been missed.", \.recovered),
        ("rtc_packets_retransmitted_total", "RTP packets that came or went once more.", \.retransmitted),
        ("rtc_packets_discarded_total", "RTP packets that were not handed on, on purpose.", \.discarded),
        ("rtc_frames_total", "Frames of video.", \.frames),
        ("rtc_key_frames_total", "Key frames of video.", \.keyFrames),
        ("rtc_nacks_total", "Requests for packets, from the receiver to the sender.", \.nacks),
        ("rtc_key_frame_requests_total", "Requests for key frames (PLI and FIR).", \.keyFrameRequests),
    ]

    /// Writes counters and present figures of the streams of all broadcasts.
    func writeMedia(to text: inout MetricsText) {
        let totals = registry.environment.totals
        for total in Self.totals {
            text.family(total.name, .counter, total.help)
            for group in MediaTotals.Group.all {
                text.metric(total.name, group.labels, totals[group][keyPath: total.count])
            }
        }
        let statistics = registry.board.broadcasts.compactMap { registry.board.statistics(of: $0.id) }
        let newest = statistics.flatMap(\.newest)
        text.family("rtc_streams", .gauge, "RTP streams that are there.")
        for group in MediaTotals.Group.all {
            text.metric("rtc_streams", group.labels, UInt64(newest.count { $0.group == group }))
        }
        text.family("rtc_bitrate_bits_per_second", .gauge, "Payload in the last second, of all streams together.")
        for group in MediaTotals.Group.all {
            let sum = newest.filter { $0.group == group }.reduce(UInt64(0)) { $0 + UInt64($1.sample.bitrate) }
            text.metric("rtc_bitrate_bits_per_second", group.labels, sum)
        }
        writeWorst("rtc_jitter_max_seconds", "The largest jitter among all streams.", \.jitter, newest, &text)
        writeWorst(
            "rtc_round_trip_time_max_seconds",
            "The longest round-trip time among all streams.",
            \.roundTripTime,
            newest,
            &text
        )
        writeWorst(
            "rtc_capture_delay_max_seconds",
            "The longest time from capture to sending among all streams.",
            \.captureDelay,
            newest,
            &text
        )
        writeOffset(statistics, to: &text)
    }

    /// Writes how far sound and pictures of one broadcast lie apart at most.
    private func writeOffset(_ statistics: [BroadcastStatistics], to text: inout MetricsText) {
        let name = "rtc_audio_video_offset_max_seconds"
        text.family(name, .gauge, "The most that pictures and sound of a broadcast lie apart, either way.")
        let offsets = statistics.compactMap { $0.present?.reading.audioVideoOffset?.inSeconds.magnitude }
        if let worst = offsets.max() { text.metric(name, [:], worst) }
    }

    private func writeWorst(
        _ name: String,
        _ help: String,
        _ value: KeyPath<StreamSample, UInt32?>,
        _ newest: some Sequence<BroadcastStatistics.Newest>,
        _ text: inout MetricsText
    ) {
        text.family(name, .gauge, help)
        for group in MediaTotals.Group.all {
            let values = newest.filter { $0.group == group }.compactMap { $0.sample[keyPath: value] }
            // What nobody has told is not nothing.
            if let worst = values.max() { text.metric(name, group.labels, Double(worst) / 1_000_000) }
        }
    }

    /// Writes what the workers have done.
    func writeWorkers(to text: inout MetricsText) async {
        var workers: [(labels: MetricsText.Labels, MediaWorkerStatistics)] = []
        for (index, worker) in registry.environment.workers.workers.enumerated() {
            // One that has been shut down has nothing more to tell.
            guard let statistics = try? await worker.statistics() else { continue }
            workers.append((["worker": "\(index)"], statistics))
        }
        func write(
            _ name: String,
            _ kind: MetricsText.Kind,
            _ help: String,
            _ value: (MediaWorkerStatistics) -> Double
        ) {
            text.family(name, kind, help)
            for (labels, statistics) in workers { text.metric(name, labels, value(statistics)) }
        }
        write("rtc_worker_sessions", .gauge, "Media sessions that are open.") { Double($0.sessions) }
        write("rtc_worker_cpu_seconds_total", .counter, "CPU time of the worker's thread.") { $0.cpuTime.inSeconds }
        write("rtc_worker_wakes_total", .counter, "Times that the worker woke up.") { Double($0.wakes) }
        write("rtc_worker_packets_forwarded_total", .counter, "RTP packets handed to the SFU's transports.") {
            Double($0.packetsForwarded)
        }
        write("rtc_worker_datagrams_received_total", .counter, "UDP datagrams received.") {
            Double($0.datagrams.packetsReceived)
        }
        write("rtc_worker_datagrams_sent_total", .counter, "UDP datagrams sent.") { Double($0.datagrams.packetsSent) }
        write("rtc_worker_tcp_connections", .gauge, "TCP connections of media that are open.") {
            Double($0.streams.open)
        }
        text.family("rtc_worker_send_drops_total", .counter, "Datagrams that the system did not take, by cause.")
        for (labels, statistics) in workers {
            let worker = labels[0].value
            let name = "rtc_worker_send_drops_total"
            text.metric(name, ["worker": worker, "cause": "bufferFull"], statistics.datagrams.droppedBufferFull)
            text.metric(name, ["worker": worker, "cause": "error"], statistics.datagrams.droppedSendError)
            text.metric(name, ["worker": worker, "cause": "tcpFull"], statistics.streams.droppedFull)
        }
        text.family("rtc_handshakes_total", .counter, "DTLS handshakes, by what became of them.")
        for (result, count) in [
            ("completed", \HandshakeStatistics.completed), ("failed", \.failed), ("unfinished", \.unfinished),
        ] {
            let sum = workers.reduce(0) { $0 + $1.1.handshakes[keyPath: count] }
            text.metric("rtc_handshakes_total", ["result": result], sum)
        }
        text.family("rtc_datagrams_dropped_total", .counter, "Datagrams that were dropped, by cause.")
        for (cause, count) in await registry.environment.workers.drops().sorted(by: { $0.key < $1.key }) {
            text.metric("rtc_datagrams_dropped_total", ["cause": cause], count)
        }
    }
}

extension MediaTotals.Group {
    fileprivate var labels: MetricsText.Labels { ["direction": direction.rawValue, "kind": kind.rawValue] }
}

extension BroadcastStatistics {
    /// A stream that is there, with what it did last.
    struct Newest: Sendable {
        var group: MediaTotals.Group
        var sample: StreamSample
    }

    /// So long ago a broadcast that has a way of media was read at most.
    private static let freshness: Duration = .seconds(3)

    /// The state as it is now; `nil` where nothing is known of now.
    fileprivate var present: StatisticsSnapshot? {
        guard let snapshot, !isOver, Clock.now - snapshot.reading.moment < Self.freshness else { return nil }
        return snapshot
    }

    /// The streams that are there.
    fileprivate var newest: [Newest] {
        guard let snapshot = present else { return [] }
        return snapshot.reading.streams.compactMap { stream in
            snapshot.newest[stream.key].map { sample in
                let group = MediaTotals.Group(direction: stream.key.side.direction, kind: stream.kind)
                return Newest(group: group, sample: sample)
            }
        }
    }
}
