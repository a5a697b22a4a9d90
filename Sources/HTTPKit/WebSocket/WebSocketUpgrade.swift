// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
package import HummingbirdCore
package import NIOCore
package import NIOHTTP1
import NIOWebSocket

/// A request to upgrade, as the server's decision sees it.
package struct WebSocketUpgradeRequest: Sendable {
    package let uri: URI
    package let headers: HTTPHeaders
    package let remoteAddress: SocketAddress?

    /// The sub-protocols offered, in order, exactly as they came.
    package var subprotocols: [String] {
        headers[canonicalForm: "Sec-WebSocket-Protocol"].map(String.init)
    }

    /// The first query parameter of that name, percent-decoded.
    package func query(_ name: String) -> String? {
        uri.queryParameters[Substring(name)].map { $0.removingURLPercentEncoding() ?? String($0) }
    }

    init(head: HTTPRequestHead, remoteAddress: SocketAddress?) {
        self.uri = URI(head.uri)
        self.headers = head.headers
        self.remoteAddress = remoteAddress
    }
}

/// What a server does with a request to upgrade.
package enum WebSocketDecision: Sendable {
    /// Upgrades; `subprotocol` is echoed (a browser fails the connection when it offered one and gets none).
    case accept(subprotocol: String?, handler: @Sendable (WebSocketConnection) async -> Void)
    /// Refuses with this answer and closes the connection.
    case reject(Problem)
    /// Ends the connection without an answer.
    case drop
    /// Leaves the request to the HTTP router.
    case pass
}

/// The server's half of the opening handshake, RFC 6455 §4.2.
struct WebSocketUpgrade: Sendable {
    let head: HTTPRequestHead
    let channel: any Channel

    /// Nil when the request asks for no WebSocket, or brings a body along.
    init?(head: HTTPRequestHead, channel: any Channel) {
        let upgrade = head.headers[canonicalForm: "Upgrade"].first?.lowercased()
        let connection = head.headers[canonicalForm: "Connection"].map { $0.lowercased() }
        let hasBody =
            head.headers.contains(name: "Transfer-Encoding")
            || (head.headers.first(name: "Content-Length") ?? "0") != "0"
        guard head.method == .GET, upgrade == "websocket", connection.contains("upgrade"), !hasBody else { return nil }
        self.head = head
        self.channel = channel
    }

    var request: WebSocketUpgradeRequest {
        WebSocketUpgradeRequest(head: head, remoteAddress: channel.remoteAddress)
    }

    /// What is wrong with the handshake, RFC 6455 §4.2.1 and §4.4.
    var problem: Problem? {
        guard head.headers[canonicalForm: "Sec-WebSocket-Version"] == ["13"] else {
            var problem = Problem(.upgradeRequired, detail: "Only version 13 of the WebSocket protocol is spoken here.")
            problem.extraHeaders[values: .secWebSocketVersion] = ["13"]
            return problem
        }
        guard head.headers[canonicalForm: "Sec-WebSocket-Key"].count == 1 else {
            return Problem(.badRequest, detail: "The handshake has no Sec-WebSocket-Key.")
        }
        return nil
    }

    /// The 101 with its accept key; fails when key or version are not those of RFC 6455.
    func responseHead(subprotocol: String?) -> EventLoopFuture<HTTPResponseHead> {
        let upgrader = NIOWebSocketServerUpgrader(
            maxFrameSize: 0,
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture([:]) },
            upgradePipelineHandler: { channel, _ in channel.eventLoop.makeSucceededVoidFuture() }
        )
        return upgrader.buildUpgradeResponse(channel: channel, upgradeRequest: head, initialResponseHeaders: [:]).map {
            var headers = $0
            if let subprotocol { headers.add(name: "Sec-WebSocket-Protocol", value: subprotocol) }
            return HTTPResponseHead(version: .http1_1, status: .switchingProtocols, headers: headers)
        }
    }
}

/// The HTTP/1.1 handlers of a server's pipeline, which an upgrade takes out again.
struct HTTPServerCodec {
    private let encoder = HTTPResponseEncoder()
    private let decoder: ByteToMessageHandler<HTTPRequestDecoder>

    init(limits: HTTP1Channel.Configuration.DecoderConfiguration) {
        var configuration = NIOHTTPDecoderLimitConfiguration()
        configuration.maxHeaderFieldSize = limits.maxHeaderFieldSize
        configuration.maxHeaderListSize = limits.maxHeaderListSize
        configuration.maxHeaderFieldCount = limits.maxHeaderFieldCount
        let decoder = HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: configuration)
        self.decoder = ByteToMessageHandler(decoder)
    }

    func add(to pipeline: ChannelPipeline.SynchronousOperations) throws {
        try pipeline.addHandler(encoder)
        try pipeline.addHandler(decoder)
    }

    /// Bytes behind the request go on down the pipeline.
    func remove(from pipeline: ChannelPipeline) -> EventLoopFuture<Void> {
        let operations = pipeline.syncOperations
        return operations.removeHandler(decoder).and(operations.removeHandler(encoder)).map { _ in }
    }
}

extension StringProtocol {
    /// Decodes `%41` to `A`; nil when the result is not UTF-8.
    fileprivate func removingURLPercentEncoding() -> String? {
        var bytes: [UInt8] = []
        var iterator = utf8.makeIterator()
        while let byte = iterator.next() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = iterator.next(), let low = iterator.next(),
                let value = UInt8(String(decoding: [high, low], as: UTF8.self), radix: 16)
            else { return nil }
            bytes.append(value)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
