// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Logging
import RTC

/// What the log says of a publisher's simulcast layers.
struct LayerNews {
    /// What happened, the same for all publishers.
    let message: Logger.Message
    /// The layers by name and size, lowest quality first, and where only one is forwarded, which one.
    private(set) var metadata: Logger.Metadata = [:]

    /// Puts a report into words.
    ///
    /// - Parameter report: what was found, or what is forwarded now.
    init(_ report: LayerReport) {
        if let former = report.former {
            message = "Another simulcast layer is forwarded"
            metadata["video.former"] = "\(Self.text(of: former, in: report))"
        } else if let turned = report.turned {
            message =
                report.silent.contains(turned) ? "A simulcast layer has stopped" : "A simulcast layer is back"
            metadata["video.changed"] = "\(Self.text(of: turned, in: report))"
        } else {
            message =
                report.isWhole
                ? "Simulcast layers found; all are forwarded" : "Simulcast layers found; the best one is forwarded"
            metadata["video.layers"] = "\(report.layers.map(Self.text).joined(separator: ", "))"
            if report.layers.count < report.offered { metadata["video.offered"] = "\(report.offered)" }
        }
        guard !report.isWhole else { return }
        metadata["video.forwarded"] = "\(Self.text(of: report.forwarded, in: report))"
    }

    private static func text(of encoding: EncodingIndex, in report: LayerReport) -> String {
        report[encoding].map(Self.text) ?? "layer \(encoding.rawValue)"
    }

    /// The name of a layer and what is known of it: its size, or else its bit rate.
    private static func text(_ layer: LayerReport.Layer) -> String {
        let name = layer.rid ?? "layer \(layer.encoding.rawValue)"
        if let size = layer.size { return "\(name) \(size)" }
        return layer.bitrate.map { "\(name) \(Int($0 / 1_000)) kbit/s" } ?? name
    }
}
