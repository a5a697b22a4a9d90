// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import NIOSSL
import RTC
import RTCCrypto

/// Sends connectivity checks to one candidate of the SFU by hand, and measures how long the answers take.
///
/// Each is a Binding request as ICE has it (RFC 8445 §7.2), so only the SFU's transport can answer it. None nominates: a
/// session that uses the transport is left alone.
struct STUNProbe: Sendable {
    /// How many answers are waited for: of several the fastest tells the round trip.
    private static let wantedAnswers = 3

    /// The SFU's credentials.
    let credentials: ICECredentials
    /// The limit for the first answer.
    let timeout: Duration

    /// Checks a candidate.
    ///
    /// - Parameter address: the candidate's; by TCP it is connected to first (RFC 6544, active).
    /// - Returns: the shortest round trip.
    /// - Throws: `HostProbe.Failure` where no connection or no answer comes.
    func roundTrip(to address: TransportAddress) async throws -> Duration {
        let channel = address.transport == .udp ? try await openUDP(to: address) : try await openTCP(to: address)
        let answered = channel.eventLoop.makePromise(of: Duration.self)
        channel.eventLoop.execute {
            let pipeline = channel.pipeline.syncOperations
            do {
                if address.transport == .udp {
                    let remote = try SocketAddress(ipAddress: address.ip.description, port: Int(address.port))
                    try pipeline.addHandler(DatagramCodec(remote))
                } else {
                    try pipeline.addHandler(FrameCodec())
                }
                let (wanted, limit) = (Self.wantedAnswers, TimeAmount(timeout))
                try pipeline.addHandler(STUNExchange(credentials, wanted: wanted, timeout: limit, answered))
            } catch {
                answered.fail(error)
            }
        }
        defer { channel.close(promise: nil) }
        return try await answered.futureResult.get()
    }

    private func openUDP(to address: TransportAddress) async throws -> any Channel {
        try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: address.ip.isIPv4 ? "0.0.0.0" : "::", port: 0).get()
    }

    private func openTCP(to address: TransportAddress) async throws -> any Channel {
        try await HostProbe(tls: .makeClientConfiguration(), timeout: timeout).connect(to: address).0
    }
}

/// The exchange of requests and answers on one channel.
private final class STUNExchange: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Between two requests.
    private static let interval = TimeAmount.milliseconds(200)

    private let credentials: ICECredentials
    private let timeout: TimeAmount
    private let answered: EventLoopPromise<Duration>
    private var wanted: Int
    private var sent: [STUNTransactionID: ContinuousClock.Instant] = [:]
    private var best: Duration?
    private var timers: [Scheduled<Void>] = []

    init(_ credentials: ICECredentials, wanted: Int, timeout: TimeAmount, _ answered: EventLoopPromise<Duration>) {
        self.credentials = credentials
        self.wanted = wanted
        self.timeout = timeout
        self.answered = answered
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        timers.append(context.eventLoop.scheduleTask(in: timeout) { bound.value.handler.finish() })
        send(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        for timer in timers { timer.cancel() }
        finish()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = Array(unwrapInboundIn(data).readableBytesView)
        guard let message = try? STUNMessage(parsing: bytes.span.bytes), message.messageClass == .success,
            let began = sent[message.transaction],
            message.isAuthentic(password: credentials.password, in: bytes.span.bytes)
        else { return }
        sent[message.transaction] = nil
        best = min(best ?? .seconds(3_600), .now - began)
        wanted -= 1
        if wanted == 0 { finish() } else { send(context) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // An ICMP message shows as an error of the socket.
        answered.fail(HostProbe.failure(error))
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if best == nil { answered.fail(HostProbe.Failure.closed) } else { finish() }
    }

    private func finish() {
        if let best { answered.succeed(best) } else { answered.fail(HostProbe.Failure.silent) }
    }

    private func send(_ context: ChannelHandlerContext) {
        var generator = SecureRandomNumberGenerator()
        let transaction = STUNTransactionID(using: &generator)
        sent[transaction] = .now
        let request = Self.request(transaction, credentials)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: request)), promise: nil)
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        timers.append(
            context.eventLoop.scheduleTask(in: Self.interval) {
                guard bound.value.handler.sent[transaction] != nil else { return }
                bound.value.handler.send(bound.value.context)
            }
        )
    }

    private static func request(_ transaction: STUNTransactionID, _ credentials: ICECredentials) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: STUNMessage.maximumWrittenSize) { room, count in
            let raw = UnsafeMutableRawBufferPointer(room)
            var output = OutputRawSpan(buffer: raw, initializedCount: 0)
            let writer = STUNWriter(.request, transaction: transaction, into: &output)
            writer.writeUsername(remote: credentials.usernameFragment, local: "doctor", to: &output)
            writer.writePriority(ICECandidate.priority(of: .peerReflexive, localPreference: 0), to: &output)
            writer.writeRole(.controlling(tieBreaker: transaction.low), to: &output)
            writer.writeIntegrity(password: credentials.password, to: &output)
            writer.writeFingerprint(to: &output)
            count = output.finalize(for: raw)
        }
    }
}

/// Datagrams to and from one address.
private final class DatagramCodec: ChannelDuplexHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>

    private let remote: SocketAddress

    init(_ remote: SocketAddress) { self.remote = remote }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        guard envelope.remoteAddress == remote else { return }
        context.fireChannelRead(wrapInboundOut(envelope.data))
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let envelope = AddressedEnvelope(remoteAddress: remote, data: unwrapOutboundIn(data))
        context.write(wrapOutboundOut(envelope), promise: promise)
    }
}

/// Packets in a stream, two bytes of length before each (RFC 4571).
private final class FrameCodec: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var input = ByteBuffer()

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        input.writeBuffer(&bytes)
        while let packet = input.readLengthPrefixedSlice(as: UInt16.self) {
            context.fireChannelRead(wrapInboundOut(packet))
        }
        input.discardReadBytes()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let packet = unwrapOutboundIn(data)
        var frame = context.channel.allocator.buffer(capacity: packet.readableBytes + 2)
        frame.writeInteger(UInt16(packet.readableBytes))
        frame.writeImmutableBuffer(packet)
        context.write(wrapOutboundOut(frame), promise: promise)
    }
}
