// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// The options of each command, as `Sources/CLI` declares them.
struct CommandLineSources {
    /// One option, flag or argument.
    struct Parameter: Hashable {
        /// As it is typed: `--media-port`, or `<endpoint>` for an argument.
        var name: String
        /// The literal that it has by default; `nil` for none.
        var defaultValue: String?
        /// Whether a value follows it.
        var takesValue: Bool
        /// What `--help` says of it.
        var help: String
    }

    /// The parameters of each command by its name, such as `token make`.
    private(set) var commands: [String: [Parameter]] = [:]

    /// The settings of the gateway, which several commands take.
    private(set) var gatewayFlags: Set<String> = []

    /// Reads the sources.
    init() throws {
        var groups: [String: [Declaration]] = [:]
        var owners: [String] = []
        for file in try SourceTree.swiftFiles(below: "Sources/CLI") {
            let text = file.lines.joined(separator: "\n")
            for (owner, isCommand, declarations) in Self.declarations(in: text) {
                groups[owner, default: []] += declarations
                if isCommand { owners.append(owner) }
            }
        }
        gatewayFlags = Set(Self.resolve("GatewayFlags", groups).map(\.name))
        for owner in owners where groups[owner]?.isEmpty == false {
            commands[Self.name(of: owner)] = Self.resolve(owner, groups)
        }
    }

    /// The names of a command's options and arguments.
    func names(of command: String) -> Set<String> { Set(commands[command]?.map(\.name) ?? []) }

    private struct Declaration {
        var kind: String
        var property: String
        var type: String?
        var parameter: Parameter
    }

    private static func name(of owner: String) -> String {
        let nested = [
            "Make": "token make", "Decode": "token decode", "Check": "token check", "Add": "key add",
            "List": "key list", "Revoke": "key revoke",
        ]
        return nested[owner] ?? owner.lowercased()
    }

    private static func resolve(_ owner: String, _ groups: [String: [Declaration]]) -> [Parameter] {
        (groups[owner] ?? []).flatMap { declaration in
            declaration.kind == "OptionGroup" ? resolve(declaration.type ?? "", groups) : [declaration.parameter]
        }
    }

    private static func declarations(in text: String) -> [(owner: String, isCommand: Bool, [Declaration])] {
        let types = text.matches(of: /struct (\w+): (AsyncParsableCommand|ParsableArguments)/)
        return types.enumerated().map { index, match in
            let end = index + 1 < types.count ? types[index + 1].range.lowerBound : text.endIndex
            let body = text[match.range.upperBound..<end]
            return (String(match.1), match.2 == "AsyncParsableCommand", parse(body))
        }
    }

    private static func parse(_ body: Substring) -> [Declaration] {
        let pattern = /(?s)@(OptionGroup|Option|Flag|Argument)\b(.*?)\bvar (\w+)(?:: ([\w?]+))?(?: = ([^\n]+))?/
        return body.matches(of: pattern).map { match in
            let property = String(match.3)
            let name = match.1 == "Argument" ? "<\(kebab(property))>" : "--\(kebab(property))"
            return Declaration(
                kind: String(match.1),
                property: property,
                type: match.4.map(String.init),
                parameter: Parameter(
                    name: name,
                    defaultValue: match.5.map { literal(String($0)) } ?? stated(in: match.2),
                    takesValue: match.1 == "Option",
                    help: String(match.2)
                )
            )
        }
    }

    /// The default that a help text states.
    private static func stated(in help: Substring) -> String? {
        help.firstMatch(of: /\(default: ([^)]+)\)/).map { String($0.1) }
    }

    private static func literal(_ text: String) -> String {
        text.replacing("\"", with: "").replacing("_", with: "")
    }

    /// The name that the argument parser gives to a property.
    static func kebab(_ property: String) -> String {
        property.replacing(/(?<before>[a-z0-9])(?<after>[A-Z])/) { "\($0.before)-\($0.after)" }.lowercased()
    }
}
