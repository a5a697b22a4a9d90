// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import HummingbirdCore
package import Logging
package import NIOCore

/// A Hummingbird child channel whose connections are held to limits.
///
/// Its base has to have `RequestDeadlineHandler` among its additional handlers, which tells where requests begin and
/// end: `HTTPServerBuilder.guarded` sees to that.
package struct GuardedChannel<Base: ServerChildChannel>: ServerChildChannel {
    package typealias Value = Base.Value

    private let base: Base
    private let limits: ConnectionLimits
    private let counter = ConnectionCounter()

    /// Puts limits around a child channel.
    init(_ base: Base, _ limits: ConnectionLimits) {
        self.base = base
        self.limits = limits
    }

    package func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        let isWelcome = counter.admit(channel, limits)
        return channel.eventLoop.makeCompletedFuture {
            let deadline = ConnectionDeadlineHandler(timeout: TimeAmount(limits.headTimeout))
            try channel.pipeline.syncOperations.addHandler(deadline)
        }.flatMap {
            base.setup(channel: channel, logger: logger)
        }.map { value in
            // Not by failing, which would be taken for a failure of the server.
            if !isWelcome { channel.close(promise: nil) }
            return value
        }
    }

    package func handle(value: Value, logger: Logger) async {
        await base.handle(value: value, logger: logger)
    }
}

extension HTTPServerBuilder {
    /// A server whose connections are held to limits.
    ///
    /// - Parameters:
    ///   - limits: the limits.
    ///   - base: makes the channel of a connection; takes the configuration of its requests.
    /// - Returns: the server.
    package static func guarded<Base: ServerChildChannel>(
        _ limits: ConnectionLimits,
        _ base: @escaping @Sendable (HTTP1Channel.Configuration, @escaping HTTPChannelHandler.Responder) throws -> Base
    ) -> HTTPServerBuilder {
        let (bodyTimeout, writeTimeout) = (TimeAmount(limits.bodyTimeout), TimeAmount(limits.writeTimeout))
        let configuration = HTTP1Channel.Configuration(
            additionalChannelHandlers: [
                WriteDeadlineHandler(timeout: writeTimeout), RequestDeadlineHandler(timeout: bodyTimeout),
            ],
            idleTimeout: TimeAmount(limits.idleTimeout),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: 16 * 1024,
                maxHeaderListSize: 32 * 1024,
                maxHeaderFieldCount: 100
            )
        )
        return HTTPServerBuilder { responder in GuardedChannel(try base(configuration, responder), limits) }
    }
}
