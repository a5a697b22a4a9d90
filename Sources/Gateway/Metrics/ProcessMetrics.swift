// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import RTC
import RTCDriver

/// What Prometheus' own clients tell of a process, under the same names.
struct ProcessMetrics {
    /// When the process was started, as near as it matters.
    let started: Date

    /// Writes it; memory and files only where the system tells them as Linux does.
    func write(to text: inout MetricsText) {
        let start = started.timeIntervalSince1970.rounded()
        text.single("process_start_time_seconds", .gauge, "When the process was started, since 1970.", start)
        let seconds = Clock.processCPUTime.inSeconds
        text.single("process_cpu_seconds_total", .counter, "CPU time of the process.", seconds)
        if let bytes = Self.residentBytes {
            text.single("process_resident_memory_bytes", .gauge, "Memory of the process that is in use.", Double(bytes))
        }
        if let files = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
            text.single("process_open_fds", .gauge, "Files and sockets that are open.", Double(files.count))
        }
    }

    /// `VmRSS` of proc(5).
    private static var residentBytes: Int? {
        guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
            let match = text.firstMatch(of: /VmRSS:\s+([0-9]+) kB/)
        else { return nil }
        return Int(match.1).map { $0 * 1_024 }
    }
}
