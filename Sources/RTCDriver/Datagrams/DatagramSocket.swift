// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

internal import CDatagram
internal import RTC

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// A non-blocking UDP socket; closed when it is let go.
///
/// It starts unconnected. `connect(to:)` pins it to one peer, which spares the kernel a route look-up per packet and
/// lets runs of packets leave as one; `disconnect()` undoes that and keeps the port.
final class DatagramSocket {
    /// The descriptor.
    let descriptor: Int32
    /// The family of the names it takes.
    let family: SocketFamily
    /// The address it is bound to, with the port that the system chose where 0 was asked for.
    let localAddress: TransportAddress
    /// The one peer it talks to, where it is connected.
    private(set) var connectedPeer: TransportAddress?
    /// Whether runs of equal size may leave as one send: until the system refuses one for the first time.
    var canSegment: Bool
    /// Whether they might before it did.
    private let couldSegment: Bool
    /// Its place among the sockets of a batch that have packets to send, or −1.
    var pendingIndex = -1
    /// The place of the peer whose own it is in the worker's table, or −1.
    var owner = -1
    /// Whether the system has said that the peer's port is closed, and nobody has looked since.
    var isRefused = false
    /// Whether what the system said was that no way leads to the peer from the socket's address, which may have gone.
    var hasLostRoute = false

    /// Opens a socket and binds it.
    ///
    /// - Parameters:
    ///   - address: the address; an unspecified one for all interfaces, port 0 for any port.
    ///   - options: buffer size and what the kernel may do for us.
    /// - Throws: `SocketError`.
    init(bindingTo address: TransportAddress, options: DatagramSocketOptions) throws(SocketError) {
        family = address.ip.isIPv4 ? .ipv4 : .ipv6
        descriptor = socket(family.rawValue, Platform.datagram, 0)
        guard descriptor >= 0 else { throw SocketError(operation: .open, number: Platform.errorNumber) }
        connectedPeer = nil
        couldSegment = options.segmentationOffload && datagram_can_segment()
        canSegment = couldSegment
        Platform.makeNonBlocking(descriptor)
        do throws(SocketError) {
            localAddress = try Self.bind(descriptor, to: address, family: family, options: options)
        } catch {
            close(descriptor)
            throw error
        }
    }

    deinit { close(descriptor) }

    private static func bind(
        _ descriptor: Int32,
        to address: TransportAddress,
        family: SocketFamily,
        options: DatagramSocketOptions
    ) throws(SocketError) -> TransportAddress {
        setBufferSizes(of: descriptor, to: options.bufferSize)
        if family == .ipv6 {
            Platform.setOption(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, options.isDualStack ? 0 : 1)
        }
        if options.packetInfo { _ = datagram_enable_packet_info(descriptor, family.rawValue) }
        if options.receiveOffload { _ = datagram_enable_receive_offload(descriptor) }
        return try SocketName(address, family: family).bind(descriptor)
    }

    /// The address the socket is bound to right now: once connected, the one that leads to the peer.
    var currentLocalAddress: TransportAddress? { SocketName(of: descriptor)?.address }

    /// Asks for large buffers; where we may not have more than the system's limit, we get that.
    private static func setBufferSizes(of descriptor: Int32, to size: Int32) {
        #if os(Linux)
            // Beyond the limit for processes that may administer the network.
            if Platform.setOption(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, size),
                Platform.setOption(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, size)
            {
                return
            }
        #endif
        Platform.setOption(descriptor, SOL_SOCKET, SO_RCVBUF, size)
        Platform.setOption(descriptor, SOL_SOCKET, SO_SNDBUF, size)
    }

    /// Pins the socket to a peer, or to another one; says whether that worked.
    @discardableResult
    func connect(to peer: TransportAddress) -> Bool {
        guard peer != connectedPeer else { return true }
        guard canReach(peer), connectDescriptor(SocketName(peer, family: family)) else { return false }
        connectedPeer = peer
        return true
    }

    /// Lets the socket talk to anybody again.
    func disconnect() {
        guard connectedPeer != nil else { return }
        connectedPeer = nil
        var nobody = SocketName()
        nobody.storage.sin6_family = sa_family_t(AF_UNSPEC)
        _ = connectDescriptor(nobody)
        // Linux gives up a port that it chose itself; naming the port keeps it from now on.
        _ = try? SocketName(localAddress, family: family).bind(descriptor)
    }

    /// Lets the socket leave by any address of ours, since none leads to its peer from the one that it had.
    func leaveLostRoute() {
        hasLostRoute = false
        // What the system refused to split it would have refused in any form.
        canSegment = couldSegment
        disconnect()
    }

    /// Whether an address is one that the socket can send to.
    func canReach(_ peer: TransportAddress) -> Bool {
        peer.transport == .udp && (family == .ipv6 || peer.ip.isIPv4)
    }

    private func connectDescriptor(_ name: SocketName) -> Bool {
        #if canImport(Darwin)
            unsafe name.withSocketAddress { unsafe Darwin.connect(descriptor, $0, $1) } == 0
        #else
            unsafe name.withSocketAddress { unsafe Glibc.connect(descriptor, $0, $1) } == 0
        #endif
    }
}

/// What a socket is opened with.
struct DatagramSocketOptions: Sendable {
    /// The size asked for both buffers, in bytes; the system may give less.
    var bufferSize: Int32 = 4 << 20
    /// Whether received datagrams carry the local address they came to.
    var packetInfo = false
    /// Whether the kernel may hand over several datagrams of equal size as one.
    var receiveOffload = false
    /// Whether runs of equal size may be handed to the kernel as one send.
    var segmentationOffload = true
    /// Whether an IPv6 socket also reaches IPv4.
    var isDualStack = false
}
