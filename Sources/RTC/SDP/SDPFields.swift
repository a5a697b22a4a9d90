// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

// SDP is a format of bytes: `\r\n` is one `Character` in Swift, so everything here looks at UTF-8.

extension Substring {
    /// The parts between separators, without the empty ones.
    func fields(separatedBy separator: Unicode.Scalar = " ") -> [Substring] {
        utf8.split(separator: UInt8(ascii: separator)).map { Substring($0) }
    }

    /// What stands before and behind the first separator; `nil` where there is none.
    func cut(at separator: Unicode.Scalar) -> (head: Substring, tail: Substring)? {
        guard let index = utf8.firstIndex(of: UInt8(ascii: separator)) else { return nil }
        return (Substring(utf8[..<index]), Substring(utf8[utf8.index(after: index)...]))
    }

    /// The text without spaces and tabs at both ends.
    var trimmed: Substring {
        var view = utf8
        while let byte = view.first, byte == 0x20 || byte == 0x09 { view.removeFirst() }
        while let byte = view.last, byte == 0x20 || byte == 0x09 { view.removeLast() }
        return Substring(view)
    }

    /// The value of `a=ice-options`: a list that some separate by commas.
    var iceOptions: [String] { fields().flatMap { $0.fields(separatedBy: ",") }.map { String($0) } }

    /// A number of decimal digits alone; `nil` for anything else, also for a sign.
    func number<Value: FixedWidthInteger>(as _: Value.Type = Value.self) -> Value? {
        guard let first = utf8.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else { return nil }
        return Value(self)
    }
}
