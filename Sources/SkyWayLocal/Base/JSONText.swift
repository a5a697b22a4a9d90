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

    /// How deep JSON from the network may be nested; no client's comes near.
    ///
    /// To read a value costs time in proportion to its depth, so that a short text of many deep values could keep a
    /// processor busy.
    static let maximumDepth = 32
    /// How many values JSON from the network may have; an SDK's longest message has some hundred.
    static let maximumValues = 4096

    /// Reads a value.
    ///
    /// - Parameters:
    ///   - type: the model to read.
    ///   - text: JSON text from the network.
    /// - Returns: the value.
    /// - Throws: `DecodingError` for anything that does not fit.
    static func decode<Value: Decodable>(_ type: Value.Type, from text: String) throws -> Value {
        try decode(type, from: Data(text.utf8))
    }

    /// Reads a value from the UTF-8 of a JSON text.
    static func decode<Value: Decodable>(_ type: Value.Type, from data: Data) throws -> Value {
        guard isModest(data) else {
            throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "too deep, or too many values"))
        }
        return try JSONDecoder().decode(type, from: data)
    }

    private static func isModest(_ text: Data) -> Bool {
        var (depth, values) = (0, 0)
        var (isInString, isEscaped) = (false, false)
        for byte in text {
            switch byte {
            case _ where isEscaped: isEscaped = false
            case UInt8(ascii: "\\") where isInString: isEscaped = true
            case UInt8(ascii: "\""): isInString.toggle()
            case _ where isInString: break
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                depth += 1
                values += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
            case UInt8(ascii: ","): values += 1
            default: break
            }
            if depth > maximumDepth || values > maximumValues { return false }
        }
        return true
    }
}
