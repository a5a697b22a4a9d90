// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import Hummingbird
import HummingbirdCore
import HummingbirdHTTP2
import Logging
import NIOCore

/// How the gateway takes connections: HTTP/1.1, or with certificates HTTP/1.1 and HTTP/2 over TLS, within limits.
struct GatewayServer {
    /// What each connection may take; proxies that are trusted speak for many.
    private let limits: ConnectionLimits
    private let certificates: ServerCertificates?

    /// Sets a server up.
    ///
    /// - Parameters:
    ///   - limits: how much anybody may have.
    ///   - certificates: what TLS is served with; `nil` for none.
    init(_ limits: PublishLimits, _ certificates: ServerCertificates?) {
        let proxies = limits.trustedProxies
        self.limits = ConnectionLimits { address in
            let client = ClientAddress(peer: address.ipAddress, forwardedFor: [], trusting: [])
            guard let peer = client.address, !proxies.contains(peer) else { return nil }
            return client.key.map { "\($0)" }
        }
        self.certificates = certificates
    }

    /// The server.
    var builder: HTTPServerBuilder {
        let idleTimeout = limits.idleTimeout
        guard let certificates else {
            return .guarded(limits) { HTTP1Channel(responder: $1, configuration: $0) }
        }
        return .guarded(limits) { configuration, responder in
            try HTTP2UpgradeChannel(
                tlsConfiguration: certificates.configuration,
                configuration: HTTP2ChannelConfiguration(
                    idleTimeout: idleTimeout,
                    gracefulCloseTimeout: .seconds(4),
                    streamConfiguration: configuration
                ),
                responder: responder
            )
        }
    }

    /// How many connections may be open at a time.
    func connections(_ logger: Logger) -> any AvailableConnectionsDelegate {
        .maximum(OpenFiles.share(atMost: 4_096), logger: logger)
    }
}
