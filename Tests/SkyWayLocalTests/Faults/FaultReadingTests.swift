// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import Testing

@testable import SkyWayLocal

@Suite("What a fault may say")
struct FaultReadingTests {
    private static func error(_ document: JSONValue) -> FaultError? {
        do {
            _ = try Fault(document)
            return nil
        } catch {
            return error
        }
    }

    @Test("A fault is read with its defaults, and listed with all of its fields")
    func defaults() throws {
        let fault = try Fault(["fault": "fail-calls", "method": "addMember", "inner": 429001])
        #expect(
            fault.document == [
                "fault": "fail-calls", "method": "addMember", "count": 1, "status": 500, "code": -32603,
                "inner": 429001, "message": "This call was to fail.",
            ]
        )
        #expect(try Fault(.object(fault.document)) == fault)
    }

    @Test("Whatever does not fit is told with what does")
    func unfit() throws {
        #expect(Self.error(["method": "addMember"]) == .unnamed)
        #expect(Self.error("fail-calls") == .notAnObject)
        #expect(Self.error(["fault": 3]) == .unnamed)
        #expect(Self.error(["fault": "explode"]) == .unknown("explode"))
        #expect(
            Self.error(["fault": "expire-tokens", "count": 1]) == .unknownField("count", of: .expireTokens)
        )
        #expect(Self.error(["fault": "lose-calls"]) == .missing(.method, of: .loseCalls))
        #expect(Self.error(["fault": "lose-media"]) == .missingOne(of: [.incoming, .outgoing]))
        let names = "\(FaultError.unknown("explode"))"
        for name in Fault.Name.allCases { #expect(names.contains(name.rawValue)) }
        let fields = "\(FaultError.unknownField("colour", of: .capMedia))"
        for rule in FaultRule.rules[.capMedia, default: []] { #expect(fields.contains(rule.field.rawValue)) }
    }

    @Test(
        "Numbers out of range and values of another kind are refused",
        arguments: [
            ["fault": "lose-calls", "method": "addMember", "count": 0],
            ["fault": "lose-calls", "method": "addMember", "count": 1.5],
            ["fault": "lose-calls", "method": "addMember", "count": "two"],
            ["fault": "lose-calls", "method": "addMembers"],
            ["fault": "lose-calls", "method": 12],
            ["fault": "drop-sockets", "code": 999],
            ["fault": "lose-media", "incoming": 101],
            ["fault": "delay-events", "seconds": -1],
            ["fault": "reorder-events", "count": 1],
            ["fault": "refuse-sockets", "seconds": 1, "abrupt": "yes"],
            ["fault": "remove-member", "member": ""],
            ["fault": "ignore-stun", "direction": "both"],
        ] as [JSONValue]
    )
    func ranges(document: JSONValue) throws {
        guard case .unfit = Self.error(document) else {
            Issue.record("\(document): \(String(describing: Self.error(document)))")
            return
        }
    }

    @Test("The command line says the same in other words")
    func words() throws {
        let fault = try Fault(words: ["lose-media", "incoming=2.5", "seed=7", "member=12", "direction=sending"])
        #expect(
            try fault
                == Fault(.loseMedia, ["incoming": 2.5, "seed": 7, "member": "12", "direction": "sending"])
        )
        #expect(throws: FaultError.noField("everything")) { try Fault(words: ["lose-calls", "everything"]) }
        #expect(throws: FaultError.unnamed) { try Fault(words: []) }
        #expect(throws: FaultError.self) { try Fault(lasting: ["drop-sockets"]) }
    }

    @Test("Calls of the SFU API go by their names and their numbers")
    func calls() throws {
        #expect(CallName.resolve("11") == "confirmSubscription")
        #expect(CallName.resolve("1") == "createBot")
        let named = [
            ("POST", "/v4/bots"), ("DELETE", "/v4/bots/b"), ("POST", "/v4/bots/b/forwardings"),
            ("DELETE", "/v4/bots/b/forwardings/f"), ("PUT", "/v4/bots/b/forwardings/f/transports/producers"),
            ("GET", "/v4/bots/b/forwardings/f/transports/rtp-capabilities"),
            ("POST", "/v4/bots/b/forwardings/f/transports/consumers"), ("PUT", "/v4/transports/connections"),
            ("PUT", "/v4/transports/connections/ice"), ("PUT", "/v4/transports/consumers/c/layers"),
            ("POST", "/v4/confirm-subscription"),
        ]
        #expect(named.map { CallName.rest(method: $0.0, path: $0.1) } == CallName.sfuCalls)
        #expect(CallName.rest(method: "POST", path: "/v1/ice-params") == "iceParams")
        for other in ["/v4", "/v4/bots/b/c", "/local/state", "/v2/bots"] {
            #expect(CallName.rest(method: "POST", path: other) == nil)
        }
    }

    @Test("Every method of the RTC API can be named", arguments: CallName.methods)
    func methods(method: String) throws {
        let request = RPCRequest(parsing: #"{"jsonrpc":"2.0","method":"\#(method)","params":{},"id":1}"#)
        #expect(request.method == method)
        if case .failure(let error) = request.call { #expect(error != .unknownMethod) }
    }
}
