// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Metrics in Prometheus' text format, version 0.0.4.
struct MetricsText: Sendable {
    /// What a family of metrics is.
    enum Kind: String, Sendable {
        /// Never falls; its name ends with `_total`.
        case counter
        case gauge
        case histogram
    }

    /// Names and values that tell the metrics of a family apart.
    typealias Labels = KeyValuePairs<String, String>

    /// The content type.
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// What was written so far.
    private(set) var text = ""

    /// Makes an empty text.
    init() {}

    /// Begins a family; its metrics follow.
    ///
    /// - Parameters:
    ///   - name: its name.
    ///   - kind: what it is.
    ///   - help: what it tells, in a sentence.
    mutating func family(_ name: String, _ kind: Kind, _ help: String) {
        text += "# HELP \(name) \(Self.escaped(help))\n# TYPE \(name) \(kind.rawValue)\n"
    }

    /// Writes one metric.
    mutating func metric(_ name: String, _ labels: Labels = [:], _ value: Double) {
        text += name
        if !labels.isEmpty {
            let pairs = labels.map { "\($0.key)=\"\(Self.escaped($0.value, quotes: true))\"" }
            text += "{\(pairs.joined(separator: ","))}"
        }
        text += " \(Self.number(value))\n"
    }

    /// Writes one metric that is a count.
    mutating func metric(_ name: String, _ labels: Labels = [:], _ value: UInt64) {
        metric(name, labels, Double(value))
    }

    /// Writes a family of one metric without labels.
    mutating func single(_ name: String, _ kind: Kind, _ help: String, _ value: Double) {
        family(name, kind, help)
        metric(name, [:], value)
    }

    private static func number(_ value: Double) -> String {
        if value == .infinity { return "+Inf" }
        if value == -.infinity { return "-Inf" }
        if value.isNaN { return "NaN" }
        return Int64(exactly: value).map { "\($0)" } ?? "\(value)"
    }

    private static func escaped(_ text: String, quotes: Bool = false) -> String {
        var escaped = text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
        if quotes { escaped = escaped.replacing("\"", with: "\\\"") }
        return escaped
    }
}
