// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import Testing

@testable import SkyWayLocal

@Suite("How much is asked of a server")
struct ServerTrafficTests {
    @Test("The peak is the most in any second, wherever that begins")
    func peak() {
        var count = RequestCount()
        for moment in [0, 500, 900, 999, 1000, 1400, 1899, 5000] as [Int64] { count.add(at: moment) }
        #expect(count.total == 8)
        // From 500 to 1400.
        #expect(count.peak == 5)
    }

    @Test("A long time is counted in little memory, with the same peak as request by request")
    func long() {
        var count = RequestCount()
        for second in 0..<1000 as Range<Int64> {
            for number in 0..<20 as Range<Int64> { count.add(at: second * 1000 + number) }
        }
        #expect(count.total == 20_000)
        #expect(count.peak == 20)
    }

    @Test("Sockets and calls of both kinds are counted and shown")
    func shown() async throws {
        try await withLocalServer { server in
            try await server.withRPC { rpc in
                let studio = try await Studio.open(rpc, on: server)
                try await studio.produce(on: server, token: rpc.token)
                let state = try #require(try await server.http("GET", "/local/state", token: nil).body)
                let traffic = try #require(state["traffic"])
                #expect(traffic["sockets"]?["total"] == 1 && traffic["sockets"]?["peak"] == 1)
                for kind in ["calls", "rest"] {
                    let total = try #require(traffic[kind]?["total"]?.integer)
                    #expect(total >= 3)
                    #expect(traffic[kind]?["peak"]?.integer.map { (1...total).contains($0) } == true)
                }
            }
        }
    }
}
