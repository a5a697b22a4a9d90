// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOTLS
import RTC

/// Goes through the layers of one connection by hand, so that each can fail apart: TCP, TLS, HTTP.
struct HostProbe: Sendable {
    /// What is trusted.
    var tls: TLSConfiguration
    /// The limit of each layer.
    var timeout: Duration

    /// Why a layer could not be had.
    enum Failure: Error, CustomStringConvertible {
        /// The host, or somebody on the way, says that nobody listens.
        case refused
        /// Nothing came.
        case silent
        /// The network knows no way.
        case unreachable(String)
        /// The other side ended the connection.
        case closed
        /// TLS could not be agreed upon.
        case tls(String)
        /// What came is no HTTP.
        case notHTTP(String)

        var description: String {
            switch self {
            case .refused: "connection refused"
            case .silent: "no answer"
            case .closed: "the connection was closed"
            case .unreachable(let reason), .tls(let reason): reason
            case .notHTTP(let reason): "what comes is no HTTP: \(reason)"
            }
        }
    }

    /// What TLS has agreed upon.
    struct Security: Sendable {
        var version: String
        /// The server's certificate in DER.
        var certificate: [UInt8]?
    }

    /// An answer by HTTP.
    struct Answer: Sendable {
        var status: Int
        var headers: HTTPHeaders
        var body: [UInt8]
        var roundTrip: Duration
    }

    // MARK: TCP

    /// Opens a connection.
    func connect(to address: TransportAddress) async throws -> (any Channel, took: Duration) {
        let began = ContinuousClock.now
        do {
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(TimeAmount(timeout))
                .connect(to: SocketAddress(ipAddress: address.ip.description, port: Int(address.port)))
                .get()
            return (channel, .now - began)
        } catch {
            throw Self.failure(error)
        }
    }

    static func failure(_ error: any Error) -> Failure {
        switch error {
        case let error as Failure: error
        case let error as IOError where error.errnoCode == ECONNREFUSED: .refused
        case let error as IOError where error.errnoCode == ETIMEDOUT: .silent
        case let error as IOError where [ENETUNREACH, EHOSTUNREACH, EADDRNOTAVAIL].contains(error.errnoCode):
            .unreachable(String(cString: strerror(error.errnoCode)))
        case let error as IOError where [ECONNRESET, EPIPE].contains(error.errnoCode): .closed
        case ChannelError.connectTimeout: .silent
        case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError: .tls("\(error)")
        case let error as TURNFailure: .unreachable("\(error)")
        case is HTTPParserError: .notHTTP("\(error)")
        default: .unreachable("\(error)")
        }
    }

    // MARK: TLS

    /// Secures a connection.
    ///
    /// - Parameters:
    ///   - channel: the connection.
    ///   - name: the name that the certificate has to have.
    ///   - verifies: whether the certificate is checked.
    /// - Returns: what was agreed upon.
    /// - Throws: `Failure`.
    func secure(_ channel: any Channel, as name: String, verifies: Bool = true) async throws -> Security {
        var configuration = tls
        if !verifies { configuration.certificateVerification = .none }
        let context = try NIOSSLContext(configuration: configuration)
        // An address is no server name (RFC 6066 §3).
        let serverName = IPAddress(name) == nil ? name : nil
        let secured = channel.eventLoop.makePromise(of: Void.self)
        let timer = Self.limit(channel, secured, timeout)
        channel.eventLoop.execute {
            do {
                let client = try NIOSSLClientHandler(context: context, serverHostname: serverName)
                try channel.pipeline.syncOperations.addHandlers([client, HandshakeWaiter(secured)])
            } catch {
                secured.fail(error)
            }
        }
        do {
            try await secured.futureResult.get()
        } catch {
            throw Self.failure(error)
        }
        timer.cancel()
        return try await channel.eventLoop.submit {
            let pipeline = channel.pipeline.syncOperations
            let version = try pipeline.nioSSL_tlsVersion().map(Self.text) ?? "TLS"
            return Security(version: version, certificate: try pipeline.nioSSL_peerCertificate()?.toDERBytes())
        }.get()
    }

