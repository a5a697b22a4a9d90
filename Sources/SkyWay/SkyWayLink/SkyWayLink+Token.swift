// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Logging

/// How a link keeps its token fresh, for the RTC API and the SFU API alike.
extension SkyWayLink {
    /// Renews the token for as long as the link lasts.
    func keepToken() async {
        while !Task.isCancelled, endReason == nil {
            switch tokens.next(at: clock.now()) {
            case .wait(let duration): try? await renewalPrompts.next(after: renewalPrompts.count, within: duration)
            case .get: await getToken()
            case .update(let token): await updateToken(token)
            case .end(let error): end(error)
            }
        }
    }

    private func getToken() async {
        await readServerTimeOrDate()
        do {
            let token = try await supply.token()
            tokens.got(token, at: clock.now(), jitter: .random(in: 0..<1))
            tokenChanges.wake()
        } catch {
            logger.debug("No other token", metadata: ["error": "\(error)"])
            if tokens.gotNone(at: clock.now(), jitter: .random(in: 0..<1)) {
                eventContinuation.yield(.tokenNotRenewed(error))
            }
        }
    }

    private func updateToken(_ token: AuthToken) async {
        do {
            try await api.updateAuthToken(token)
            tokens.updated()
            tokenChanges.wake()
            eventContinuation.yield(.tokenRenewed(life: token.life(at: clock.now())))
        } catch let error as SkyWayError {
            logger.debug("Token was not taken", metadata: ["error": "\(error)"])
            switch tokens.notUpdated(error, at: clock.now(), jitter: .random(in: 0..<1)) {
            case .again: break
            case .reconnect: await api.reconnect()
            case .end(let error): end(error)
            }
        } catch {
            // Only a cancelled task has other errors.
            return
        }
    }

    // MARK: Refusals

    /// A service refused a token.
    ///
    /// - Returns: whether there will be another one at once.
    @discardableResult
    func refused(_ token: AuthToken) -> Bool {
        let isReplaced = tokens.refused(token, at: clock.now())
        promptRenewal()
        return isReplaced
    }

    /// Has the renewal look again at what is to be done.
    func promptRenewal() {
        renewalPrompts.wake()
        tokenChanges.wake()
    }

    private func waitForToken(otherThan token: AuthToken) async throws {
        while tokens.token == token { try await tokenChanges.next() }
    }

    /// Makes a call of the SFU API with the newest token, and once more with another one where that is refused.
    func authorized<Result: Sendable>(
        _ call: (AuthToken) async throws(SkyWayError) -> Result
    ) async throws(SkyWayError) -> Result {
        let token = tokens.token
        do {
            return try await call(token)
        } catch {
            guard error.code == .tokenRefused, refused(token) else { throw error }
            try? await withTimeout(.seconds(5), error: error) { try await self.waitForToken(otherThan: token) }
            guard tokens.token != token else { throw error }
            return try await call(tokens.token)
        }
    }
}
