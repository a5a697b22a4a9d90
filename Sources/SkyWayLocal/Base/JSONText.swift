// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// How this server writes and reads JSON text, in one place.
enum JSONText {
    /// Writes a value; our own models cannot fail to encode.
    ///
    /// - Parameter value: one of this target's wire models.
    /// - Returns: the JSON text.
    static func encode(_ value: some Encodable) -> String {
        String(decoding: encodeBytes(value), as: UTF8.self)
    }

    /// Writes a value as bytes.
    ///
    /// - Parameter value: one of this target's wire models.
    /// - Returns: the UTF-8 of the JSON text.
    static func encodeBytes(_ value: some Encodable) -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        do {
            return try encoder.encode(value)
        } catch {
            preconditionFailure("A wire model failed to encode: \(error)")
        }
    }

    /// Reads a value.
    ///
    /// - Parameters:
    ///   - type: the model to read.
    ///   - text: JSON text from the network.
    /// - Returns: the value.
    /// - Throws: `DecodingError` for anything that does not fit.
    static func decode<Value: Decodable>(_ type: Value.Type, from text: String) throws -> Value {
        try JSONDecoder().decode(type, from: Data(text.utf8))
    }
}
