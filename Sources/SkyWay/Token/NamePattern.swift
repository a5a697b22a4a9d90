// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// How a token's entries name rooms and members (protocol page §1.4).
enum NamePattern {
    /// The most asterisks that an entry may have, those with a backslash included.
    static let maximumAsterisks = 8

    /// The entry that means one name and no other: an asterisk stands for any characters unless it is escaped.
    static func exactly(_ name: String) -> String {
        name == "*" ? name : name.replacing("*", with: #"\*"#)
    }

    /// Whether an entry for names covers one; an entry that is missing covers all.
    static func covers(_ pattern: String?, name: String, version: Int) -> Bool {
        guard let pattern, pattern != "*" else { return true }
        guard version > 1 else { return pattern == name }
        guard pattern.count(where: { $0 == "*" }) <= maximumAsterisks else { return false }
        return covers(pieces(of: pattern)[...], Substring(name), isAtStart: true)
    }

    /// The texts between the asterisks.
    private static func pieces(of pattern: String) -> [String] {
        // What no entry has stands for escaped asterisks meanwhile.
        pattern.replacing(#"\*"#, with: "\u{0}").split(separator: "*", omittingEmptySubsequences: false).map {
            String($0.replacing("\u{0}", with: "*"))
        }
    }

    /// Each piece at its first place after the one before is as good as any later place, but for the last one.
    private static func covers(_ pieces: ArraySlice<String>, _ name: Substring, isAtStart: Bool) -> Bool {
        guard let piece = pieces.first else { return true }
        if pieces.count == 1 { return isAtStart ? name == piece : name.hasSuffix(piece) }
        if isAtStart {
            return name.hasPrefix(piece) && covers(pieces.dropFirst(), name.dropFirst(piece.count), isAtStart: false)
        }
        if piece.isEmpty { return covers(pieces.dropFirst(), name, isAtStart: false) }
        guard let place = name.firstRange(of: piece) else { return false }
        return covers(pieces.dropFirst(), name[place.upperBound...], isAtStart: false)
    }
}

extension ChannelReference {
    /// The room's id, where it is named by that.
    var id: String? {
        if case .id(let id) = self { return id }
        return nil
    }

    /// The room's name, where it is named by that.
    var name: String? {
        if case .name(let name) = self { return name }
        return nil
    }

    /// The name as a token has it.
    var pattern: String? { name.map(NamePattern.exactly) }
}
