// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOWebSocket

/// A breach of RFC 6455 by the peer, with the status code that ends the connection.
struct WebSocketViolation: Error, Hashable {
    var code: UInt16
    var reason: String
}

/// Turns frames into messages: order of fragments, size, text encoding, masking and reserved bits.
struct WebSocketAssembler {
    /// What one frame means to the connection.
    enum Event: Hashable {
        case message(WebSocketMessage)
        case ping(ByteBuffer)
        case pong
        case close(code: UInt16, reason: String)
        /// A fragment was kept; its message is not complete.
        case incomplete
    }

    private let isServer: Bool
    private let maximumMessageSize: Int
    private let acceptsBinary: Bool
    private var partial: (isText: Bool, data: ByteBuffer)?

    init(isServer: Bool, configuration: WebSocketConfiguration) {
        self.isServer = isServer
        self.maximumMessageSize = configuration.maximumMessageSize
        self.acceptsBinary = configuration.acceptsBinary
    }

    mutating func receive(_ frame: WebSocketFrame) throws(WebSocketViolation) -> Event {
        // RFC 6455 §5.1: a client masks every frame, a server none.
        guard (frame.maskKey != nil) == isServer else {
            throw WebSocketViolation(code: 1002, reason: isServer ? "frame is not masked" : "frame is masked")
        }
        guard !frame.rsv1, !frame.rsv2, !frame.rsv3 else {
            throw WebSocketViolation(code: 1002, reason: "reserved bit set without an extension")
        }
        switch frame.opcode {
        case .text, .binary: return try begin(frame)
        case .continuation: return try resume(frame)
        case .ping: return .ping(frame.unmaskedData)
        case .pong: return .pong
        case .connectionClose: return try close(frame.unmaskedData)
        default: throw WebSocketViolation(code: 1002, reason: "unknown opcode")
        }
    }

    private mutating func begin(_ frame: WebSocketFrame) throws(WebSocketViolation) -> Event {
        guard partial == nil else {
            throw WebSocketViolation(code: 1002, reason: "new message inside a fragmented one")
        }
        let isText = frame.opcode == .text
        guard isText || acceptsBinary else {
            throw WebSocketViolation(code: 1003, reason: "binary messages are not understood here")
        }
        let data = frame.unmaskedData
        try check(size: data.readableBytes)
        guard frame.fin else {
            partial = (isText, data)
            return .incomplete
        }
        return .message(try message(isText: isText, data))
    }

    private mutating func resume(_ frame: WebSocketFrame) throws(WebSocketViolation) -> Event {
        guard let (isText, kept) = partial else {
            throw WebSocketViolation(code: 1002, reason: "continuation of nothing")
        }
        partial = nil
        var data = kept
        var fragment = frame.unmaskedData
        try check(size: data.readableBytes + fragment.readableBytes)
        data.writeBuffer(&fragment)
        guard frame.fin else {
            partial = (isText, data)
            return .incomplete
        }
        return .message(try message(isText: isText, data))
    }

    private func check(size: Int) throws(WebSocketViolation) {
        guard size <= maximumMessageSize else {
            throw WebSocketViolation(code: 1009, reason: "message over \(maximumMessageSize) bytes")
        }
    }

    private func message(isText: Bool, _ data: ByteBuffer) throws(WebSocketViolation) -> WebSocketMessage {
        guard isText else { return .binary(data) }
        guard let text = String(validating: data.readableBytesView, as: UTF8.self) else {
            throw WebSocketViolation(code: 1007, reason: "text is not UTF-8")
        }
        return .text(text)
    }

    /// RFC 6455 §5.5.1: an empty body, or a code and a reason in UTF-8.
    private func close(_ body: ByteBuffer) throws(WebSocketViolation) -> Event {
        var body = body
        guard body.readableBytes > 0 else { return .close(code: WebSocketCloseCode.noStatus, reason: "") }
        guard let code = body.readInteger(as: UInt16.self), WebSocketCloseCode.mayBeReceived(code) else {
            throw WebSocketViolation(code: 1002, reason: "invalid close code")
        }
        guard let reason = String(validating: body.readableBytesView, as: UTF8.self) else {
            throw WebSocketViolation(code: 1007, reason: "close reason is not UTF-8")
        }
        return .close(code: code, reason: reason)
    }
}
