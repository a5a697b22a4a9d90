// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// How diagnoses are written for a person: one line for each, what to do about it below.
package struct DiagnosisText: Sendable {
    /// The widths of the columns.
    private static let widths = (status: 9, check: 17)
    /// Whether the status is coloured (ANSI X3.64).
    private let isColoured: Bool
    /// How long a line may be; `nil` for as long as it is.
    private let width: Int?

    /// Chooses how to write.
    ///
    /// - Parameters:
    ///   - isColoured: whether the status is coloured, as a terminal can show it.
    ///   - width: how many characters a line may have, where it is not to be broken by whoever shows it.
    package init(isColoured: Bool = false, width: Int? = nil) {
        self.isColoured = isColoured
        self.width = width
    }

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
        let indent = 2 + Self.widths.status + Self.widths.check
        let detail = broken(diagnosis.detail, indent: indent)
        let line = "  \(coloured)\(Self.pad(diagnosis.check, Self.widths.check))\(detail)"
        guard let advice = diagnosis.advice else { return line }
        let arrow = "  \(Self.pad("", Self.widths.status))→ "
        return "\(line)\n\(arrow)\(broken(advice, indent: arrow.count))"
    }

    /// A text whose lines end at spaces and begin below each other.
    private func broken(_ text: String, indent: Int) -> String {
        guard let width, width >= indent + 30 else { return text }
        var lines = [""]
        for word in text.split(separator: " ", omittingEmptySubsequences: false) {
            let last = lines[lines.count - 1]
            if last.isEmpty {
                lines[lines.count - 1] = String(word)
            } else if indent + last.count + 1 + word.count <= width {
                lines[lines.count - 1] = "\(last) \(word)"
            } else {
                lines.append(String(word))
            }
        }
        return lines.joined(separator: "\n" + String(repeating: " ", count: indent))
    }

    /// What all of them come to.
    package func summary(_ diagnoses: [Diagnosis]) -> String {
        let counts = Diagnosis.Status.allCases.map { status in diagnoses.count { $0.status == status } }
        let (fine, notes, problems, skipped) = (counts[0], counts[1], counts[2], counts[3])
        let parts = [
            problems > 0 ? "\(problems) problem\(problems == 1 ? "" : "s")" : nil,
            "\(fine) ok",
            notes > 0 ? "\(notes) note\(notes == 1 ? "" : "s")" : nil,
            skipped > 0 ? "\(skipped) skipped" : nil,
        ]
        let verdict = problems == 0 ? "All is well" : "Something is wrong"
        return "\(verdict): \(parts.compactMap(\.self).joined(separator: ", "))."
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
