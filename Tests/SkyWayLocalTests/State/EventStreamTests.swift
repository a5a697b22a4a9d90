// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import HTTPKit
import NIOCore
import NIOHTTP1
import RTCDriver
import Testing

@testable import SkyWayLocal

@Suite("The stream of events", .timeLimit(.minutes(1)))
struct EventStreamTests {
    /// Reads the stream until enough of a text has come.
    private static func read(
        _ server: LocalServer,
        until end: String,
        times: Int = 1,
        after last: String? = nil,
        meanwhile: @escaping @Sendable () async throws -> Void = {}
    ) async throws -> String {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(server.port)/local/events")
        if let last { request.headers.add(name: "Last-Event-ID", value: last) }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
        #expect(response.headers.first(name: "content-type") == "text/event-stream")
        #expect(response.headers.first(name: "access-control-allow-origin") == nil)
        var text = ""
        var hasBegun = false
        for try await part in response.body {
            text += String(buffer: part)
            if !hasBegun, text.contains("\n\n") {
                hasBegun = true
                try await meanwhile()
            }
            if text.ranges(of: end).count >= times { break }
        }
        return text
    }

    private static func names(_ text: String) -> [Substring] {
        text.split(separator: "\n").filter { $0.hasPrefix("event: ") }.map { $0.dropFirst(7) }
    }

    @Test("It tells sockets, channels, faults and transports as they come, and again to who comes back")
    func stream() async throws {
        try await withMediaServer { server in
            let text = try await Self.read(server, until: #""state":"connected""#) {
                try await MediaClient.run { client in
                    try await server.withRPC { rpc in
                        try await rpc.call("getServerUnixtime")
                        let id = try #require(try await server.faults.inject(Fault(.expireTokens)))
                        await server.faults.clear(id)
                        let broadcast = try await Broadcast.start(rpc, on: server, client: client)
                        while try await !broadcast.session.statistics().isConnected {
                            try await Task.sleep(for: .milliseconds(2))
                        }
                    }
                }
            }
            let names = Self.names(text)
            #expect(names.prefix(4) == ["connection", "fault-set", "fault-cleared", "channel"])
            for type in ["ChannelCreated", "MemberAdded", "StreamPublished"] { #expect(text.contains(type)) }
            #expect(text.contains("event: transport\n"))
            let again = try await Self.read(server, until: "id: 4\n", after: "2")
            #expect(again.hasPrefix(": hello\n\nid: 3\nevent: fault-cleared\n"))
        }
    }

    @Test("A heartbeat comes by the server's clock")
    func heartbeat() async throws {
        try await withLocalServer { server in
            let text = try await server.clock.pass { try await Self.read(server, until: "still here") }
            #expect(text.hasPrefix(": hello\n\n: still here\n\n"))
        }
    }

    @Test("A fault that is used up or whose time is over is told")
    func ended() async throws {
        try await withLocalServer { server in
            let text = try await Self.read(server, until: "event: fault-cleared\n", times: 2) {
                try await server.faults.inject(Fault(.failCalls, ["method": "iceParams"]))
                _ = try await server.http("POST", "/v1/ice-params", token: nil, json: "{}")
                try await server.faults.inject(Fault(.refuseSockets, ["seconds": 5]))
                server.clock.advance(seconds: 5)
                while !server.faults.inForce.isEmpty { try await Task.sleep(for: .milliseconds(2)) }
            }
            #expect(Self.names(text) == ["fault-set", "fault-cleared", "fault-set", "fault-cleared"])
        }
    }
}
