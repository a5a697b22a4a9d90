// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@Suite struct ICECredentialsTests {
    private static let password = String(repeating: "p", count: 22)

    @Test("Lengths and characters of RFC 8839 §5.4, and those that libwebrtc tolerates, are taken")
    func accepted() {
        #expect(ICECredentials(usernameFragment: "aB3+", password: Self.password) != nil)
        #expect(ICECredentials(usernameFragment: "a/-_=#", password: Self.password) != nil)
        let long = String(repeating: "u", count: 256)
        #expect(ICECredentials(usernameFragment: long, password: long) != nil)
    }

    @Test(
        "Others are refused",
        arguments: [
            ("abc", password), ("abcd", String(repeating: "p", count: 21)), ("ab:d", password), ("ab d", password),
            ("äbcd", password), (String(repeating: "u", count: 257), password),
            ("abcd", String(repeating: "p", count: 257)),
        ]
    )
    func refused(fragment: String, password: String) {
        #expect(ICECredentials(usernameFragment: fragment, password: password) == nil)
    }

    @Test("Drawn credentials are valid, have the lengths asked for, and differ")
    func drawn() {
        var generator = SplitMix64(seed: 3)
        let first = ICECredentials.make(fragmentLength: 32, passwordLength: 32, using: &generator)
        let second = ICECredentials.make(fragmentLength: 32, passwordLength: 32, using: &generator)
        #expect(first != second)
        #expect(first.usernameFragment.utf8.count == 32)
        #expect(first.password.utf8.count == 32)
        #expect(ICECredentials(usernameFragment: first.usernameFragment, password: first.password) == first)
    }

    @Test("Neither fragment nor password shows in any description, of an agent neither")
    func hidden() {
        let credentials = ICECredentials.test(9)
        let agent = ICELiteAgent(local: credentials, rules: .ingest, at: .at(.zero))
        var dumped = ""
        dump(agent, to: &dumped)
        dump(credentials, to: &dumped)
        for text in ["\(credentials)", String(reflecting: credentials), "\(agent)", String(reflecting: agent), dumped] {
            #expect(!text.contains(credentials.usernameFragment))
            #expect(!text.contains(credentials.password))
        }
    }
}
