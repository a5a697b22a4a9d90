// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Subprocess
import Synchronization

/// A broadcast that is watched while things go wrong around it: SkyWayLocal, gateway, publisher and viewer, and what
/// each of them tells.
final class RecoveryStage: Sendable {
    let stage: Stage
    let gateway: Service
    let viewer: PeerProcess
    private let live: PeerProcess
    private let skyWay: Mutex<Service>
    private let starts = Mutex(1)

    static let channel = "stage"
    /// The name by which the gateway knows SkyWay.
    static let host = "skyway.test"

    /// Starts all of it, and waits until the viewer sees the picture move.
    ///
    /// - Parameters:
    ///   - stage: where.
    ///   - seconds: how long is published and watched.
    ///   - settings: of the gateway.
    /// - Throws: what did not come about.
    init(on stage: Stage, seconds: Int, settings: [String: String] = [:]) async throws {
        self.stage = stage
        skyWay = Mutex(try await stage.startSkyWay(["--local-api"]))
        gateway = try await stage.startGateway(
            settings: ["SKYWAY_HOST": "\(Self.host):8081", "SKYWAY_MEMBER_NAME": "studio"].merging(settings) { $1 }
        )
        live = stage.peer("watch_live.py", [Stage.gatewayURL, "--seconds", "\(seconds + 60)"], in: .gateway)
        try await live.event("watching", within: .seconds(10))
        viewer = stage.peer(
            "follow_channel.py",
            [Stage.skyWayURL, Self.channel, "--seconds", "\(seconds + 60)"],
            in: .viewer
        )
        _ = Self.libwebrtc().start(on: stage, channel: Self.channel, seconds: seconds)
        try await viewer.event("session", within: .seconds(40))
        try await viewer.event("moving", within: .seconds(10))
    }

    /// A publisher whose first picture has this number.
    static func libwebrtc(from first: Int = 0) -> PublisherCase {
        let options = ["--codec", "VP8", "--first", "\(first)"]
        return PublisherCase(implementation: .wrtc, name: "VP8", codec: "VP8", options: options)
    }

    /// Starts the publisher once more; when it sent its first picture, which has this number.
    func publishAgain(from first: Int) async throws -> Double {
        let publisher = Self.libwebrtc(from: first).start(on: stage, channel: Self.channel, seconds: 120)
        return try await publisher.event("firstFrame", within: .seconds(20)).at
    }

    // MARK: What is broken

    /// Turns a knob of SkyWayLocal; `forwarding=…` and `publication=…` stand for each of those there are.
    func fault(_ text: String) async throws {
        let words = text.split(separator: " ").map(String.init)
        guard let open = words.firstIndex(where: { $0.hasSuffix("=…") }) else { return try await turn(words) }
        for id in words[open] == "forwarding=…" ? try room().relays : try room().origins {
            var words = words
            words[open] = words[open].replacing("…", with: id)
            try await turn(words)
        }
    }

    /// Ends what is left of faults that strike so many calls; a clock that has jumped stays where it is.
    func clearCallFaults() async throws {
        let list = stage.start("faults", in: .viewer, [Machine.gatewayBinary, "fault", "--list"])
        guard try await list.end(within: .seconds(10)).isSuccess else { throw StageError(list.lastWords) }
        for line in list.output.lines() where line.contains("-calls ") {
            let id = line.prefix { $0.isNumber }
            // The last call that it was to strike may just have come.
            try? await turn(["--clear", String(id)])
        }
    }

    private func turn(_ words: [String]) async throws {
        let process = stage.start("fault", in: .viewer, [Machine.gatewayBinary, "fault"] + words)
        guard try await process.end(within: .seconds(10)).isSuccess else { throw StageError(process.lastWords) }
    }

    /// Cuts the gateway's leg to SkyWay for a while; when it was mended.
    func cut(_ transport: String, seconds: Int) async throws -> Double {
        let options = ["viewer", "--protocol", transport, "--seconds", "\(seconds)"]
        let cut = stage.peer("cut_network.py", options, in: .gateway)
        try await cut.event("cut", within: .seconds(10))
        return try await cut.event("mended", within: .seconds(seconds + 10)).at
    }

