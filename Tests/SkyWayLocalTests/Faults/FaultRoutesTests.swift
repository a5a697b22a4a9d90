// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPKit
import Testing

@testable import SkyWayLocal

@Suite("The fault knobs over HTTP", .timeLimit(.minutes(1)))
struct FaultRoutesTests {
    private static func post(_ server: LocalServer, _ json: String) async throws -> (status: Int, body: JSONValue?) {
        let answer = try await server.http("POST", "/local/faults", token: nil, json: json)
        return (answer.status, answer.body)
    }

    @Test("A fault is injected, listed, cleared by its id, and all are cleared together")
    func life() async throws {
        try await withLocalServer { server in
            let first = try await Self.post(server, #"{"fault":"lose-calls","method":"addMember","count":3}"#)
            #expect(first.status == 201)
            #expect(first.body?["id"] == 1)
            _ = try await Self.post(server, #"{"fault":"refuse-sockets","seconds":5}"#)
            let list = try await server.http("GET", "/local/faults", token: nil)
            #expect(list.headers["access-control-allow-origin"] == nil)
            #expect(list.body?["faults"]?.array?.map { $0["fault"] } == ["lose-calls", "refuse-sockets"])
            #expect(list.body?["faults"]?.array?.first?["remaining"] == 3)
            #expect(list.body?["faults"]?.array?.last?["until"] == .integer(server.clock.seconds * 1000 + 5000))
            #expect(try await server.http("DELETE", "/local/faults/1", token: nil).status == 204)
            #expect(try await server.http("DELETE", "/local/faults/1", token: nil).status == 404)
            #expect(server.faults.inForce.count == 1)
            #expect(try await server.http("DELETE", "/local/faults", token: nil).status == 204)
            #expect(server.faults.inForce.isEmpty)
        }
    }

    @Test("What is done at once is answered without an id")
    func atOnce() async throws {
        try await withLocalServer { server in
            try await server.withRPC { rpc in
                try await rpc.call("getServerUnixtime")
                let dropped = try await Self.post(server, #"{"fault":"drop-sockets","code":4001}"#)
                #expect(dropped.status == 200)
                #expect(dropped.body?["id"] == nil)
                #expect(await rpc.connection.closed().code == 4001)
            }
        }
    }

    @Test(
        "What does not fit is told in a problem document",
        arguments: [
            ("", 400, "not JSON"), ("{", 400, "not JSON"), ("[]", 400, "JSON object"), ("{}", 400, "drop-sockets"),
            (#"{"fault":"x"}"#, 400, "drop-sockets"),
            (#"{"fault":"lose-calls","method":"addMember","n":1}"#, 400, "method, count"),
            (#"{"fault":"lose-calls","method":"add"}"#, 400, "addMember"),
            (#"{"fault":"remove-member","member":"x"}"#, 404, "member"),
            (String(repeating: " ", count: 20_000), 413, "16384"),
        ]
    )
    func refusals(body: String, status: Int, detail: String) async throws {
        try await withLocalServer { server in
            let answer = try await server.http("POST", "/local/faults", token: nil, json: body)
            #expect(answer.status == status)
            #expect(answer.headers["content-type"] == "application/problem+json")
            #expect(answer.body?["detail"]?.string?.contains(detail) == true)
        }
    }

    @Test("There are no more than so many at a time")
    func bounded() async throws {
        try await withLocalServer { server in
            for _ in 0..<FaultTable.maximum { try await server.faults.inject(Fault(.expireTokens)) }
            #expect(try await Self.post(server, #"{"fault":"expire-tokens"}"#).status == 409)
        }
    }

    @Test("A fault that was configured is in force from the start on")
    func configured() async throws {
        let fault = try Fault(.failCalls, ["method": "getServerUnixtime", "code": 1])
        let body: @Sendable (LocalServer) async throws -> Void = { server in
            try await server.withRPC { rpc in
                await #expect(throws: RPCClient.Refusal(code: 1, inner: nil)) {
                    try await rpc.call("getServerUnixtime")
                }
                try await rpc.call("getServerUnixtime")
            }
        }
        try await withLocalServer(configure: { $0.faults = [fault] }, body)
    }

    @Test("Every fault is in the document with its fields, and no other")
    func document() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../")
        let text = try String(contentsOf: root.appending(path: "docs/faults.md"), encoding: .utf8)
        let rows = text.matches(of: /(?m)^\| `([a-z-]+)` \| (.*?) \| .*\|$/)
        #expect(Set(rows.map { String($0.1) }) == Set(Fault.Name.allCases.map(\.rawValue)))
        for row in rows {
            let name = try #require(Fault.Name(rawValue: String(row.1)))
            let described = Set(row.2.matches(of: /`([A-Za-z-]+)`/).map { String($0.1) })
            #expect(described == Set(FaultRule.rules[name, default: []].map(\.field.rawValue)), "\(name.rawValue)")
        }
        for example in text.matches(of: /skyway-whip-gateway fault ([a-z][^\n`]*)/) {
            let words: [String] = example.1.split(separator: " ").map { String($0) }
            #expect(throws: Never.self) { try Fault(words: words) }
        }
    }
}
