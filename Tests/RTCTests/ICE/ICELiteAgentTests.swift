// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

/// How the answering side treats requests: towards publishers, and as the local SFU (mediasoup's rules).
@Suite struct ICELiteAgentTests {
    private static let credentials = ICECredentials.test(1)
    private let peer = TransportAddress.test(1)

    /// A request and what becomes of it.
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var rules = ICERules.mediasoup
        var change: @Sendable (inout TestRequest) -> Void
        var drop: ICEDropReason?
        var error: STUNErrorCode?
    }

    private static let cases = [
        Case(testDescription: "complete") { _ in },
        Case(
            testDescription: "without fingerprint",
            change: { $0.hasFingerprint = false },
            drop: .missingFingerprint,
            error: .badRequest
        ),
        Case(
            testDescription: "without priority",
            change: { $0.priority = nil },
            drop: .missingPriority,
            error: .badRequest
        ),
        Case(testDescription: "priority zero", change: { $0.priority = 0 }, drop: .missingPriority, error: .badRequest),
        Case(
            testDescription: "without user name",
            change: { $0.username = nil },
            drop: .missingCredentials,
            error: .badRequest
        ),
        Case(
            testDescription: "without integrity",
            change: { $0.hasIntegrity = false },
            drop: .missingCredentials,
            error: .badRequest
        ),
        Case(
            testDescription: "user name of another",
            change: { $0.username = ("other", "peer") },
            drop: .unknownUsername,
            error: .unauthenticated
        ),
        Case(
            testDescription: "user name with ours as prefix",
            change: { $0.username?.remote += "x" },
            drop: .unknownUsername,
            error: .unauthenticated
        ),
        Case(
            testDescription: "another password",
            change: { $0.remote = .test(2) },
            drop: .integrityMismatch,
            error: .unauthenticated
        ),
        Case(
            testDescription: "controlled peer",
            change: { $0.role = .controlled(tieBreaker: 1) },
            drop: .roleConflict,
            error: .roleConflict
        ),
        Case(testDescription: "no role", change: { $0.role = nil }),
        Case(
            testDescription: "unknown attribute",
            change: { $0.extraAttributes = [0, 3, 0, 0] },
            drop: .unknownAttribute,
            error: .unknownAttribute
        ),
        Case(testDescription: "optional attribute", change: { $0.extraAttributes = [0xc0, 0x57, 0, 0] }),
        Case(
            testDescription: "FFmpeg 8.0",
            rules: .ingest,
            change: { ($0.priority, $0.role, $0.usesCandidate) = (nil, nil, true) }
        ),
        Case(testDescription: "ingest, no fingerprint", rules: .ingest, change: { $0.hasFingerprint = false }),
        Case(
            testDescription: "ingest, another password",
            rules: .ingest,
            change: { $0.remote = .test(2) },
            drop: .integrityMismatch,
            error: .unauthenticated
        ),
    ]

    @Test("Requests are carried out or refused by the rules", arguments: cases)
    func rules(testCase: Case) throws {
        var agent = ICELiteAgent(local: Self.credentials, rules: testCase.rules, at: .at(.zero))
        var request = TestRequest(to: Self.credentials)
        testCase.change(&request)
        #expect(agent.take(request.encoded(), from: peer, at: .at(.zero)) == testCase.drop)
        if let drop = testCase.drop { #expect(agent.counters[drop] == 1) }

        let answers = agent.drain()
        #expect(answers.count == 1)
        let answer = try #require(answers.first)
        #expect(answer.to == peer)
        let message = try STUNMessage(parsing: answer.bytes.span.bytes)
        #expect(message.transaction == request.transaction)
        #expect(message.hasFingerprint)
        #expect(message.errorCode == testCase.error)
        let isSigned = message.isAuthentic(password: Self.credentials.password, in: answer.bytes.span.bytes)
        let isAuthentic = [nil, .roleConflict, .unknownAttribute].contains(testCase.error)
        #expect(isSigned == isAuthentic)
        if testCase.error == nil {
            #expect(message.messageClass == .success)
            #expect(message.xorMappedAddress == peer)
            #expect(agent.selected == peer)
            #expect(agent.state == .connected)
        } else {
            #expect(agent.selected == nil)
            #expect(agent.state == .new)
            #expect(!agent.isKnown(peer))
        }
    }

    @Test("Responses, indications, other methods and garbage get no answer")
    func unanswered() {
        var agent = ICELiteAgent(local: Self.credentials, rules: .ingest, at: .at(.zero))
        var bytes = TestRequest(to: Self.credentials)
        bytes.hasFingerprint = false
        let request = bytes.encoded()
        let cases: [([UInt8], ICEDropReason)] = [
            ([0x01, 0x01] + request.dropFirst(2), .unexpectedMessage),
            ([0x00, 0x11] + request.dropFirst(2), .unexpectedMessage),
            ([0x00, 0x03] + request.dropFirst(2), .unknownMethod),
            (Array(request.dropLast()), .malformed),
            ([], .malformed),
        ]
        for (datagram, reason) in cases {
            #expect(agent.take(datagram, from: peer, at: .at(.zero)) == reason)
        }
        #expect(agent.drain().isEmpty)
    }

    @Test("An answer to a stranger is never longer than the request, and ten a second at most")
    func neverAmplifies() {
        var agent = ICELiteAgent(local: Self.credentials, rules: .mediasoup, at: .at(.zero))
        var bare = TestRequest(to: Self.credentials)
        (bare.username, bare.priority, bare.role, bare.hasIntegrity) = (nil, nil, nil, false)
        _ = agent.take(bare.encoded(), from: peer, at: .at(.zero))
        #expect(agent.drain().isEmpty)

        var foreign = TestRequest(to: Self.credentials)
        foreign.username = ("who", "me")
        let request = foreign.encoded()
        var answers = 0
        for count in 0..<100 {
            _ = agent.take(request, from: peer, at: .at(.milliseconds(count)))
            for answer in agent.drain() {
                answers += 1
                #expect(answer.bytes.count <= request.count)
            }
        }
        #expect(answers == 10)
        #expect(agent.counters[.unknownUsername] == 100)
        _ = agent.take(request, from: peer, at: .at(.seconds(2)))
        #expect(agent.drain().count == 1)
    }

    @Test("Answers that nobody fetches are bounded")
    func boundedAnswers() {
        var agent = ICELiteAgent(local: Self.credentials, rules: .ingest, at: .at(.zero))
        let request = TestRequest(to: Self.credentials).encoded()
        for _ in 0..<100 { _ = agent.take(request, from: peer, at: .at(.zero)) }
        #expect(agent.drain().count == 16)
        #expect(agent.counters[.tooManyRequests] == 84)
    }
}
