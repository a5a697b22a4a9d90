// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Gateway
import Synchronization

/// Shows the doctor's checks as they are made: on a terminal each as soon as it begins, elsewhere when it is done.
final class DoctorReport: Sendable {
    private let isSilent: Bool
    private let isTerminal: Bool
    private let text: DiagnosisText
    private let isFirst = Mutex(true)

    /// Begins a report.
    ///
    /// - Parameter isSilent: whether nothing is shown.
    init(isSilent: Bool) {
        self.isSilent = isSilent
        let isTerminal = StandardOutput.isTerminal
        let environment = ProcessInfo.processInfo.environment
        // Without a TERM, or with a dumb one, nothing can be erased.
        self.isTerminal = isTerminal && !["", "dumb"].contains(environment["TERM", default: ""])
        // https://no-color.org: there, and not empty.
        text = DiagnosisText(
            isColoured: self.isTerminal && environment["NO_COLOR", default: ""].isEmpty,
            width: isTerminal ? Self.terminalWidth : nil
        )
    }

    /// How many characters the terminal has in a line; `nil` where it does not tell.
    private static var terminalWidth: Int? {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }

    /// Shows a step.
    func show(_ progress: Gateway.Doctor.Progress) {
        guard !isSilent else { return }
        switch progress {
        case .section(let heading):
            let isFirst = isFirst.withLock { isFirst in
                defer { isFirst = false }
                return isFirst
            }
            StandardOutput.say("\(isFirst ? "" : "\n")\(text.heading(heading))")
        case .began(let check):
            if isTerminal { StandardOutput.write(text.progress(check)) }
        case .ended(let diagnosis):
            // The line begins anew, and what stood there is erased (ECMA-48 EL).
            StandardOutput.say((isTerminal ? "\r\u{1b}[K" : "") + text.line(diagnosis))
        }
    }

    /// Says what it all comes to.
    func conclude(_ diagnoses: [Diagnosis]) { StandardOutput.say("\n\(text.summary(diagnoses))") }
}
