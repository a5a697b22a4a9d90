// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import Synchronization

/// A way from the SFU to a client through a link of limited rate with a short queue; the way back is free.
final class NarrowPath: Sendable {
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let link: NarrowLink
    /// The side that the client sees, and the one that the SFU sees.
    private let front: any Channel
    private let back: any Channel

    /// Opens a path.
    ///
    /// - Parameters:
    ///   - bitrate: the bits per second to the client.
    ///   - port: the SFU's port on the loopback interface.
    /// - Throws: where no port can be opened.
    init(bitrate: Double, to port: UInt16) async throws {
        let link = NarrowLink(bitrate: bitrate)
        self.link = link
        let server = try SocketAddress(ipAddress: "127.0.0.1", port: Int(port))
        front = try await DatagramBootstrap(group: group).bind(host: "127.0.0.1", port: 0).get()
        back = try await DatagramBootstrap(group: group).bind(host: "127.0.0.1", port: 0).get()
        let (front, back) = (front, back)
        try await front.pipeline.addHandler(
            Relay { datagram in
                link.heard(datagram.remoteAddress)
                back.writeAndFlush(AddressedEnvelope(remoteAddress: server, data: datagram.data), promise: nil)
            }
        ).get()
        try await back.pipeline.addHandler(
            Relay { datagram in
                guard let way = link.take(datagram.data.readableBytes) else { return }
                front.eventLoop.scheduleTask(deadline: way.leaves) {
                    front.writeAndFlush(AddressedEnvelope(remoteAddress: way.client, data: datagram.data), promise: nil)
                }
            }
        ).get()
    }

    /// The port that the client is told.
    var port: UInt16 { UInt16(front.localAddress?.port ?? 0) }

    /// The bits per second to the client.
    var bitrate: Double {
        get { link.bitrate }
        set { link.bitrate = newValue }
    }

    /// Datagrams that found no place in the queue.
    var dropped: Int { link.dropped }

    /// Closes the path.
    func close() async throws {
        try await front.close()
        try await back.close()
        try await group.shutdownGracefully()
    }
}

/// A link of limited rate with a short queue.
private final class NarrowLink: Sendable {
    private struct State {
        var bitrate: Double
        /// The client's address, as its datagrams show it.
        var client: SocketAddress?
        /// When the link is free again.
        var free = NIODeadline.uptimeNanoseconds(0)
        var dropped = 0
    }

    /// What would wait longer than this is dropped.
    private static let longestQueue = TimeAmount.milliseconds(300)
    private let state: Mutex<State>

    init(bitrate: Double) {
        state = Mutex(State(bitrate: bitrate))
    }

    var bitrate: Double {
        get { state.withLock(\.bitrate) }
        set { state.withLock { $0.bitrate = newValue } }
    }

    var dropped: Int { state.withLock(\.dropped) }

    func heard(_ client: SocketAddress) { state.withLock { $0.client = client } }

    /// When a datagram leaves, and where to; `nil` where it is dropped.
    func take(_ size: Int) -> (leaves: NIODeadline, client: SocketAddress)? {
        state.withLock { state in
            let now = NIODeadline.now()
            let begins = max(now, state.free)
            guard let client = state.client, begins - now <= Self.longestQueue else {
                state.dropped += 1
                return nil
            }
            state.free = begins + .nanoseconds(Int64(Double((size + 28) * 8) / state.bitrate * 1e9))
            return (state.free, client)
        }
    }
}

/// Hands on each datagram.
private final class Relay: ChannelInboundHandler, Sendable {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let handOn: @Sendable (AddressedEnvelope<ByteBuffer>) -> Void

    init(_ handOn: @escaping @Sendable (AddressedEnvelope<ByteBuffer>) -> Void) {
        self.handOn = handOn
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        handOn(unwrapInboundIn(data))
    }
}
