// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import RTC

/// What a media worker is started with.
package struct MediaWorkerConfiguration: Sendable {
    /// The address its shared port is bound to; 0.0.0.0 stands for all, IPv6 included where the machine has it.
    package var address: IPAddress
    /// The UDP port that all lite sessions share, and the TCP port where there is one; 0 for any number.
    package var port: UInt16
    /// The addresses that candidates name.
    package var announced: AnnouncedAddresses
    /// The size asked for the buffers of each socket, in bytes; the system may give less.
    package var socketBufferSize = 4 << 20
    /// Whether runs of packets of equal size leave as one send that the kernel splits (Linux).
    package var segmentationOffload = true
    /// Whether the kernel may hand over datagrams of equal size as one (Linux).
    ///
    /// Pays where senders or the network card hand the kernel runs, and costs nothing elsewhere but memory, as slots
    /// grow to 64 KiB: 4 MiB a worker.
    package var receiveOffload = true
    /// How long handshakes may go on before packets have their turn again.
    package var handshakeTime: Duration = .milliseconds(1)
    /// How connections to a TCP port are taken (ICE-TCP); `nil` for no such port.
    package var streams: StreamConfiguration?
    /// Whether to do without the calls that only Linux has, as other systems must.
    package var usesPortableCalls = Platform.hasOnlyPortableCalls

    /// Makes a configuration.
    ///
    /// - Parameters:
    ///   - address: what the shared port is bound to.
    ///   - port: the shared port; 0 for any.
    ///   - announcedAddresses: the only addresses that candidates name, best first; `nil` for the one that the port is
    ///     bound to, or those of this machine where it is bound to all.
    package init(address: IPAddress = .anyIPv4, port: UInt16, announcedAddresses: [IPAddress]? = nil) {
        self.address = address
        self.port = port
        let only = announcedAddresses ?? (address == .anyIPv4 ? nil : [address])
        announced = AnnouncedAddresses(only ?? [], includesInterfaces: only == nil)
    }

    /// Whether the shared port's sockets take several datagrams as one.
    var coalescesReceived: Bool { receiveOffload && !usesPortableCalls }

    /// What sockets are opened with.
    var socketOptions: DatagramSocketOptions {
        var options = DatagramSocketOptions()
        options.bufferSize = Int32(clamping: socketBufferSize)
        options.segmentationOffload = segmentationOffload && !usesPortableCalls
        return options
    }

    /// How much memory datagrams are moved in.
    var batch: DatagramBatch.Configuration {
        var configuration = DatagramBatch.Configuration()
        configuration.usesPortableCalls = usesPortableCalls
        if coalescesReceived { configuration.receiveSlotSize = 65_536 }
        return configuration
    }
}
