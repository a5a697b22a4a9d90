// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import HTTPKit

extension Fault {
    /// The name of a field.
    package enum Field: String, Hashable, Sendable, CaseIterable {
        case abrupt, bot, burst, channel, channels, code, connection, connections, count, direction, forwarding
        case incoming, inner, member, members, message, method, outgoing, publication, publications, queue, reason
        case seconds, seed, status, subscriptions, transport, type
        case publicationsPerMember = "publications-per-member"
        case requestsPerSecond = "requests-per-second"
        case subscriptionsPerMember = "subscriptions-per-member"
        case subscriptionsPerPublication = "subscriptions-per-publication"
    }
}

/// One field of a fault: what it may be, and what it is where nothing is said.
package struct FaultRule: Hashable, Sendable {
    /// What a field may hold.
    package enum Kind: Hashable, Sendable {
        case text
        case integer(ClosedRange<Int64>)
        case number(ClosedRange<Double>)
        case flag
        case choice([String])
    }

    package let field: Fault.Field
    package let kind: Kind
    package let isRequired: Bool
    package let defaultValue: JSONValue?

    private init(_ field: Fault.Field, _ kind: Kind, isRequired: Bool = false, default value: JSONValue? = nil) {
        self.field = field
        self.kind = kind
        self.isRequired = isRequired
        defaultValue = value
    }

    /// Checks a fault's fields and fills in the defaults.
    static func check(
        _ fields: [String: JSONValue],
        of name: Fault.Name
    ) throws(FaultError) -> [Fault.Field: JSONValue] {
        let rules = rules[name, default: []]
        for key in fields.keys.sorted() where !rules.contains(where: { $0.field.rawValue == key }) {
            throw .unknownField(key, of: name)
        }
        var values: [Fault.Field: JSONValue] = [:]
        for rule in rules {
            if let value = fields[rule.field.rawValue] {
                guard let fitting = rule.kind.fit(value) else { throw .unfit(rule.field, rule.kind) }
                values[rule.field] = fitting
            } else if let value = rule.defaultValue {
                values[rule.field] = value
            } else if rule.isRequired {
                throw .missing(rule.field, of: name)
            }
        }
        if let group = oneOf[name], !group.contains(where: { values[$0] != nil }) { throw .missingOne(of: group) }
        return values
    }

    /// The fields of each fault.
    package static let rules: [Fault.Name: [FaultRule]] = [
        .dropSockets: [connection, FaultRule(.code, .integer(1000...4999)), FaultRule(.reason, .text)],
        .refuseSockets: [
            seconds, FaultRule(.status, .integer(400...599), default: 503),
            FaultRule(.code, .integer(1000...4999)), FaultRule(.abrupt, .flag, default: false),
        ],
        .delayCalls: [method, seconds, count],
        .failCalls: [
            method, count, FaultRule(.status, .integer(400...599), default: 500),
            FaultRule(.code, .integer(-99_999...99_999), default: -32603), FaultRule(.inner, .integer(0...9_999_999)),
            FaultRule(.message, .text, default: "This call was to fail."),
        ],
        .loseCalls: [method, count],
        .delayEvents: events + [seconds, count],
        .reorderEvents: events + [FaultRule(.count, .integer(2...10_000), default: 2)],
        .withholdEvents: events + [count],
        .removeMember: [FaultRule(.member, .text, isRequired: true), FaultRule(.channel, .text)],
        .removeBot: [FaultRule(.bot, .text), FaultRule(.channel, .text)],
        .removeForwarding: [FaultRule(.forwarding, .text, isRequired: true)],
        .removePublication: [FaultRule(.publication, .text, isRequired: true)],
        .expireTokens: [],
        .skewClock: [FaultRule(.seconds, .number(-1_000_000_000...1_000_000_000), isRequired: true)],
        .ignoreSTUN: transports + [duration],
        .closeDTLS: transports,
        .dropTransport: transports,
        .loseMedia: transports + [
            FaultRule(.incoming, .number(0...100)), FaultRule(.outgoing, .number(0...100)),
            FaultRule(.seed, .integer(0...Int64.max), default: 1), duration,
        ],
        .capMedia: transports + [
            FaultRule(.incoming, .number(0.001...10_000_000)), FaultRule(.outgoing, .number(0.001...10_000_000)),
            FaultRule(.burst, .integer(2048...1_048_576), default: 16_384),
            FaultRule(.queue, .integer(0...4_194_304), default: 65_536), duration,
        ],
        .delayConfirmations: [seconds, count],
        .secondTransport: [count],
        .invalidIdentifierKey: [count],
        .limits: limitFields.map { FaultRule($0, .integer(0...1_000_000)) },
    ]

    /// Of these fields one has to be there.
    private static let oneOf: [Fault.Name: [Fault.Field]] = [
        .loseMedia: [.incoming, .outgoing], .capMedia: [.incoming, .outgoing], .limits: limitFields,
        .removeBot: [.bot, .channel],
    ]

    private static let limitFields: [Fault.Field] = [
        .members, .publications, .publicationsPerMember, .subscriptions, .subscriptionsPerMember,
        .subscriptionsPerPublication, .channels, .requestsPerSecond, .connections,
    ]

    private static let connection = FaultRule(.connection, .integer(1...Int64.max))
    private static let method = FaultRule(.method, .choice(CallName.allNames), isRequired: true)
    private static let count = FaultRule(.count, .integer(1...10_000), default: 1)
    private static let seconds = FaultRule(.seconds, .number(0...86_400), isRequired: true)
    private static let duration = FaultRule(.seconds, .number(0...86_400))
    private static let events = [FaultRule(.channel, .text), connection, FaultRule(.type, .text)]
    private static let transports = [
        FaultRule(.transport, .text), FaultRule(.member, .text),
        FaultRule(.direction, .choice(["sending", "receiving"])),
    ]
}

extension FaultRule.Kind {
    /// The value in the form it is kept in; nil where it does not fit.
    fileprivate func fit(_ value: JSONValue) -> JSONValue? {
        switch (self, value) {
        case (.text, .string(let text)): text.isEmpty || text.utf8.count > 1024 ? nil : value
        // On the command line a name of digits looks like a number.
        case (.text, .integer(let number)): .string("\(number)")
        case (.integer(let range), .integer(let number)): range.contains(number) ? value : nil
        case (.number(let range), .integer(let number)): range.contains(Double(number)) ? value : nil
        case (.number(let range), .number(let number)): range.contains(number) ? value : nil
        case (.flag, .bool): value
        case (.choice(let choices), .string(let text)): choices.contains(text) ? value : nil
        case (.choice(let choices), .integer(let number)): choices.contains("\(number)") ? .string("\(number)") : nil
        default: nil
        }
    }
}

extension FaultRule.Kind: CustomStringConvertible {
    package var description: String {
        switch self {
        case .text: "a text of 1 to 1024 bytes"
        case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .number(let range): "a number from \(range.lowerBound) to \(range.upperBound)"
        case .flag: "true or false"
        case .choice(let choices): "one of \(choices.joined(separator: ", "))"
        }
    }
}
