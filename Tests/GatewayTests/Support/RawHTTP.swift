// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import Testing

/// A response as it is on the wire.
struct RawResponse {
    let status: Int
    /// The header lines as written.
    let headers: [String]
    let body: String

    /// The values of a header, whatever the case of its name.
    func values(_ name: String) -> [String] {
        headers.compactMap { line in
            guard let colon = line.firstIndex(of: ":"), line[..<colon].lowercased() == name.lowercased() else {
                return nil
            }
            return String(line[line.index(after: colon)...].drop { $0 == " " })
        }
    }

    /// The only value of a header.
    subscript(name: String) -> String? {
        let values = values(name)
        return values.count == 1 ? values[0] : nil
    }

    /// The last part of the type of a problem document.
    var problem: String? {
        guard self["Content-Type"] == "application/problem+json",
            let match = body.firstMatch(of: /"type":"urn:skyway-whip-gateway:problem:([a-z0-9-]+)"/)
        else { return nil }
        return String(match.1)
    }
}

/// Sends bytes to a TCP port as they are, and reads what comes back.
enum RawHTTP {
    /// Sends a request on a connection of its own.
    ///
    /// - Parameters:
    ///   - request: the whole request.
    ///   - port: a port of loopback.
    /// - Returns: the response.
    /// - Throws: where there is none.
    static func send(_ request: String, to port: Int) async throws -> RawResponse {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: request))
            var received = ByteBuffer()
            for try await part in inbound {
                received.writeImmutableBuffer(part)
                if let response = parse(String(buffer: received), isHead: request.hasPrefix("HEAD ")) {
                    return response
                }
            }
            let response = parse(String(buffer: received), isHead: true)
            return try #require(response, "\(String(buffer: received).prefix(200))")
        }
    }

    /// A request with a body and the headers that every client sends.
    static func request(
        _ method: String,
        _ path: String,
        _ headers: [String] = [],
        body: String? = nil
    ) -> String {
        var lines = ["\(method) \(path) HTTP/1.1", "Host: 127.0.0.1"] + headers
        if let body { lines.append("Content-Length: \(body.utf8.count)") }
        return lines.map { $0 + "\r\n" }.joined() + "\r\n" + (body ?? "")
    }

    /// The response, once it is whole.
    private static func parse(_ text: String, isHead: Bool) -> RawResponse? {
        guard let end = text.firstRange(of: "\r\n\r\n") else { return nil }
        let lines = text[..<end.lowerBound].split(separator: "\r\n").map { String($0) }
        let words = lines.first?.split(separator: " ") ?? []
        guard words.count >= 2, words[0] == "HTTP/1.1", let status = Int(words[1]) else { return nil }
        let response = RawResponse(
            status: status,
            headers: Array(lines.dropFirst()),
            body: String(text[end.upperBound...])
        )
        let length = response["Content-Length"].flatMap { Int($0) } ?? 0
        return isHead || response.body.utf8.count >= length ? response : nil
    }
}
