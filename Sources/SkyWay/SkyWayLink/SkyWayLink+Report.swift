// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import RTC

/// What a link has in SkyWay at one moment, for operators; no secret is in it.
package struct SkyWayLinkReport: Hashable, Sendable {
    /// What SkyWay has of a stream.
    package struct Publication: Hashable, Sendable {
        package var id: String
        /// The SFU's forwarding, which is also the id of the relay; `nil` while there is none.
        package var forwardingID: String?

        package init(id: String, forwardingID: String? = nil) {
            self.id = id
            self.forwardingID = forwardingID
        }
    }

    package var channelID: String?
    package var channelName: String?
    package var memberID: String?
    package var memberName: String
    package var publications: [MediaKind: Publication]
    package var tokenVersion: Int
    /// Seconds since 1970, by SkyWay's clock.
    package var tokenExpiresAt: Int

    package init(
        channelID: String? = nil,
        channelName: String? = nil,
        memberID: String? = nil,
        memberName: String,
        publications: [MediaKind: Publication] = [:],
        tokenVersion: Int,
        tokenExpiresAt: Int
    ) {
        self.channelID = channelID
        self.channelName = channelName
        self.memberID = memberID
        self.memberName = memberName
        self.publications = publications
        self.tokenVersion = tokenVersion
        self.tokenExpiresAt = tokenExpiresAt
    }
}

extension SkyWayLink {
    /// What the link has at this moment.
    package var report: SkyWayLinkReport {
        let publications = MediaKind.allCases.reduce(into: [MediaKind: SkyWayLinkReport.Publication]()) { all, kind in
            guard let id = machine.publicationID(kind) else { return }
            all[kind] = SkyWayLinkReport.Publication(id: id, forwardingID: machine.forwarding(kind)?.forwardingId)
        }
        return SkyWayLinkReport(
            channelID: machine.channel?.id,
            channelName: machine.channel?.name,
            memberID: machine.memberID,
            memberName: request.memberName,
            publications: publications,
            tokenVersion: tokens.token.version,
            tokenExpiresAt: tokens.token.expiresAt
        )
    }
}
