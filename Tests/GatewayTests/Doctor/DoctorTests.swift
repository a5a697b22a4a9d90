// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPTypes
import RTC
import RTCDriver
import SkyWayLocal
import Testing

@testable import Gateway
@testable import SkyWay

/// Each set-up's whole report is kept in `Expected`, with times, ports and days masked.
@Suite("What the doctor says", .serialized, .timeLimit(.minutes(2)))
struct DoctorTests {
    private static let account = LocalApplication.development

    /// A set-up that is wrong in one way.
    struct SetUp: Sendable, CustomTestStringConvertible {
        /// The name of the expected text.
        var name: String
        /// What goes wrong in SkyWayLocal.
        var faults: [String] = []
        /// The checks that find a problem.
        var problems: [String] = []
        /// What is wrong with settings and machine.
        var change: @Sendable (inout DoctorStage) async throws -> Void = { _ in }

        var testDescription: String { name }
    }

    @Test("All is well: every check is made, nothing is left in SkyWay, and the report is the text that is kept")
    func healthy() async throws {
        try await DoctorStage.run { skyWay, stage in
            try await stage.expect("healthy", problems: [])
            let state = try await RawHTTP.send(
                RawHTTP.request("GET", "/local/state", []),
                to: try await skyWay.boundPort
            )
            #expect(state.body.contains(#""channels":[]"#) && state.body.contains(#""transports":[]"#))
        }
    }

    private static let setUps: [SetUp] = [
        SetUp(name: "wrong-secret", problems: ["WebSocket"]) { stage in
            stage.configure { $0.skyWay.tokens = .secret(appID: account.id, Redacted("another-secret")) }
        },
        SetUp(name: "wrong-application", problems: ["WebSocket"]) { stage in
            let other = "00000000-0000-4000-8000-000000000000"
            stage.configure { $0.skyWay.tokens = .secret(appID: other, Redacted(account.secret)) }
        },
        SetUp(name: "missing-scope", problems: ["Token"]) { stage in
            let token = try await token(for: "another-room", as: "camera-1")
            stage.configure {
                $0.skyWay.tokens = .fixed(token)
                $0.channel = .name("studio")
            }
        },
        SetUp(name: "expired-token", problems: ["Token"]) { stage in
            let token = try await token(for: "studio", as: "camera-1", age: 7_200)
            stage.configure {
                $0.skyWay.tokens = .fixed(token)
                $0.channel = .name("studio")
                $0.memberName = "camera-1"
            }
        },
        SetUp(name: "clock-behind", faults: ["skew-clock seconds=600"], problems: ["Clock"]),
        SetUp(name: "clock-ahead", faults: ["skew-clock seconds=-600"], problems: ["Clock"]),
        SetUp(name: "name-not-found", problems: ["DNS"]) { stage in
            stage.configure { $0.skyWay.rtcAPI = SkyWayHost("rtc-api.skyway.example") }
        },
        SetUp(
            name: "services-fail",
            faults: ["fail-calls method=startForwarding status=503 count=100"],
            problems: ["Forward"]
        ),
        SetUp(name: "sockets-refused", faults: ["refuse-sockets seconds=600"], problems: ["WebSocket"]),
        SetUp(name: "plan-used-up", faults: ["refuse-sockets seconds=600 code=4291"], problems: ["WebSocket"]),
        SetUp(
            name: "too-many-requests",
            faults: ["fail-calls method=addMember code=429 count=100"],
            problems: ["Join"]
        ),
        SetUp(name: "media-blocked", faults: ["ignore-stun"], problems: ["UDP to the SFU", "TCP to the SFU"]),
        SetUp(name: "relays-missing", faults: ["withhold-events type=StreamPublished count=100"], problems: ["Viewers"])
        {
            $0.timeout = .milliseconds(600)
        },
        SetUp(name: "room-missing", problems: ["Room"]) { stage in
            stage.configure {
                $0.channel = .name("studio")
                $0.mayCreateRooms = false
            }
        },
        SetUp(name: "small-limits", problems: ["Open files"]) { stage in
            stage.machine.openFiles = { 256 }
            stage.machine.buffers = { _ in SocketBuffers(receive: 212_992, send: 212_992) }
        },
        SetUp(name: "strange-address", problems: ["Addresses"]) { stage in
            stage.configure { $0.announced = [.address(IPAddress(ipv4: 0x0A09_0909))] }
        },
        SetUp(name: "open-to-all", problems: ["Who may publish"]) { stage in
            stage.configure { $0.httpHost = "0.0.0.0" }
        },
    ]

