// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// What one check of the doctor has found.
package struct Diagnosis: Hashable, Sendable, Encodable {
    /// How it stands.
    package enum Status: String, Hashable, Sendable, CaseIterable, Encodable {
        /// It is as it should be.
        case ok
        /// It works, and could be better, or will go wrong later.
        case note
        /// It does not work.
        case problem
        /// It was not looked at; the detail says why.
        case skipped
    }

    /// What it belongs to: a heading.
    package var section: String
    /// What was looked at, in a word or two.
    package var check: String
    /// How it stands.
    package var status: Status
    /// What was found, or why nothing was looked for.
    package var detail: String
    /// What to do about it; `nil` where there is nothing to do.
    package var advice: String?
}

/// A diagnosis before it has its place.
struct Finding: Hashable, Sendable {
    let status: Diagnosis.Status
    let detail: String
    let advice: String?

    private init(_ status: Diagnosis.Status, _ detail: String, _ advice: String?) {
        self.status = status
        self.detail = detail
        self.advice = advice
    }

    static func ok(_ detail: String) -> Finding { Finding(.ok, detail, nil) }
    static func note(_ detail: String, advice: String) -> Finding { Finding(.note, detail, advice) }
    static func problem(_ detail: String, advice: String?) -> Finding { Finding(.problem, detail, advice) }
    static func skipped(_ reason: String) -> Finding { Finding(.skipped, reason, nil) }

    /// Whether what was looked at can be used.
    var isUsable: Bool { status == .ok || status == .note }
}
