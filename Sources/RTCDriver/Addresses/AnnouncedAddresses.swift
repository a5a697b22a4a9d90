// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import RTC
internal import Synchronization

/// The addresses that peers are told for media, as they are when somebody asks: interfaces come and go.
///
/// Shared by all workers of a process. Looking costs a few system calls, so it is done by who opens a session, never on
/// a worker's thread. Sessions that run don't depend on it: they use whatever address the peer's packets come to.
package final class AnnouncedAddresses: Sendable {
    /// Whether the addresses of this machine's interfaces are told beside those configured.
    package let includesInterfaces: Bool
    private let list: Mutex<[IPAddress]>

    /// Makes a list.
    ///
    /// - Parameters:
    ///   - addresses: what to tell first, best first.
    ///   - includesInterfaces: whether the addresses of this machine's interfaces are told too.
    package init(_ addresses: [IPAddress] = [], includesInterfaces: Bool = true) {
        list = Mutex(addresses)
        self.includesInterfaces = includesInterfaces
    }

    /// What to tell first, best first.
    package var configured: [IPAddress] {
        get { list.withLock(\.self) }
        set { list.withLock { $0 = newValue } }
    }

    /// The addresses at this moment, best first.
    ///
    /// - Parameter reached: the address of ours that the peer has reached already, if any.
    /// - Returns: at most eight addresses; none where nothing is configured and interfaces don't count.
    package func current(for reached: IPAddress? = nil) -> [IPAddress] {
        var arrangement = includesInterfaces ? AddressArrangement.ofThisMachine() : AddressArrangement()
        arrangement.announced = configured
        arrangement.reached = reached
        return arrangement.ordered
    }
}