    @Test("What is wrong is named, and what to do about it", arguments: setUps)
    func setUp(_ setUp: SetUp) async throws {
        try await DoctorStage.run(faults: setUp.faults) { _, stage in
            var stage = stage
            try await setUp.change(&stage)
            try await stage.expect(setUp.name, problems: setUp.problems)
        }
    }

    private static func token(
        for room: String,
        as member: String,
        age: Int = 0,
        mayCreate: Bool = false
    ) async throws -> AuthToken {
        let minter = TokenMinter(appID: account.id, secret: Redacted(account.secret))
        let issuedAt = Int(Date().timeIntervalSince1970) - age
        let purpose = TokenMinter.Purpose(channel: .name(room), memberName: member, mayCreateChannel: mayCreate)
        return try await minter.mint(for: purpose, issuedAt: issuedAt, lifetime: .seconds(3_659))
    }

    // MARK: Settings

    @Test("Settings that can't be read are the one thing that is told")
    func settings() async throws {
        var stage = DoctorStage(skyWayPort: 1)
        do {
            _ = try GatewayConfiguration(environment: ["SKYWAY_APP_ID": Self.account.id])
        } catch {
            stage.settings = .failure(error)
        }
        try await stage.expect("settings-unreadable", problems: ["Settings"])
    }

    // MARK: Ports

    @Test("A media port and an HTTP port that others have are named; those of a running gateway are its own")
    func ports() async throws {
        let worker = try await MediaWorker.start(MediaWorkerConfiguration(address: .loopbackIPv4, port: 0))
        let listener = try SilentListener(isListening: true)
        try await DoctorStage.run { _, stage in
            var stage = stage
            stage.configure {
                $0.mediaPort = worker.port
                $0.httpPort = listener.port
            }
            try await stage.expect("ports-taken", problems: ["HTTP port", "Media ports"])
        }
        listener.close()
        await worker.shutdown()
        try await WholePath.run { path in
            var stage = DoctorStage(skyWayPort: path.skyWayPort)
            stage.configure { $0.httpPort = path.gatewayPort }
            let diagnoses = await stage.examine()
            #expect(diagnoses.allSatisfy { $0.status != .problem })
            let port = diagnoses.first { $0.check == "HTTP port" }
            #expect(port?.detail.hasSuffix("is that of the gateway that runs") == true)
        }
    }

    // MARK: TCP and TLS

    @Test("A port at which nobody listens")
    func refused() async throws {
        let listener = try SilentListener(isListening: false)
        defer { listener.close() }
        let stage = DoctorStage(skyWayPort: listener.port)
        try await stage.expect("connection-refused", problems: ["TCP"])
    }

    @Test("A port at which nobody answers")
    func silent() async throws {
        let listener = try SilentListener(isListening: true)
        defer { listener.close() }
        var stage = DoctorStage(skyWayPort: listener.port)
        stage.timeout = .milliseconds(300)
        try await stage.expect("nobody-answers", problems: ["HTTP"])
    }

