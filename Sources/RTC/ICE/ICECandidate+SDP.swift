// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

extension ICECandidate {
    private static let maximumLength = 512
    private static let maximumFields = 64

    /// Reads the candidate attribute of SDP (RFC 8839 §5.1) and of trickled candidates.
    ///
    /// Host names, mDNS names among them, are not resolved: such candidates are `nil`, as are unknown protocols and
    /// kinds. Extensions that are not known are skipped.
    ///
    /// - Parameter text: `candidate:…`, with or without `a=` before it.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.count <= Self.maximumLength else { return nil }
        let fields = text.split(whereSeparator: \.isWhitespace)
        guard (8...Self.maximumFields).contains(fields.count), let foundation = Self.foundation(fields[0]),
            let component = UInt16(fields[1]), (1...256).contains(component),
            let transport = Self.transport(fields[2]),
            let priority = UInt32(fields[3]), priority > 0,
            let ip = IPAddress(fields[4]), let port = UInt16(fields[5]),
            fields[6] == "typ", let kind = Kind(rawValue: fields[7].lowercased())
        else { return nil }
        self.init(
            foundation: foundation,
            priority: priority,
            address: TransportAddress(ip, port: port, transport: transport),
            kind: kind
        )
        self.component = component
        readExtensions(fields.dropFirst(8))
        guard transport == .udp || tcpType != nil else { return nil }
    }

    /// The attribute without `a=`: `candidate:…`.
    package var text: String {
        let name = address.transport == .tcp ? "tcp" : "udp"
        var text = "candidate:\(foundation) \(component) \(name) \(priority) \(address.ip) \(address.port) typ "
        text += kind.rawValue
        if let relatedAddress { text += " raddr \(relatedAddress.ip) rport \(relatedAddress.port)" }
        if let tcpType { text += " tcptype \(tcpType.rawValue)" }
        return text
    }

    private mutating func readExtensions(_ fields: some Collection<some StringProtocol>) {
        var related: IPAddress?
        var relatedPort: UInt16 = 0
        var rest = fields.makeIterator()
        while let name = rest.next(), let value = rest.next() {
            switch name {
            case "raddr": related = IPAddress(value)
            case "rport": relatedPort = UInt16(value) ?? 0
            case "tcptype": tcpType = address.transport == .tcp ? TCPType(rawValue: value.lowercased()) : nil
            default: break
            }
        }
        relatedAddress = related.map { TransportAddress($0, port: relatedPort, transport: address.transport) }
    }

    private static func foundation(_ field: some StringProtocol) -> String? {
        var name = field[...]
        if name.hasPrefix("a=") { name = name.dropFirst(2) }
        guard name.hasPrefix("candidate:") else { return nil }
        name = name.dropFirst("candidate:".count)
        return (1...32).contains(name.utf8.count) ? String(name) : nil
    }

    private static func transport(_ field: some StringProtocol) -> TransportProtocol? {
        switch field.lowercased() {
        case "udp": .udp
        case "tcp": .tcp
        default: nil
        }
    }
}
