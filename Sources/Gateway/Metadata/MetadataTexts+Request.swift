// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPTypes
import Hummingbird
import SkyWay

/// How a request to publish says metadata: by `metadata`, `metadata.audio`, … in the query of its address, or by the
/// header fields `X-SkyWay-Metadata`, `X-SkyWay-Metadata-Audio`, …, which count first.
extension MetadataTexts {
    /// Reads what a request says.
    ///
    /// - Parameters:
    ///   - request: the request; an empty text in it says nothing.
    ///   - allowed: of what publishers may say the metadata.
    /// - Throws: `Refusal.malformedMetadata`, `Refusal.metadataNotAllowed`.
    init(sentWith request: Request, allowing allowed: Set<MetadataSubject>) throws(Refusal) {
        self.init()
        let words =
            try Self.words(inQuery: request.uri.query ?? "")
            + MetadataSubject.allCases.compactMap { subject in request.headers[subject.header].map { (subject, $0) } }
        for (subject, text) in words where !text.isEmpty {
            guard allowed.contains(subject) else { throw .metadataNotAllowed(subject) }
            do {
                try set(text, of: subject)
            } catch {
                throw .malformedMetadata(error)
            }
        }
    }

    private static func words(inQuery query: String) throws(Refusal) -> [(MetadataSubject, String)] {
        var words: [(MetadataSubject, String)] = []
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = decoded(parts[0]), name == prefix || name.hasPrefix(prefix + ".") else { continue }
            let subject = name == prefix ? .member : MetadataSubject(rawValue: String(name.dropFirst(prefix.count + 1)))
            guard let subject else {
                throw .malformedMetadata(
                    MetadataFlaw(
                        "by \(name.prefix(40)) is not known; the last word has to be one of \(MetadataSubject.names)"
                    )
                )
            }
            guard let text = parts.count == 2 ? decoded(parts[1]) : "" else {
                throw .malformedMetadata(MetadataFlaw("of the \(subject.rawValue) is not encoded as UTF-8 with %"))
            }
            words.append((subject, text))
        }
        return words
    }

    private static let prefix = "metadata"

    /// A part of a query, in which a plus stands for a space as forms write it.
    private static func decoded(_ text: Substring) -> String? {
        text.replacing("+", with: " ").removingPercentEncoding
    }
}

extension MetadataSubject {
    /// The header field by which a publisher says the metadata.
    var header: HTTPField.Name {
        let name = self == .member ? "X-SkyWay-Metadata" : "X-SkyWay-Metadata-\(rawValue.capitalized)"
        guard let name = HTTPField.Name(name) else { preconditionFailure("\(name) is a token") }
        return name
    }

    /// The header fields of all.
    static var headers: [HTTPField.Name] { allCases.map(\.header) }
}
