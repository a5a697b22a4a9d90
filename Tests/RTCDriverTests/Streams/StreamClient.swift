// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import RTC
import Testing

@testable import RTCDriver

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// A TCP client of a worker, to do right or wrong with.
final class StreamClient {
    private(set) var descriptor: Int32
    /// Whether the worker has closed the connection, or reset it.
    private(set) var isEnded = false
    private var received: [UInt8] = []

    /// Connects to a worker's TCP port.
    ///
    /// - Parameters:
    ///   - port: the port, on 127.0.0.1.
    ///   - source: the address to come from.
    /// - Throws: `SocketError` where nobody listens.
    init(to port: UInt16, from source: IPAddress = .loopbackIPv4) throws {
        descriptor = socket(AF_INET, Platform.stream, 0)
        try #require(descriptor >= 0)
        Platform.setOption(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        _ = try SocketName(TransportAddress(source, port: 0), family: .ipv4).bind(descriptor)
        let name = SocketName(TransportAddress(.loopbackIPv4, port: port), family: .ipv4)
        let descriptor = descriptor
        #if canImport(Darwin)
            let result = name.withSocketAddress { Darwin.connect(descriptor, $0, $1) }
        #else
            let result = name.withSocketAddress { Glibc.connect(descriptor, $0, $1) }
        #endif
        guard result == 0 else { throw SocketError(operation: .open, number: Platform.errorNumber) }
        Platform.makeNonBlocking(descriptor)
    }

    deinit { close() }

    /// The address that the worker sees.
    var address: TransportAddress? {
        SocketName(of: descriptor)?.address.map { TransportAddress($0.ip, port: $0.port, transport: .tcp) }
    }

    /// Ends the connection.
    func close() {
        if descriptor >= 0 { Platform.close(descriptor) }
        descriptor = -1
    }

    /// Ends the connection with a reset.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    /// Tells the worker that nothing more will come.
    func finishSending() {
        #if canImport(Darwin)
            shutdown(descriptor, SHUT_WR)
        #else
            shutdown(descriptor, Int32(SHUT_WR))
        #endif
    }

    /// Sends bytes as they are; says how many the system took.
    @discardableResult
    func send(_ bytes: some Collection<UInt8>) -> Int {
        let bytes = Array(bytes)
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { rest in
                #if canImport(Darwin)
                    Darwin.send(descriptor, rest.baseAddress, rest.count, 0)
                #else
                    Glibc.send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
                #endif
            }
            guard count > 0 else { return sent }
            sent += count
        }
        return sent
    }

    /// The frame of a packet.
    static func frame(_ packet: [UInt8]) -> [UInt8] {
        [UInt8(packet.count >> 8), UInt8(packet.count & 255)] + packet
    }

    /// The packets that have come whole since the last call.
    func packets() -> [[UInt8]] {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while !isEnded, descriptor >= 0 {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else {
                isEnded = count == 0 || Platform.errorNumber != EAGAIN
                break
            }
            received += buffer[..<count]
        }
        var packets: [[UInt8]] = []
        var start = 0
        while received.count - start >= 2 {
            let end = start + 2 + (Int(received[start]) << 8 | Int(received[start + 1]))
            guard end <= received.count else { break }
            packets.append(Array(received[start + 2..<end]))
            start = end
        }
        received.removeFirst(start)
        return packets
    }

    /// The next packets; none once the connection has ended.
    func nextPackets() async throws -> [[UInt8]] {
        while true {
            let packets = packets()
            if !packets.isEmpty || isEnded { return packets }
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    /// Returns once the worker has closed the connection; what comes until then is dropped.
    func ends() async throws {
        while !isEnded {
            _ = packets()
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    /// Sends a check and says whether it was answered with success.
    func check(_ credentials: ICECredentials, isNominating: Bool = true) async throws -> Bool {
        let check = ConnectivityCheck(
            fragment: credentials.usernameFragment,
            password: credentials.password,
            isNominating: isNominating
        )
        send(Self.frame(check.bytes))
        return try await nextPackets().first.map { $0.starts(with: [0x01, 0x01]) } ?? false
    }
}

extension MediaWorkerConfiguration {
    /// Any port of the loopback interface, for UDP and TCP.
    static func streams(_ configure: (inout StreamConfiguration) -> Void = { _ in }) -> MediaWorkerConfiguration {
        var configuration = MediaWorkerConfiguration.loopback
        var streams = StreamConfiguration()
        configure(&streams)
        configuration.streams = streams
        return configuration
    }
}

extension MediaWorker.Handle {
    /// A lite session that waits for its peer.
    func openLite() async throws -> (session: MediaSession, credentials: ICECredentials) {
        var generator = SystemRandomNumberGenerator()
        let credentials = ICECredentials.make(using: &generator)
        let certificate = try #require(SessionPair.certificate)
        let session = try await open(
            SessionPair.configuration(.lite(credentials, .mediasoup), dtls: nil, certificate)
        )
        return (session, credentials)
    }
}

extension MediaSession {
    /// Returns once its path is as wanted, or the session has ended; says whether it came to that.
    func becomes(_ wanted: ICEState) async -> Bool {
        for await event in events {
            if case .iceState(let state) = event, state == wanted { return true }
        }
        return false
    }
}