    private static func text(_ version: TLSVersion) -> String {
        switch version {
        case .tlsv1: "TLS 1.0"
        case .tlsv11: "TLS 1.1"
        case .tlsv12: "TLS 1.2"
        case .tlsv13: "TLS 1.3"
        }
    }

    private static func limit<Value>(
        _ channel: any Channel,
        _ promise: EventLoopPromise<Value>,
        _ timeout: Duration
    ) -> Scheduled<Void> {
        channel.eventLoop.scheduleTask(in: TimeAmount(timeout)) {
            promise.fail(Failure.silent)
            channel.close(promise: nil)
        }
    }

    // MARK: HTTP

    /// Asks once by HTTP/1.1; the connection ends with the answer.
    func ask(_ channel: any Channel, _ method: HTTPMethod, _ path: String, host: String) async throws -> Answer {
        let began = ContinuousClock.now
        let answered = channel.eventLoop.makePromise(of: Answer.self)
        let timer = Self.limit(channel, answered, timeout)
        channel.eventLoop.execute {
            do {
                let pipeline = channel.pipeline.syncOperations
                try pipeline.addHTTPClientHandlers()
                try pipeline.addHandler(AnswerCollector(answered, began: began))
                let headers: HTTPHeaders = ["Host": host, "Connection": "close"]
                let head = HTTPRequestHead(version: .http1_1, method: method, uri: path, headers: headers)
                channel.write(HTTPClientRequestPart.head(head), promise: nil)
                channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
            } catch {
                answered.fail(error)
            }
        }
        defer {
            timer.cancel()
            channel.close(promise: nil)
        }
        do {
            return try await answered.futureResult.get()
        } catch {
            throw Self.failure(error)
        }
    }

    /// All layers at once.
    ///
    /// - Parameters:
    ///   - path: what is asked for.
    ///   - address: where.
    ///   - host: by which name.
    ///   - isSecure: whether TLS comes first; the certificate is not checked.
    /// - Returns: the answer.
    /// - Throws: `Failure`.
    func get(_ path: String, at address: TransportAddress, host: String, isSecure: Bool) async throws -> Answer {
        let (channel, _) = try await connect(to: address)
        do {
            if isSecure { _ = try await secure(channel, as: host, verifies: false) }
            return try await ask(channel, .GET, path, host: host)
        } catch {
            channel.close(promise: nil)
            throw error
        }
    }
}

/// Tells when the handshake of TLS is over.
private final class HandshakeWaiter: ChannelInboundHandler {
    typealias InboundIn = NIOAny

    private let secured: EventLoopPromise<Void>

    init(_ secured: EventLoopPromise<Void>) { self.secured = secured }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted? = event as? TLSUserEvent { secured.succeed() }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        secured.fail(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        secured.fail(HostProbe.Failure.closed)
        context.fireChannelInactive()
    }
}

/// Collects one answer.
private final class AnswerCollector: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    /// The longest body that is kept.
    private static let maximumBody = 64 << 10

    private let answered: EventLoopPromise<HostProbe.Answer>
    private let began: ContinuousClock.Instant
    private var answer: HostProbe.Answer?

    init(_ answered: EventLoopPromise<HostProbe.Answer>, began: ContinuousClock.Instant) {
        self.answered = answered
        self.began = began
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            answer = HostProbe.Answer(
                status: Int(head.status.code),
                headers: head.headers,
                body: [],
                roundTrip: .now - began
            )
        case .body(let buffer):
            let room = Self.maximumBody - (answer?.body.count ?? 0)
            answer?.body += buffer.readableBytesView.prefix(max(0, room))
        case .end:
            if let answer { answered.succeed(answer) }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        answered.fail(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        // Not every server ends an answer as HTTP has it before it ends the connection.
        if let answer { answered.succeed(answer) } else { answered.fail(HostProbe.Failure.closed) }
        context.fireChannelInactive()
    }
}
