// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import HTTPKit
import HTTPTypes
import RTC
import RTCCrypto

/// The ICE sessions of those who watch by WHEP, for as long as they watch.
actor WHEPSessions {
    private struct Entry {
        var ice: ICEResource
        let transportID: String
        /// What was answered, as an ICE restart repeats it.
        let fragment: SDPFragment
    }

    private var entries: [String: Entry] = [:]

    /// Notes a session that has begun, and forgets those that are over.
    ///
    /// - Parameters:
    ///   - id: the session.
    ///   - transportID: its transport.
    ///   - answer: what the viewer was answered.
    ///   - present: every session that is not over.
    /// - Returns: names the ICE session.
    func add(_ id: String, transportID: String, answer: SDPAnswer, present: Set<String>) -> EntityTag {
        entries = entries.filter { present.contains($0.key) }
        let ice = ICEResource(peer: answer.remote.credentials.usernameFragment)
        entries[id] = Entry(ice: ice, transportID: transportID, fragment: answer.fragment)
        return ice.tag
    }

    /// Forgets a session.
    func remove(_ id: String) {
        entries[id] = nil
    }

    /// Takes what a viewer has to say of ICE after its offer.
    ///
    /// A lite transport learns the viewer's addresses from its checks, and asks none of its candidates.
    ///
    /// - Parameters:
    ///   - fragment: what it says.
    ///   - condition: which ICE session it means.
    ///   - id: its session.
    ///   - restart: gives a transport new credentials.
    /// - Returns: what it is answered where ICE begins anew; `nil` for candidates.
    /// - Throws: the refusal; everything is as before then.
    func take(
        _ fragment: SDPFragment,
        condition: EntityTagCondition?,
        of id: String,
        restart: @Sendable (String) async throws(SFUAPIError) -> ICECredentials
    ) async throws(SFUAPIError) -> (fragment: SDPFragment, tag: EntityTag)? {
        guard let entry = entries[id] else { throw .notFound("session") }
        let peer = fragment.credentials?.usernameFragment
        let request: ICEResource.Request
        do throws(ICEResource.Refusal) {
            request = try entry.ice.judge(peer: peer, condition: condition, isStrict: false)
        } catch {
            throw SFUAPIError(.preconditionFailed, "The ICE session is another one by now.")
        }
        guard request == .restart, let peer else { return nil }
        var restarted = entry.ice
        restarted.restart(peer: peer)
        // Noted first, so that requests that come meanwhile are judged by it.
        entries[id]?.ice = restarted
        do throws(SFUAPIError) {
            var answer = entry.fragment
            answer.credentials = try await restart(entry.transportID)
            return (answer, restarted.tag)
        } catch {
            if entries[id]?.ice.tag == restarted.tag { entries[id]?.ice = entry.ice }
            throw error
        }
    }
}
