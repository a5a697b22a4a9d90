// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import RTC

/// The sockets of the shared port: one for IPv4, one for IPv6 where the machine has it, and with each one that takes
/// TCP connections where they are wanted.
struct SharedSockets {
    private(set) var ipv4: DatagramSocket?
    private(set) var ipv6: DatagramSocket?
    private(set) var ipv4Listener: StreamListener?
    private(set) var ipv6Listener: StreamListener?

    /// Another port is tried this often when any will do.
    private static let attempts = 16

    /// Opens the sockets, all of a transport on one number.
    init(_ configuration: MediaWorkerConfiguration) throws(SocketError) {
        let takesAny = configuration.port == 0 || configuration.streams?.port == 0
        for _ in 1..<Self.attempts where takesAny {
            do throws(SocketError) {
                self = try SharedSockets(trying: configuration)
                return
            } catch {
                guard error.isAddressInUse else { throw error }
            }
        }
        self = try SharedSockets(trying: configuration)
    }

    private init(trying configuration: MediaWorkerConfiguration) throws(SocketError) {
        var options = configuration.socketOptions
        options.packetInfo = true
        options.receiveOffload = configuration.coalescesReceived
        let address = TransportAddress(configuration.address, port: configuration.port)
        let first = try DatagramSocket(bindingTo: address, options: options)
        let number = first.localAddress.port
        let streamNumber = configuration.streams.map { $0.port ?? number }
        let listener = try streamNumber.map { number throws(SocketError) in
            try StreamListener(bindingTo: TransportAddress(configuration.address, port: number))
        }
        guard configuration.address.isIPv4 else {
            (ipv6, ipv6Listener) = (first, listener)
            return
        }
        (ipv4, ipv4Listener) = (first, listener)
        guard configuration.address == .anyIPv4 else { return }
        do throws(SocketError) {
            ipv6 = try DatagramSocket(bindingTo: TransportAddress(.anyIPv6, port: number), options: options)
            if let listener {
                ipv6Listener = try StreamListener(bindingTo: TransportAddress(.anyIPv6, port: listener.port))
            }
        } catch {
            // A machine without IPv6 does without.
            if error.isAddressInUse { throw error }
        }
    }

    /// What candidates are made of.
    var port: SharedPort {
        SharedPort(
            number: (ipv4 ?? ipv6)?.localAddress.port ?? 0,
            hasIPv4: ipv4 != nil,
            hasIPv6: ipv6 != nil,
            streamNumber: (ipv4Listener ?? ipv6Listener)?.port,
            hasIPv4Streams: ipv4Listener != nil,
            hasIPv6Streams: ipv6Listener != nil
        )
    }
}
