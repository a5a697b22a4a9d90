// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPKit
import Testing

/// JSON as the protocol page shows it, with `<uuid>`, `<string>`, `<integer>`, `<array>` and `<object>` for what differs
/// from run to run.
///
/// Every key that is shown must be there, and no other: what our own models would leave out or add is seen.
struct JSONShape {
    private let shape: JSONValue

    init(_ text: String) throws {
        shape = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
    }

    /// Where a value is another than the shape, in words; empty where it fits.
    func differences(from value: JSONValue?) -> [String] { Self.differences(value, shape, at: "$") }

    private static func differences(_ value: JSONValue?, _ shape: JSONValue, at path: String) -> [String] {
        guard let value else { return ["\(path) is missing"] }
        switch (shape, value) {
        case (.string("<uuid>"), .string(let text)) where UUID(uuidString: text) != nil: return []
        case (.string("<string>"), .string), (.string("<integer>"), .integer), (.string("<array>"), .array),
            (.string("<object>"), .object):
            return []
        case (.object(let expected), .object(let members)):
            return Set(expected.keys).union(members.keys).sorted().flatMap { key in
                guard let shape = expected[key] else { return ["\(path).\(key) is not expected"] }
                return differences(members[key], shape, at: "\(path).\(key)")
            }
        case (.array(let expected), .array(let elements)) where expected.count == elements.count:
            return expected.indices.flatMap { differences(elements[$0], expected[$0], at: "\(path)[\($0)]") }
        default:
            return value == shape ? [] : ["\(path) is \(value), not \(shape)"]
        }
    }
}
