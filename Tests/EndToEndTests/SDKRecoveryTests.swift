// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

extension EndToEnd.SDK {
    @Suite("Tokens")
    struct TokenTests {
        private struct Event: Decodable {
            let name: String
            let at: Double
        }

        private struct Update: Decodable {
            let foreign: SDKFailure
            let events: [Event]
            let goesOn: Double
        }

        @Test("The reminder comes before the end, and what it is answered with counts from then on")
        func update() async throws {
            let run: SDKRun<Update> = try await Stage.sdk("sdk_recovery", "newToken")
            #expect(run.value.foreign.name == "invalidTokenAppId")
            #expect(run.value.events.map(\.name) == ["reminder", "updated"])
            #expect(run.value.goesOn < 3)
            run.expectConsole()
        }

        private struct Expiry: Decodable {
            let events: [Event]
            let refused: SDKFailure
            let goesOnExpired, goesOn, updateSeconds: Double
            let disposed: Bool
        }

        @Test("After the end calls are refused and media goes on; a new token mends it at once")
        func expiry() async throws {
            let run: SDKRun<Expiry> = try await Stage.sdk("sdk_recovery", "expiry")
            #expect(run.value.events.map(\.name) == ["reminder", "expired", "updated"])
            // The SDK has no name of its own for this refusal.
            #expect(run.value.refused.name == "internalError" && run.value.refused.seconds < 2)
            #expect(run.value.goesOnExpired < 3 && run.value.goesOn < 3)
            #expect(run.value.updateSeconds < 2 && !run.value.disposed)
            run.expectConsole()
        }

        private struct Wrong: Decodable {
            let expired, soonExpired, otherSecret, noToken, create, publish, close: SDKFailure
        }

        @Test("A wrong token makes no context, and one that allows little makes none of the rest")
        func wrong() async throws {
            let run: SDKRun<Wrong> = try await Stage.sdk("sdk_recovery", "wrongTokens")
            let wrong = run.value
            for refused in [wrong.expired, wrong.soonExpired, wrong.otherSecret] {
                #expect(refused.name == "connectRtcApiFailed" && refused.seconds < 5)
            }
            #expect(wrong.noToken.name == "invalidParameter")
            #expect(wrong.create.name == "insufficientPermissions" && wrong.publish.name == "insufficientPermissions")
            #expect(wrong.close.name != "")
            run.expectConsole(only: ["WebSocket connection to", "[failed] createChannel", "deleteChannel failed"])
        }
    }

    @Suite("What is lost and comes back")
    struct RecoveryTests {
        private struct LostSocket: Decodable {
            let cut, duringCut: Int
            let publications: [String]
            let callSeconds, caughtUpSeconds, cutSeconds, goesOn: Double
        }

        @Test(
            "After a lost socket the SDK comes back, its call is made once, and nothing is missed",
            arguments: [
                "sfu", "default",
            ]
        )
        func lostSocket(type: String) async throws {
            let run = try await Stage.run("sdk-lost-socket-\(type)") { stage in
                try await stage.startSkyWay()
                try await stage.startGateway()
                let observer = ChannelObserver("stage", on: stage, in: .gateway)
                let options = #"{"type":"\#(type)"}"#
                let browser = try stage.sdk("sdk_recovery", "lostSocket", options: options)
                try await browser.event("cut", within: .seconds(40))
                let clip = stage.publishClip(in: "stage", as: "clip")
                _ = try await observer.snapshot("what is published meanwhile", within: .seconds(20)) {
                    $0.publications.count == 6
                }
                browser.process.send(SIGUSR1)
                let run = try await browser.result(SDKRun<LostSocket>.self, within: .seconds(60))
                clip.send(SIGINT)
                return run
            }
            let lost = run.value
            print(
                "SDK LOST SOCKET \(type): \(lost.cut) cut for \(lost.cutSeconds) s, back after \(lost.caughtUpSeconds) s"
            )
            #expect(lost.cut >= 2 && lost.duringCut == 1)
            #expect(lost.publications.sorted() == ["audio", "video"])
            #expect(lost.callSeconds <= 15 && lost.caughtUpSeconds <= 15 && lost.goesOn < 3)
            run.expectConsole(only: ["WebSocket connection to", "net::ERR_CONNECTION"])
        }

        private struct IceRestart: Decodable {
            let publisher, viewer: [String]
            let noticedSeconds, resumedSeconds: Double
            let restarts, connects: [Int]
            let before, after: Int
        }

        @Test("After a lost path both sides restart ICE and the media goes on without a new handshake")
        func iceRestart() async throws {
            let run: SDKRun<IceRestart> = try await Stage.sdk("sdk_recovery", "iceRestart", seconds: 80)
            let restart = run.value
            print("SDK ICE: noticed after \(restart.noticedSeconds) s, resumed after \(restart.resumedSeconds) s")
            for states in [restart.publisher, restart.viewer] {
                #expect(states.first == "reconnecting" && states.last == "connected")
            }
            #expect(restart.restarts.allSatisfy { $0 >= 1 } && restart.connects == [1, 1])
            #expect(restart.resumedSeconds <= 10 && restart.after > restart.before)
            run.expectConsole()
        }

        private struct Disconnected: Decodable {
            let isKnown: Bool
            let fatal: String
            let leftSeconds: Double?
        }

        @Test("Who asked to leave with its connection is gone when that is cut")
        func leaveWhenDisconnected() async throws {
            let run: SDKRun<Disconnected> = try await Stage.sdk("sdk_recovery", "leaveWhenDisconnected")
            let left = run.value
            if left.isKnown {
                #expect(left.fatal == "membersLeftByDisconnection" && left.leftSeconds.map { $0 < 2 } == true)
            } else {
                // The SDK before 2.4.
                #expect(left.fatal == "")
            }
            run.expectConsole(only: ["onFatalError"])
        }

        private struct ClosedPage: Decodable {
            let leftSeconds, removedSeconds: Double
        }

        @Test("Who closes the page leaves at once, and who can't say so once its time has run out")
        func closedPage() async throws {
            let run: SDKRun<ClosedPage> = try await Stage.sdk("sdk_recovery", "closedPage")
            print("SDK CLOSED PAGE: left after \(run.value.leftSeconds) s, removed after \(run.value.removedSeconds) s")
            // Both told the server to keep them for 3 + 3 s, at most 3 s before; the first one says goodbye, too, which a
            // busy browser may be too late for.
            #expect(run.value.leftSeconds <= 8)
            #expect((2...8).contains(run.value.removedSeconds))
            run.expectConsole()
        }
    }
}
