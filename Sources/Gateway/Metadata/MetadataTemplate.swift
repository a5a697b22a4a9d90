// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPKit
import SkyWay

/// A text of metadata with places for what the gateway knows: `{resolution} by {encoder}`.
///
/// `{{` stands for a brace, and a brace that no letter follows for itself, so that JSON needs no care. In JSON what is
/// put in stays JSON: within a string it is escaped, and in the place of a value it is a number, a string or null.
package struct MetadataTemplate: Hashable, Sendable {
    /// The longest text, in bytes of UTF-8.
    package static let limit = 1_024

    private enum Part: Hashable, Sendable {
        case text(String)
        /// A fact; within a string of JSON, or else in the place of a value.
        case fact(MetadataFact, isInString: Bool)
    }

    /// As it was written.
    package let text: String
    private let parts: [Part]
    private let isJSON: Bool

    /// Reads a template.
    ///
    /// - Parameter text: as it was written.
    /// - Throws: what is wrong with it, in a sentence without an end.
    package init(_ text: String) throws(MetadataFlaw) {
        guard text.utf8.count <= Self.limit else { throw MetadataFlaw.tooLong(text) }
        self.text = text
        let pieces = try Self.pieces(of: text)
        // Facts may have been taken for values of JSON: with null in their places it has to be some.
        let marked = Self.marked(pieces)
        let unknown = Self.rendered(marked, isJSON: true) { _ in nil }
        isJSON = Self.isJSON(unknown)
        if !isJSON, text.firstMatch(of: /^\s*(\{\s*"|\[\s*[{"])/) != nil {
            throw MetadataFlaw("looks like JSON and is none; check its quotes, commas and braces")
        }
        parts = marked
    }

    /// The facts that it has places for.
    var facts: Set<MetadataFact> {
        Set(
            parts.compactMap { part in
                if case .fact(let fact, _) = part { fact } else { nil }
            }
        )
    }

    /// Whether the text changes while the same publisher goes on.
    package var changes: Bool { facts.contains(where: \.changes) }

    /// The text by what is known.
    ///
    /// - Parameters:
    ///   - facts: what is known.
    ///   - subject: what has the text.
    /// - Returns: the text; `nil` where it would be longer than metadata may be.
    func rendered(with facts: MetadataFacts, for subject: MetadataSubject) -> String? {
        let text = Self.rendered(parts, isJSON: isJSON) { facts.value(of: $0, for: subject) }
        return text.utf8.count <= Self.limit ? text : nil
    }
}

/// What is wrong with metadata that somebody gave, in a sentence without beginning and end.
package struct MetadataFlaw: Error, Hashable, Sendable {
    /// What, such as "has {size}, which is not known".
    package var reason: String

    init(_ reason: String) {
        self.reason = reason
    }

    static func tooLong(_ text: String) -> MetadataFlaw {
        MetadataFlaw(
            "is \(text.utf8.count) bytes long; it has to be of at most \(MetadataTemplate.limit) bytes of UTF-8"
        )
    }
}

extension MetadataTemplate {
    /// Takes a text apart, braces that stand for themselves being text.
    private static func pieces(of text: String) throws(MetadataFlaw) -> [Part] {
        var parts: [Part] = []
        var plain = ""
        var rest = text[...]
        while let brace = rest.firstIndex(of: "{") {
            plain += rest[..<brace]
            rest = rest[brace...].dropFirst()
            if rest.first == "{" {
                plain += "{"
                rest = rest.dropFirst()
            } else if let fact = try fact(at: &rest) {
                if !plain.isEmpty { parts.append(.text(plain)) }
                plain = ""
                parts.append(.fact(fact, isInString: false))
            } else {
                plain += "{"
            }
        }
        plain += rest
        if !plain.isEmpty { parts.append(.text(plain)) }
        return parts
    }

    /// Takes the name of a fact and its closing brace off a text; `nil` where no letter comes first.
    private static func fact(at rest: inout Substring) throws(MetadataFlaw) -> MetadataFact? {
        let name = rest.prefix { $0.isASCII && $0.isLetter }
        guard !name.isEmpty else { return nil }
        guard let fact = MetadataFact(rawValue: String(name)) else {
            throw MetadataFlaw(
                "has {\(name.prefix(40))}, which is not known; known are \(MetadataFact.names), and {{ is a brace"
            )
        }
        rest = rest[name.endIndex...]
        guard rest.first == "}" else { throw MetadataFlaw("has {\(name) without a } after it; {{ is a brace") }
        rest = rest.dropFirst()
        return fact
    }

    /// Marks the facts that stand within strings, as JSON has them.
    private static func marked(_ parts: [Part]) -> [Part] {
        var isInString = false
        return parts.map { part in
            switch part {
            case .fact(let fact, _): return .fact(fact, isInString: isInString)
            case .text(let text):
                var isEscaped = false
                for byte in text.utf8 {
                    if isEscaped {
                        isEscaped = false
                    } else if isInString, byte == UInt8(ascii: "\\") {
                        isEscaped = true
                    } else if byte == UInt8(ascii: "\"") {
                        isInString.toggle()
                    }
                }
                return part
            }
        }
    }

    private static func rendered(
        _ parts: [Part],
        isJSON: Bool,
        _ value: (MetadataFact) -> MetadataFacts.Value?
    ) -> String {
        parts.map { part in
            switch part {
            case .text(let text): text
            case .fact(let fact, let isInString):
                if isJSON { json(value(fact), isInString: isInString) } else { plain(value(fact)) }
            }
        }.joined()
    }

    private static func plain(_ value: MetadataFacts.Value?) -> String {
        switch value {
        case .text(let text): text
        case .number(let number): "\(number)"
        case nil: ""
        }
    }

    private static func json(_ value: MetadataFacts.Value?, isInString: Bool) -> String {
        switch value {
        case .text(let text):
            let quoted = JSONBody.text(text)
            return isInString ? String(quoted.dropFirst().dropLast()) : quoted
        case .number(let number): return "\(number)"
        case nil: return isInString ? "" : "null"
        }
    }

    private static func isJSON(_ text: String) -> Bool {
        switch try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)) {
        case .object, .array: !hasCommaAtEnd(text)
        default: false
        }
    }

    /// Whether a comma stands before a closing bracket or brace, which the decoder takes and viewers' don't.
    private static func hasCommaAtEnd(_ text: String) -> Bool {
        let bare = text.replacing(/"(?:[^"\\]|\\.)*"/, with: "")
        return bare.firstMatch(of: /,\s*[\]}]/) != nil
    }
}
