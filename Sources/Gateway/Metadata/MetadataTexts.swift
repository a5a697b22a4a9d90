// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import HTTPKit
package import SkyWay

/// Metadata as one place says them: a template for each thing that it says something about.
package struct MetadataTexts: Hashable, Sendable {
    private(set) var templates: [MetadataSubject: MetadataTemplate] = [:]

    /// Says nothing.
    package init() {}

    /// Reads them as JSON has them: an object of `channel`, `member`, `audio` and `video`, or a text for the member.
    ///
    /// Each is a text that is taken as it is, or any other JSON, of which the text is taken.
    ///
    /// - Parameter value: the JSON.
    /// - Throws: what is wrong, in a sentence without beginning and end.
    package init(_ value: JSONValue) throws(MetadataFlaw) {
        for (subject, value) in try Self.values(in: value) where value != .null { try set(value, of: subject) }
    }

    /// Whether nothing is said.
    package var isEmpty: Bool { templates.isEmpty }

    /// What something is said about.
    package var subjects: Set<MetadataSubject> { Set(templates.keys) }

    subscript(_ subject: MetadataSubject) -> MetadataTemplate? { templates[subject] }

    /// Says something about one thing; an empty text says that it has none.
    ///
    /// - Parameters:
    ///   - text: the template.
    ///   - subject: what has it.
    /// - Throws: what is wrong with it.
    package mutating func set(_ text: String, of subject: MetadataSubject) throws(MetadataFlaw) {
        do {
            templates[subject] = try MetadataTemplate(text)
        } catch {
            throw MetadataFlaw("of the \(subject.rawValue) \(error.reason)")
        }
    }

    private mutating func set(_ value: JSONValue, of subject: MetadataSubject) throws(MetadataFlaw) {
        if case .string(let text) = value { return try set(text, of: subject) }
        try set(JSONBody.text(value), of: subject)
    }

    /// Changes what JSON names, and takes back what is null there (RFC 7396).
    ///
    /// - Parameter value: an object, as above.
    /// - Throws: what is wrong; nothing is changed then.
    mutating func merge(_ value: JSONValue) throws(MetadataFlaw) {
        var merged = self
        for (subject, value) in try Self.values(in: value) {
            if value == .null { merged.templates[subject] = nil } else { try merged.set(value, of: subject) }
        }
        self = merged
    }

    /// Puts others over these.
    func overlaid(by others: MetadataTexts) -> MetadataTexts {
        var result = self
        result.templates.merge(others.templates) { $1 }
        return result
    }

    private static func values(in value: JSONValue) throws(MetadataFlaw) -> [(MetadataSubject, JSONValue)] {
        switch value {
        case .string: return [(.member, value)]
        case .object(let members):
            // In a fixed order, so that of several flaws the same is told.
            return try members.sorted { $0.key < $1.key }.map { name, value throws(MetadataFlaw) in
                guard let subject = MetadataSubject(rawValue: name) else {
                    throw MetadataFlaw("of \"\(name.prefix(40))\" is not known; there is \(MetadataSubject.names)")
                }
                return (subject, value)
            }
        default: throw MetadataFlaw("has to be a text, or an object of \(MetadataSubject.names)")
        }
    }
}

extension MetadataSubject {
    /// All names, for sentences about wrong ones.
    package static let names = allCases.map(\.rawValue).joined(separator: ", ")
}

extension Set<MetadataSubject> {
    /// Reads a list of names, separated by commas; `nil` where one is not known.
    package init?(listed text: String) {
        self = []
        for name in text.split(separator: ",") {
            guard let subject = MetadataSubject(rawValue: name.filter { $0 != " " }.lowercased()) else { return nil }
            insert(subject)
        }
    }
}
