// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit

/// Reading an answer part by part; what is not there is null.
extension JSONValue {
    /// A member of an object.
    subscript(name: String) -> JSONValue {
        if case .object(let fields) = self { fields[name] ?? .null } else { .null }
    }

    /// The elements of an array.
    var elements: [JSONValue] { if case .array(let elements) = self { elements } else { [] } }

    /// A text.
    var text: String? { if case .string(let text) = self { text } else { nil } }

    /// A number.
    var number: Double? {
        switch self {
        case .integer(let number): Double(number)
        case .number(let number): number
        default: nil
        }
    }

    /// A whole number; 0 where there is none.
    var count: Int { number.map { Int($0) } ?? 0 }
}
