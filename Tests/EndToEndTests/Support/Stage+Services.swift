// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A server of ours and where it listens.
struct Service {
    let process: ChildProcess
    /// Its HTTP address, for example `http://10.77.1.1:8080`.
    let url: String
}

extension Stage {
    /// What `SkyWayLocal` takes by default.
    static let developmentSecret = "skyway-local-development-secret-not-a-secret"
    static let developmentApplication = "10ca1000-57a7-4c0d-8e11-5c1e9a7e0001"

    /// The credentials that `SkyWayLocal` takes.
    static let credentials = ["SKYWAY_APP_ID": developmentApplication, "SKYWAY_SECRET_KEY": developmentSecret]

    /// The environment that leads a gateway to the `SkyWayLocal` of this stage, without credentials.
    static let gatewayEnvironment = [
        "SKYWAY_HOST": "\(Namespaces.viewerAddress):8081",
        "SKYWAY_SECURE": "false",
        "SKYWAY_CREATE_ROOMS": "true",
        "GATEWAY_HTTP_HOST": "0.0.0.0", "GATEWAY_ALLOW_ANYONE": "true",
        "GATEWAY_WHEP": "\(skyWayURL)/whep",
    ]

    /// Where `SkyWayLocal` listens.
    static let skyWayURL = "http://\(Namespaces.viewerAddress):8081"
    /// Where the gateway listens, for publishers.
    static let gatewayURL = "http://\(Namespaces.gatewayAddress):8080"

    /// Starts `SkyWayLocal` in the viewer's namespace.
    @discardableResult
    func startSkyWay(
        _ options: [String] = [],
        environment: [String: String] = [:],
        as name: String = "local"
    ) async throws -> Service {
        let command = [Machine.gatewayBinary, "local", "--host", "0.0.0.0"] + options
        let process = start(name, in: .viewer, command, environment: environment)
        let service = Service(process: process, url: Self.skyWayURL)
        try await isReady(service, in: .viewer)
        return service
    }

    /// Starts the gateway in its namespace, with the stage's folder as working directory.
    @discardableResult
    func startGateway(
        _ credentials: [String: String] = credentials,
        settings: [String: String] = [:],
        at url: String = gatewayURL,
        as name: String = "gateway"
    ) async throws -> Service {
        let process = start(
            name,
            in: .gateway,
            [Machine.gatewayBinary, "serve"],
            environment: Self.gatewayEnvironment.merging(credentials) { $1 }.merging(settings) { $1 }
        )
        let service = Service(process: process, url: url)
        try await isReady(service, in: .gateway)
        return service
    }

    /// Waits until a service answers, whatever it answers.
    func isReady(_ service: Service, in role: Namespaces.Role) async throws {
        for _ in 0..<40 {
            if service.process.hasEnded { break }
            if try await ask("GET", "\(service.url)/", from: role).status != 0 { return }
        }
        throw StageError("\(service.process.name) does not answer; \(service.process.lastWords)")
    }

    /// Makes one HTTP request from a namespace.
    func ask(
        _ method: String,
        _ url: String,
        from role: Namespaces.Role,
        headers: [String] = [],
        body: URL? = nil
    ) async throws -> Reply {
        var arguments = [method, url] + headers.flatMap { ["--header", $0] }
        if let body { arguments += ["--body", body.path] }
        return try await peer("ask.py", arguments, in: role).result(Reply.self, within: .seconds(15))
    }

    /// Posts a recorded offer to the gateway, as a publisher would.
    func post(_ offer: String, to url: String, from role: Namespaces.Role = .publisher) async throws -> Reply {
        let file = Machine.checkout.appending(path: "Tests/RTCTests/Fixtures/offers/\(offer).sdp")
        return try await ask("POST", url, from: role, headers: ["Content-Type: application/sdp"], body: file)
    }

    /// Publishes the sample clip with our own WHIP client.
    func publishClip(in channel: String, as name: String) -> ChildProcess {
        start(name, in: .publisher, [Machine.gatewayBinary, "publish", "\(Self.gatewayURL)/whip/\(channel)"])
    }
}
