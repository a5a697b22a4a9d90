// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import HTTPKit

/// Something that goes wrong on purpose: a name and its fields, checked.
///
/// The same words are used by `POST /local/faults`, on the command line and in tests; ``Name`` says what each does and
/// ``FaultRule`` which fields it takes.
package struct Fault: Hashable, Sendable {
    /// What goes wrong.
    package enum Name: String, CaseIterable, Sendable {
        /// Ends sockets of the RTC API, with a close code or without a close frame.
        case dropSockets = "drop-sockets"
        /// Refuses new sockets of the RTC API for a while.
        case refuseSockets = "refuse-sockets"
        /// Takes the next calls up late.
        case delayCalls = "delay-calls"
        /// Answers the next calls with an error, without doing them.
        case failCalls = "fail-calls"
        /// Does the next calls and never answers them.
        case loseCalls = "lose-calls"
        /// Tells the next events late.
        case delayEvents = "delay-events"
        /// Keeps the next events back and tells them in reverse order.
        case reorderEvents = "reorder-events"
        /// Does not tell the next events.
        case withholdEvents = "withhold-events"
        /// Removes a person.
        case removeMember = "remove-member"
        /// Removes a bot.
        case removeBot = "remove-bot"
        /// Ends a forwarding.
        case removeForwarding = "remove-forwarding"
        /// Unpublishes a publication.
        case removePublication = "remove-publication"
        /// Takes every token for expired that was issued before.
        case expireTokens = "expire-tokens"
        /// Moves the server's clock.
        case skewClock = "skew-clock"
        /// Ignores the connectivity and consent checks of transports.
        case ignoreSTUN = "ignore-stun"
        /// Ends transports with `close_notify`.
        case closeDTLS = "close-dtls"
        /// Forgets transports without a word.
        case dropTransport = "drop-transport"
        /// Loses a share of a transport's media.
        case loseMedia = "lose-media"
        /// Caps a transport's rate.
        case capMedia = "cap-media"
        /// Acknowledges the next confirmations at once and carries them out late.
        case delayConfirmations = "delay-confirmations"
        /// Gives the next forwardings of members that have a transport another one.
        case secondTransport = "second-transport"
        /// Answers the next confirmations with `IdentifierKey is invalid`.
        case invalidIdentifierKey = "invalid-identifier-key"
        /// Sets limits.
        case limits
    }

    /// What goes wrong.
    package let name: Name
    private let values: [Field: JSONValue]

    /// Makes a fault.
    ///
    /// - Parameters:
    ///   - name: what goes wrong.
    ///   - fields: where, how often, for how long; the defaults are filled in.
    /// - Throws: which field does not fit, and what fits.
    package init(_ name: Name, _ fields: [String: JSONValue] = [:]) throws(FaultError) {
        self.name = name
        values = try FaultRule.check(fields, of: name)
    }

    /// Reads `{"fault": "…", …}`.
    ///
    /// - Parameter document: what was asked for.
    /// - Throws: what does not fit, and what fits.
    package init(_ document: JSONValue) throws(FaultError) {
        guard case .object(var fields) = document else { throw .notAnObject }
        guard case .string(let name)? = fields.removeValue(forKey: "fault") else { throw .unnamed }
        guard let known = Name(rawValue: name) else { throw .unknown(name) }
        try self.init(known, fields)
    }

    /// The fault with all of its fields, as it is listed.
    package var document: [String: JSONValue] {
        values.reduce(into: ["fault": .string(name.rawValue)]) { $0[$1.key.rawValue] = $1.value }
    }

    /// A text, where there is one.
    func text(_ field: Field) -> String? {
        guard case .string(let value)? = values[field] else { return nil }
        return value
    }

    /// A whole number, where there is one.
    func integer(_ field: Field) -> Int? {
        guard case .integer(let value)? = values[field] else { return nil }
        return Int(value)
    }

    /// A number, where there is one.
    func number(_ field: Field) -> Double? {
        switch values[field] {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    /// A switch; off where nothing is said.
    func flag(_ field: Field) -> Bool { values[field] == .bool(true) }

    /// Milliseconds, of a field in seconds.
    func milliseconds(_ field: Field) -> Int64? { number(field).map { Int64(($0 * 1000).rounded()) } }

    /// How many calls or events it is good for; nil for a fault without a count.
    var count: Int? { integer(.count) }
}

/// Why a fault can't be injected.
package enum FaultError: Error, Hashable, Sendable {
    case notAnObject
    /// A word of the command line that is no `field=value`.
    case noField(String)
    case unnamed
    case unknown(String)
    case unknownField(String, of: Fault.Name)
    case missing(Fault.Field, of: Fault.Name)
    case unfit(Fault.Field, FaultRule.Kind)
    /// One of several fields has to be there.
    case missingOne(of: [Fault.Field])
    /// There is nothing of that kind to break.
    case nothingThere(String)
    case tooMany
    /// The server does not run yet, or does not run any more.
    case notRunning
}

extension FaultError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notAnObject: "The body has to be a JSON object."
        case .noField(let word): "\"\(word)\" is no field=value."
        case .unnamed: "A fault has to be named: \(Self.names)."
        case .unknown(let name): "There is no fault \"\(name)\"; there are \(Self.names)."
        case .unknownField(let field, let name):
            "The fault \(name.rawValue) has no field \"\(field)\"; \(Self.fields(of: name))."
        case .missing(let field, let name):
            "The fault \(name.rawValue) needs the field \"\(field.rawValue)\"; \(Self.fields(of: name))."
        case .unfit(let field, let kind): "The field \"\(field.rawValue)\" has to be \(kind)."
        case .missingOne(let fields):
            "One of the fields \(fields.map(\.rawValue).joined(separator: ", ")) has to be there."
        case .nothingThere(let what): "There is no such \(what)."
        case .tooMany: "There are \(FaultTable.maximum) faults in force already; clear some."
        case .notRunning: "The server is not running."
        }
    }

    private static var names: String { Fault.Name.allCases.map(\.rawValue).joined(separator: ", ") }

    private static func fields(of name: Fault.Name) -> String {
        let rules = FaultRule.rules[name, default: []]
        guard !rules.isEmpty else { return "it has none" }
        return "its fields are \(rules.map(\.field.rawValue).joined(separator: ", "))"
    }
}
