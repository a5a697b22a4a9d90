// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import Testing

@Suite("ICE sessions as HTTP sees them")
struct ICEResourceTests {
    private let tag = EntityTag("xyzzy")

    @Test(
        "If-Match is read as clients write it, and compared strongly",
        arguments: [
            (#""xyzzy""#, true), (#""a", "xyzzy""#, true), (#""a,b","xyzzy""#, true), (#"*"#, true), (#""*""#, true),
            (#" * "#, true), (#"xyzzy"#, true), (#""a""#, false), (#"W/"xyzzy""#, false), (#"W/"a", "xyzzy""#, true),
            (#""xyzzy"#, true), (#""a xyzzy""#, false), (#"null"#, false), (#""""#, false), (#""xyzzy,""#, false),
        ]
    )
    func condition(header: String, holds: Bool) throws {
        let condition = try #require(EntityTagCondition(ifMatch: header))
        #expect(condition.holds(for: tag) == holds)
    }

    @Test("No header, and an empty one, are no condition", arguments: [nil, "", " ", "\t"])
    func noCondition(header: String?) {
        #expect(EntityTagCondition(ifMatch: header) == nil)
    }

    @Test("Each tag is another, quoted, and strong")
    func tags() {
        let tags = (0..<100).map { _ in EntityTag.make().headerValue }
        #expect(Set(tags).count == tags.count)
        #expect(tags.allSatisfy { $0.wholeMatch(of: /"[0-9a-z]{12,}"/) != nil })
    }

    /// What a PATCH is taken for; `nil` where it is refused.
    private func judge(
        _ resource: ICEResource,
        _ peer: String?,
        _ ifMatch: String?,
        isStrict: Bool = false
    ) -> Result<ICEResource.Request, ICEResource.Refusal> {
        Result { () throws(ICEResource.Refusal) in
            let condition = EntityTagCondition(ifMatch: ifMatch)
            return try resource.judge(peer: peer, condition: condition, isStrict: isStrict)
        }
    }

    @Test("The user name fragment tells candidates from a restart, whatever the header says")
    func byFragment() {
        let resource = ICEResource(peer: "one", tag: tag)
        for header in [nil, "*", #""*""#, #""xyzzy""#] {
            #expect(judge(resource, "one", header) == .success(.trickle))
            #expect(judge(resource, nil, header) == .success(.trickle))
            #expect(judge(resource, "two", header) == .success(.restart))
        }
    }

    @Test("A tag that does not match is refused always", arguments: [true, false])
    func mismatch(isStrict: Bool) {
        let resource = ICEResource(peer: "one", tag: tag)
        for peer in ["one", "two", nil] {
            #expect(judge(resource, peer, #""other""#, isStrict: isStrict) == .failure(.preconditionFailed))
        }
    }

    @Test("Strictly, a header and credentials are needed")
    func strict() {
        let resource = ICEResource(peer: "one", tag: tag)
        #expect(judge(resource, "one", nil, isStrict: true) == .failure(.preconditionRequired))
        #expect(judge(resource, "two", nil, isStrict: true) == .failure(.preconditionRequired))
        #expect(judge(resource, nil, "*", isStrict: true) == .failure(.missingCredentials))
        #expect(judge(resource, "one", #""xyzzy""#, isStrict: true) == .success(.trickle))
        #expect(judge(resource, "two", "*", isStrict: true) == .success(.restart))
    }

    @Test("After a restart the former tag and the former fragment are out of date")
    func restarted() {
        var resource = ICEResource(peer: "one", tag: tag)
        resource.restart(peer: "two")
        #expect(resource.tag != tag)
        #expect(judge(resource, "two", resource.tag.headerValue) == .success(.trickle))
        #expect(judge(resource, "two", tag.headerValue) == .failure(.preconditionFailed))
        // Candidates that a restart has overtaken begin no restart of their own.
        #expect(judge(resource, "one", "*") == .failure(.preconditionFailed))
        #expect(judge(resource, "three", "*") == .success(.restart))
    }

    @Test("However many restarts there are, little is remembered")
    func bounded() {
        var resource = ICEResource(peer: "first", tag: tag)
        for number in 0..<40 { resource.restart(peer: "\(number)") }
        #expect(judge(resource, "38", "*") == .failure(.preconditionFailed))
        #expect(judge(resource, "first", "*") == .success(.restart))
    }
}
