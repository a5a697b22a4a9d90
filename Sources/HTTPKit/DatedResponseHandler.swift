// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
package import NIOCore
package import NIOHTTPTypes

/// Puts another time into the `Date` of answers, where there is one to be put.
package final class DatedResponseHandler: ChannelOutboundHandler, RemovableChannelHandler {
    package typealias OutboundIn = HTTPResponsePart
    package typealias OutboundOut = HTTPResponsePart

    private let date: @Sendable () -> String?

    /// Makes a handler for one connection.
    ///
    /// - Parameter date: the date to put (RFC 9110 §5.6.7); nil leaves the one there is.
    package init(date: @escaping @Sendable () -> String?) {
        self.date = date
    }

    package func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .head(var head) = unwrapOutboundIn(data), let date = date() else {
            context.write(data, promise: promise)
            return
        }
        head.headerFields[.date] = date
        context.write(wrapOutboundOut(.head(head)), promise: promise)
    }
}