    /// Ends SkyWayLocal at once and starts it anew, with nothing of what there was; when it was there again.
    func restartSkyWay() async throws -> Double {
        let former = skyWay.withLock { $0 }
        former.process.send(SIGKILL)
        _ = try await former.process.end(within: .seconds(5))
        let number = starts.withLock { count in
            count += 1
            return count
        }
        let service = try await stage.startSkyWay(["--local-api"], as: "local-\(number)")
        skyWay.withLock { $0 = service }
        return monotonicSeconds()
    }

    /// Gives the gateway another address towards SkyWay.
    func changeAddress() async throws -> Double {
        let (old, new) = (Namespaces.gatewayAddressForViewers, "10.77.2.3")
        try await stage.run(["ip", "addr", "del", "\(old)/24", "dev", "viewer"], in: .gateway)
        try await stage.run(["ip", "addr", "add", "\(new)/24", "dev", "viewer"], in: .gateway)
        return monotonicSeconds()
    }

    /// Takes names from the gateway's hosts file, or gives them back.
    func setHosts(_ text: String) throws {
        let folder = "/etc/netns/swg-\(Namespaces.owner)-\(Namespaces.Role.gateway.rawValue)"
        // Written in place: the gateway has this very file in the place of its own.
        let file = try FileHandle(forWritingTo: URL(filePath: "\(folder)/hosts"))
        try file.truncate(atOffset: 0)
        try file.write(contentsOf: Data(text.utf8))
        try file.close()
    }

    /// Waits, as long as what was broken lasts.
    func pause(_ seconds: Double) async throws { try await Task.sleep(for: .seconds(seconds)) }

    /// Stops the gateway's process for a time.
    func stopGateway(_ seconds: Double) async throws {
        gateway.process.send(SIGSTOP)
        try await pause(seconds)
        gateway.process.send(SIGCONT)
    }

    // MARK: What is seen

    /// The room as the viewer last saw it.
    func room() throws -> RoomIDs {
        let rooms = viewer.process.output.lines().compactMap { PeerProcess.decode(RoomEvent.self, $0) }
        guard let last = rooms.last(where: { $0.event == "room" && !$0.origins.isEmpty }) else {
            throw StageError("the viewer has seen no room")
        }
        return RoomIDs(publishers: last.publishers, origins: last.origins, relays: last.relays)
    }

    /// How often the viewer has subscribed.
    var subscriptions: Int { events(of: viewer).count { $0.event == "session" } }

    /// When the picture stood, from a moment on.
    func gaps(since moment: Double) -> [Gap] {
        viewer.process.output.lines().compactMap { PeerProcess.decode(Gap.self, $0) }.filter { $0.until > moment }
    }

    /// The states of the broadcast and when it came into them, from a moment on.
    func states(since moment: Double) -> [StateEvent] {
        live.process.output.lines().compactMap { PeerProcess.decode(StateEvent.self, $0) }
            .filter { $0.event == "state" && $0.channel == Self.channel && $0.at > moment }
    }

    /// Waits until the broadcast is live and the viewer sees the picture move, from a moment on.
    func recovers(since moment: Double, within limit: Duration) async throws {
        _ = try await eventually("it recovers: \(gateway.process.lastWords)", within: limit) {
            if gateway.process.hasEnded { throw StageError("the gateway ended: \(gateway.process.lastWords)") }
            let isLive = states(since: 0).last?.state == "live"
            let moves = events(of: viewer).contains { $0.event == "moving" && $0.at > moment }
            return isLive && moves ? true : nil
        }
    }

    private func events(of peer: PeerProcess) -> [PeerProcess.Event] {
        peer.process.output.lines().compactMap { PeerProcess.decode(PeerProcess.Event.self, $0) }
    }

    /// Why the gateway says that the session has ended.
    func end(within limit: Duration) async throws -> String {
        try await gateway.process.line("that the session ended", within: limit) { line in
            line.contains("Session ended") ? line : nil
        }
    }
}

/// What a viewer subscribes to, by ids.
struct RoomIDs: Hashable {
    let publishers: [String]
    let origins: [String]
    let relays: [String]
}

private struct RoomEvent: Decodable {
    let event: String
    let publishers: [String]
    let origins: [String]
    let relays: [String]
}

/// A time in which the picture stood.
struct Gap: Decodable {
    let from: Double
    let until: Double

    var seconds: Double { until - from }
}

/// A state of a broadcast, and when it came into it.
struct StateEvent: Decodable {
    let event: String
    let channel: String
    let state: String
    let at: Double
}
