// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// How diagnoses are written for a person: one line for each, what to do about it below.
package struct DiagnosisText: Sendable {
    /// The widths of the columns.
    private static let widths = (status: 9, check: 16)
    /// Whether the status is coloured (ANSI X3.64).
    private let isColoured: Bool

    /// Chooses how to write.
    ///
    /// - Parameter isColoured: whether the status is coloured, as a terminal can show it.
    package init(isColoured: Bool = false) { self.isColoured = isColoured }

    /// The heading of a section.
    package func heading(_ section: String) -> String {
        isColoured ? "\u{1b}[1m\(section)\u{1b}[0m" : section
    }

    /// What stands where a diagnosis will, while its check runs.
    package func progress(_ check: String) -> String { "  \(Self.pad("…", Self.widths.status))\(check)" }

    /// A diagnosis.
    package func line(_ diagnosis: Diagnosis) -> String {
        let status = Self.pad(diagnosis.status.rawValue, Self.widths.status)
        let coloured = isColoured ? "\u{1b}[\(Self.colour(diagnosis.status))m\(status)\u{1b}[0m" : status
        let line = "  \(coloured)\(Self.pad(diagnosis.check, Self.widths.check))\(diagnosis.detail)"
        guard let advice = diagnosis.advice else { return line }
        return "\(line)\n  \(Self.pad("", Self.widths.status))→ \(advice)"
    }

    /// What all of them come to.
    package func summary(_ diagnoses: [Diagnosis]) -> String {
        let counts = Diagnosis.Status.allCases.map { status in diagnoses.count { $0.status == status } }
        let (fine, notes, problems, skipped) = (counts[0], counts[1], counts[2], counts[3])
        let parts = [
            problems > 0 ? "\(problems) problem\(problems == 1 ? "" : "s")" : nil,
            notes > 0 ? "\(notes) note\(notes == 1 ? "" : "s")" : nil,
            skipped > 0 ? "\(skipped) skipped" : nil,
            "\(fine) ok",
        ]
        return "\(problems == 0 ? "All is well" : "Something is wrong"): \(parts.compactMap(\.self).joined(separator: ", "))."
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }

    /// Green, yellow, red, grey.
    private static func colour(_ status: Diagnosis.Status) -> Int {
        switch status {
        case .ok: 32
        case .note: 33
        case .problem: 31
        case .skipped: 90
        }
    }
}
