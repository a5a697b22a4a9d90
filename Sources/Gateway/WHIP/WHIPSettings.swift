// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import SkyWay

/// What the WHIP resources are set up by.
package struct WHIPSettings: Sendable {
    /// The channel of plain `/whip`, where one is configured.
    package var channel: ChannelReference?
    /// Whether that channel can be asked for otherwise.
    package var canAsk = false
    /// Whether publishers are held to every rule of RFC 9725 that many of them break.
    package var isStrict = false
    /// Of what publishers may say the metadata.
    package var publisherMetadata = MetadataSettings().publishers
    /// What publishers are told of STUN and TURN servers.
    package var iceServers: ICEServers?
    /// Where publishers are sent to instead of being taken.
    package var redirect: WebOrigin?
    /// How publishers reach this gateway; makes the addresses of sessions absolute.
    package var publicOrigin: WebOrigin?

    /// Makes settings with the defaults.
    package init() {}
}
