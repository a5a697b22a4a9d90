// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

/// Where a WebSocket server is: the parts of a `ws:` or `wss:` URL, RFC 6455 §3.
package struct WebSocketAddress: Hashable, Sendable {
    package var isSecure: Bool
    package var host: String
    package var port: Int
    /// Path and query, as the request line carries them.
    package var target: String

    package init(isSecure: Bool, host: String, port: Int? = nil, target: String) {
        self.isSecure = isSecure
        self.host = host
        self.port = port ?? (isSecure ? 443 : 80)
        self.target = target
    }

    /// Takes `host`, `host:port` or `[v6]:port`, as SkyWay's `domain` settings have it.
    package init?(isSecure: Bool, authority: String, target: String) {
        let host: Substring
        let rest: Substring
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            host = authority[authority.index(after: authority.startIndex)..<end]
            rest = authority[authority.index(after: end)...]
        } else {
            host = authority.prefix { $0 != ":" }
            rest = authority[host.endIndex...]
        }
        guard !host.isEmpty else { return nil }
        guard rest.isEmpty else {
            guard rest.hasPrefix(":"), let port = UInt16(rest.dropFirst()), port > 0 else { return nil }
            self.init(isSecure: isSecure, host: String(host), port: Int(port), target: target)
            return
        }
        self.init(isSecure: isSecure, host: String(host), target: target)
    }

    /// The value of the `Host` header; a default port is left out.
    var authority: String {
        let host = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? host : "\(host):\(port)"
    }
}
