// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

package import HTTPKit
import Logging
package import RTC
import RTCDriver

/// What a publisher says of ICE after its offer (RFC 9725 §4.3).
package struct ICEPatch: Sendable {
    /// What it says.
    package var fragment: SDPFragment
    /// Which ICE session it means.
    package var condition: EntityTagCondition?
    /// Whether it must say that.
    package var isStrict: Bool

    /// Makes a patch.
    package init(_ fragment: SDPFragment, condition: EntityTagCondition?, isStrict: Bool) {
        self.fragment = fragment
        self.condition = condition
        self.isStrict = isStrict
    }
}

/// What a publisher is answered to a patch.
package enum ICEPatchAnswer: Sendable {
    /// Its candidates are taken.
    case taken
    /// ICE begins anew, with this from our side.
    case restarted(SDPFragment, EntityTag)
}

extension Broadcast {
    /// Takes what the publisher has to say of ICE.
    ///
    /// - Parameters:
    ///   - patch: what it says.
    ///   - id: the session that it says it of.
    /// - Returns: what it is answered.
    /// - Throws: `Refusal`; the session goes on as before then.
    func take(_ patch: ICEPatch, of id: SessionID) async throws(Refusal) -> ICEPatchAnswer {
        guard let session, session.id == id, let ingest = session.ingest, let ice = session.ice, !isOver else {
            throw .sessionNotFound
        }
        let peer = patch.fragment.credentials?.usernameFragment
        let request: ICEResource.Request
        do throws(ICEResource.Refusal) {
            request = try ice.judge(peer: peer, condition: patch.condition, isStrict: patch.isStrict)
        } catch {
            throw Refusal(error)
        }
        switch request {
        case .trickle:
            // A lite agent learns the publisher's addresses from its checks, and asks none of its candidates.
            return .taken
        case .restart:
            return try await restartICE(of: session, ingest, peer: peer ?? "", after: ice)
        }
    }

    private func restartICE(
        of session: PublisherSession,
        _ ingest: IngestSession,
        peer: String,
        after former: ICEResource
    ) async throws(Refusal) -> ICEPatchAnswer {
        // Noted first, so that requests that come meanwhile are judged by it.
        var restarted = former
        restarted.restart(peer: peer)
        self.session?.ice = restarted
        do {
            let fragment = try await ingest.restartICE(environment.makeICECredentials())
            session.logger.info("ICE restart")
            return .restarted(fragment, restarted.tag)
        } catch {
            if has(session.id), self.session?.ice?.tag == restarted.tag { self.session?.ice = former }
            let isOver = error as? MediaWorkerError == .sessionEnded
            throw isOver ? .sessionNotFound : .mediaUnavailable
        }
    }
}

extension Refusal {
    fileprivate init(_ refusal: ICEResource.Refusal) {
        self =
            switch refusal {
            case .preconditionRequired: .preconditionRequired
            case .preconditionFailed: .preconditionFailed
            case .missingCredentials:
                .malformedFragment(
                    SDPError(
                        .missingCredentials,
                        "The fragment has no a=ice-ufrag and a=ice-pwd; send those of the offer."
                    )
                )
            }
    }
}
