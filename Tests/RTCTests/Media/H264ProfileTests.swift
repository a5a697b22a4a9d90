// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@Suite("H264 profile-level-id")
struct H264ProfileTests {
    @Test(
        "says which profile profile_idc and constraint flags mean",
        arguments: [
            ("42e01f", H264Profile.constrainedBaseline), ("42c01f", .constrainedBaseline),
            ("4d801f", .constrainedBaseline),
            ("58c01f", .constrainedBaseline), ("42001f", .baseline), ("42a01f", .baseline), ("58801f", .baseline),
            ("4d001f", .main), ("4d401f", .main), ("640c1f", .constrainedHigh), ("64001f", .high),
            ("f4001f", .predictiveHigh444), ("F4001F", .predictiveHigh444),
        ]
    )
    func profile(text: String, profile: H264Profile) throws {
        #expect(try #require(H264ProfileLevel(text)).profile == profile)
    }

    @Test("leaves other profiles without a name", arguments: ["58001f", "6e001f", "7a001f", "64081f", "000000"])
    func unnamedProfile(text: String) throws {
        let value = try #require(H264ProfileLevel(text))
        #expect(value.profile == nil)
        #expect(value.hasSameProfile(as: value))
        #expect(!value.hasSameProfile(as: .constrainedBaseline31))
        #expect(value.answer(to: value, asymmetryAllowed: true) == value)
    }

    @Test(
        "refuses what is not six hexadecimal digits",
        arguments: ["", "42e0", "42e01f0", "42e01g", "+42e01", "-2e01f", " 42e01", "四二e0"]
    )
    func malformed(text: String) {
        #expect(H264ProfileLevel(text) == nil)
    }

    @Test("writes what it read", arguments: ["42e01f", "640c0b", "000000", "ffffff"])
    func roundTrip(text: String) throws {
        #expect(try #require(H264ProfileLevel(text)).text == text)
    }

    @Test(
        "answers with the own level where levels may differ, else with the lower one",
        arguments: [
            ("42e01f", "42e034", true, "42e01f"), ("42e034", "42c01f", false, "42e01f"),
            ("42c01f", "42e034", false, "42e01f"), ("4d0034", "4d401f", false, "4d001f"),
            ("640c1f", "640c2a", true, "640c1f"),
            // Level 1b (level_idc 11 with constraint_set3) lies between 1 and 1.1.
            ("42f00b", "42e00b", false, "42f00b"), ("42e00a", "42f00b", false, "42e00a"),
        ]
    )
    func answeredLevel(local: String, remote: String, asymmetry: Bool, answer: String) throws {
        let local = try #require(H264ProfileLevel(local))
        let remote = try #require(H264ProfileLevel(remote))
        #expect(local.answer(to: remote, asymmetryAllowed: asymmetry).text == answer)
    }
}
