// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// A strong entity tag (RFC 9110 §8.8.3).
package struct EntityTag: Hashable, Sendable {
    /// What stands between the quotes.
    package let opaque: String

    /// Makes a tag from what stands between its quotes.
    ///
    /// - Parameter opaque: printable ASCII without quotes.
    package init(_ opaque: String) {
        self.opaque = opaque
    }

    /// Draws a tag that no other is like: 128 bits from the system.
    package static func make() -> EntityTag {
        let words = (0..<2).map { _ in UInt64.random(in: .min ... .max) }
        return EntityTag(words.map { String($0, radix: 36) }.joined())
    }

    /// The tag as `ETag` has it.
    package var headerValue: String { "\"\(opaque)\"" }
}

/// The condition of an `If-Match` header (RFC 9110 §13.1.1), read as clients write it.
package enum EntityTagCondition: Hashable, Sendable {
    /// `*`, also in quotes, as RFC 9725 §4.3.3 prints it.
    case any
    /// One of these tags, without their quotes; weak ones are left out, since they never match.
    case oneOf([String])

    /// Reads the value of the header; `nil` where there is none.
    ///
    /// - Parameter ifMatch: the value, several headers joined by commas.
    package init?(ifMatch: String?) {
        guard let ifMatch, ifMatch.contains(where: { $0 != " " && $0 != "\t" }) else { return nil }
        let tags = Self.tags(in: ifMatch)
        self = tags.contains("*") ? .any : .oneOf(tags)
    }

    /// Whether the condition holds for a resource whose tag is this one.
    package func holds(for tag: EntityTag) -> Bool {
        switch self {
        case .any: true
        case .oneOf(let tags): tags.contains(tag.opaque)
        }
    }

    /// The tags of a list; what has no quotes, which is malformed, is taken as if it had.
    private static func tags(in list: String) -> [String] {
        var tags: [String] = []
        var rest = Substring(list)
        while true {
            rest = rest.drop { $0 == "," || $0 == " " || $0 == "\t" }
            guard !rest.isEmpty else { return tags }
            let isWeak = rest.hasPrefix("W/\"")
            if isWeak { rest = rest.dropFirst(2) }
            let isQuoted = rest.hasPrefix("\"")
            if isQuoted { rest = rest.dropFirst() }
            let tag = rest.prefix { isQuoted ? $0 != "\"" : $0 != "," }
            rest = rest.dropFirst(tag.count + (isQuoted ? 1 : 0))
            if !isWeak { tags.append(isQuoted ? String(tag) : String(tag.prefix { $0 != " " && $0 != "\t" })) }
        }
    }
}
