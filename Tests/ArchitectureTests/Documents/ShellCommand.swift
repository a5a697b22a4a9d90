// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// A command as a shell would start it: no more of the language than documents use.
struct ShellCommand: Equatable {
    var program: String
    var arguments: [String]

    /// Its long options, without their values.
    var options: [String] {
        arguments.filter { $0.hasPrefix("--") }.map { String($0.prefix { $0 != "=" }) }
    }

    /// The commands of a text, one a line unless a line goes on after a backslash.
    static func commands(in text: String) -> [ShellCommand] {
        let lines = text.replacing(/\\\n\s*/, with: " ").split(separator: "\n")
        return lines.compactMap { line in
            let words = words(of: line)
            let rest = words.drop { $0.wholeMatch(of: /\w+=.*/) != nil }
            return rest.first.map { ShellCommand(program: $0, arguments: Array(rest.dropFirst())) }
        }
    }

    private static func words(of line: Substring) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        for character in line {
            if let open = quote {
                if character == open { quote = nil } else { word?.append(character) }
            } else if character == "'" || character == "\"" {
                quote = character
                word = word ?? ""
            } else if character == "#", word == nil {
                break
            } else if character == " " {
                if let done = word { words.append(done) }
                word = nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        if let done = word { words.append(done) }
        return words
    }
}

/// A pipeline as `gst-launch-1.0` takes it, as far as its form goes.
struct Pipeline {
    /// The elements it makes.
    private(set) var elements: [String] = []

    /// Reads the arguments; `nil` where they are no pipeline.
    init?(_ arguments: [String]) {
        var names: Set<String> = []
        var references: Set<String> = []
        var canLink = false
        var isLinking = false
        for word in arguments.drop(while: { $0.hasPrefix("-") }) {
            if word == "!" {
                guard canLink, !isLinking else { return nil }
                isLinking = true
            } else if word.wholeMatch(of: /[\w:-]+=.*/) != nil {
                guard canLink, !isLinking else { return nil }
                if word.hasPrefix("name=") { names.insert(String(word.dropFirst(5))) }
            } else if word.wholeMatch(of: /\w+\./) != nil {
                references.insert(String(word.dropLast()))
                (canLink, isLinking) = (true, false)
            } else {
                // Caps, such as video/x-raw,width=640, stand only between links.
                guard !word.contains("/") || isLinking else { return nil }
                if !word.contains("/") { elements.append(word) }
                (canLink, isLinking) = (true, false)
            }
        }
        guard canLink, !isLinking, references.isSubset(of: names) else { return nil }
    }
}
