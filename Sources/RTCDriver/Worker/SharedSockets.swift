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

    /// Opens the sockets, all on one number.
    init(_ configuration: MediaWorkerConfiguration) throws(SocketError) {
        for _ in 1..<Self.attempts where configuration.port == 0 {
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
        let listener =
            configuration.streams == nil
            ? nil : try StreamListener(bindingTo: TransportAddress(configuration.address, port: number))
        guard configuration.address.isIPv4 else {
            (ipv6, ipv6Listener) = (first, listener)
            return
        }
        (ipv4, ipv4Listener) = (first, listener)
        guard configuration.address == .anyIPv4, configuration.announced.contains(where: { !$0.isIPv4 }) else { return }
        do throws(SocketError) {
            let any = TransportAddress(IPAddress(high: 0, low: 0), port: number)
            ipv6 = try DatagramSocket(bindingTo: any, options: options)
            if listener != nil { ipv6Listener = try StreamListener(bindingTo: any) }
        } catch {
            // A machine without IPv6 does without.
            if error.isAddressInUse { throw error }
        }
    }
}
