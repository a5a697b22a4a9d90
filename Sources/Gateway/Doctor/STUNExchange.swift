// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import RTC
import RTCCrypto

/// The exchange of requests and answers on one channel.
final class STUNExchange: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Between two requests.
    private static let interval = TimeAmount.milliseconds(200)

    private let credentials: ICECredentials
    private let timeout: TimeAmount
    private let answered: EventLoopPromise<Duration>
    private let isOpen: Bool
    /// How many answers are waited for: of several the fastest tells the round trip.
    private var wanted = 3
    private var sent: [STUNTransactionID: ContinuousClock.Instant] = [:]
    private var best: Duration?
    private var timers: [Scheduled<Void>] = []

    /// Makes an exchange.
    ///
    /// - Parameters:
    ///   - credentials: the SFU's.
    ///   - timeout: the limit of all of it.
    ///   - isOpen: whether the way is there already; otherwise `TURNChannelOpened` tells it.
    ///   - answered: is told the shortest round trip.
    init(_ credentials: ICECredentials, timeout: TimeAmount, isOpen: Bool, _ answered: EventLoopPromise<Duration>) {
        self.credentials = credentials
        self.timeout = timeout
        self.isOpen = isOpen
        self.answered = answered
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        timers.append(context.eventLoop.scheduleTask(in: timeout) { bound.value.handler.finish() })
        if isOpen { send(context) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is TURNChannelOpened { send(context) }
        context.fireUserInboundEventTriggered(event)
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
