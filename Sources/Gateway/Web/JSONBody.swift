// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPKit
import Hummingbird
import NIOCore

/// JSON as the gateway writes it: the same value is always the same text.
enum JSONBody {
    /// Writes a value.
    static func encode(_ value: some Encodable) -> ByteBuffer {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return ByteBuffer(bytes: (try? encoder.encode(value)) ?? Data("{}".utf8))
    }

    /// Writes a value as text, on one line.
    static func text(_ value: some Encodable) -> String { String(buffer: encode(value)) }

    /// The answer with a value as JSON; it is not to be kept.
    static func response(of value: some Encodable) -> Response { response(encode(value)) }

    /// The answer with JSON that is written already; it is not to be kept.
    static func response(_ json: ByteBuffer) -> Response {
        Response(
            status: .ok,
            headers: [.contentType: MediaType.json, .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: json)
        )
    }
}