    @Test(
        "A certificate that is not trusted, has run out or is for another name; and no TLS at all",
        arguments: ["certificate-untrusted", "certificate-expired", "certificate-of-another", "no-tls"]
    )
    func certificates(name: String) async throws {
        let certificate = try TestCertificate(
            [name == "certificate-of-another" ? "other.example" : "localhost"],
            days: name == "certificate-expired" ? -1 : 90
        )
        try await TemporaryFolder.with { folder in
            try certificate.write(to: folder, as: "server")
            try await WholePath.run {
                if name != "no-tls" { $0.certificates = [folder.certificateFiles("server")] }
            } _: { path in
                var stage = DoctorStage(skyWayPort: 1)
                if name != "certificate-untrusted" { stage.machine.tls = try certificate.trust }
                stage.configure {
                    let host = SkyWayHost("localhost:\(path.gatewayPort)")
                    ($0.skyWay.rtcAPI, $0.skyWay.sfu, $0.skyWay.iceParameters) = (host, host, host)
                }
                try await stage.expect(name, problems: ["TLS"])
            }
        }
    }

    @Test("A certificate that is trusted is good, and TLS is told apart from what comes after it")
    func trusted() async throws {
        let certificate = try TestCertificate(["localhost"])
        try await TemporaryFolder.with { folder in
            try certificate.write(to: folder, as: "server")
            try await WholePath.run {
                $0.certificates = [folder.certificateFiles("server")]
            } _: { path in
                var stage = DoctorStage(skyWayPort: 1)
                stage.machine.tls = try certificate.trust
                stage.configure { $0.skyWay.rtcAPI = SkyWayHost("localhost:\(path.gatewayPort)") }
                let diagnoses = await stage.examine().filter { $0.section.hasPrefix("RTC API (") }
                #expect(diagnoses.map(\.check) == ["DNS", "TCP", "TLS", "HTTP"])
                #expect(diagnoses.allSatisfy { $0.status == .ok })
            }
        }
    }

    // MARK: Tokens that come from elsewhere

    /// Has the gateway publish to one room, with a token for that alone.
    private static func fixToken(_ stage: inout DoctorStage) async throws -> AuthToken {
        let token = try await token(for: "studio", as: "camera-1", mayCreate: true)
        stage.configure {
            $0.skyWay.tokens = .fixed(token)
            $0.channel = .name("studio")
            $0.memberName = "camera-1"
        }
        return token
    }

    @Test("A token for one room alone: the broadcast is made there, and nothing of it is left")
    func fixedToken() async throws {
        try await DoctorStage.run { _, stage in
            var stage = stage
            _ = try await Self.fixToken(&stage)
            try await stage.expect("fixed-token", problems: [])
        }
    }

    @Test("A broadcast that is on the air under the only name that the token allows is left alone")
    func onTheAir() async throws {
        try await DoctorStage.run { _, stage in
            var stage = stage
            let token = try await Self.fixToken(&stage)
            let configuration = try stage.settings.get().skyWay
            let probe = RTCAPIProbe(
                host: configuration.rtcAPI,
                socket: SkyWayLink.Clients.makeSocket(),
                timeout: .seconds(5),
                logger: WholePath.logger
            )
            let (room, member) = try await probe.withClient(token) { client in
                let room = try await client.findOrCreateChannel(name: "studio").id
                let ttl = Int(try await client.getServerUnixtime()) + 120
                return (room, try await client.addMember(channelID: room, name: "camera-1", ttl: ttl))
            }
            try await stage.expect("on-the-air", problems: [])
            let members = try await probe.withClient(token) { try await $0.getChannel(id: room).members }
            #expect(members.map(\.id) == [member])
        }
    }

    @Test("A token server that refuses the gateway")
    func tokenServer() async throws {
        try await StubService.run { _ in
            .json("{}", status: .forbidden)
        } _: { _, url in
            try await DoctorStage.run { _, stage in
                var stage = stage
                stage.configure { $0.skyWay.tokens = .server(TokenServer.Configuration(url: url), appID: nil) }
                try await stage.expect("token-server-refuses", problems: ["Token"])
            }
        }
    }
}
