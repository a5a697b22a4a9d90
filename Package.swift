// swift-tools-version: 6.3
// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

/// Settings that every Swift target shares.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),  // SE-0335
    .enableUpcomingFeature("MemberImportVisibility"),  // SE-0444
    .enableUpcomingFeature("InternalImportsByDefault"),  // SE-0409
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),  // SE-0461
    .enableUpcomingFeature("InferIsolatedConformances"),  // SE-0470
    .treatAllWarnings(as: .error),
]

/// Settings of the targets that touch memory of C: every unsafe operation is marked (SE-0458).
let strictSettings = settings + [.strictMemorySafety()]

/// Settings of the targets that packets pass through.
///
/// Debug builds, and so all tests, check that nothing is changed while it is being read; in a release build these checks
/// would be a twelfth of all instructions for a packet.
let packetSettings =
    strictSettings + [.unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))]

/// `CORE_ONLY=1` leaves out everything above `RTCDriver`: fast sanitizer, fuzz and core test builds.
let coreOnly = Context.environment["CORE_ONLY"] == "1"

let coreTargets: [Target] = [
    .systemLibrary(
        name: "COpenSSL",
        pkgConfig: "openssl",
        providers: [.apt(["libssl-dev"]), .brew(["openssl@3"])]
    ),
    .target(name: "CDatagram"),
    .target(name: "CMemory"),
    .target(name: "RTCCrypto", dependencies: ["COpenSSL"], swiftSettings: packetSettings),
    .target(name: "RTC", dependencies: ["RTCCrypto", "CMemory"], swiftSettings: packetSettings),
    .target(
        name: "RTCDriver",
        dependencies: ["RTC", "RTCCrypto", "CDatagram"],
        swiftSettings: packetSettings
    ),
    .target(name: "RTCTesting", dependencies: ["RTC", "RTCCrypto", "RTCDriver"], swiftSettings: settings),
    .target(
        name: "BenchmarkTraffic",
        dependencies: ["RTC", "RTCCrypto", "RTCDriver", "CDatagram"],
        path: "Benchmarks/Traffic",
        swiftSettings: settings
    ),
    .executableTarget(
        name: "Benchmarks",
        dependencies: ["RTC", "RTCCrypto", "RTCDriver", "BenchmarkTraffic"],
        path: "Benchmarks/Core",
        swiftSettings: settings
    ),
    .testTarget(name: "ArchitectureTests", swiftSettings: settings),
    .testTarget(
        name: "RTCTests",
        dependencies: ["RTC", "RTCCrypto", "RTCTesting"],
        resources: [.copy("Fixtures")],
        swiftSettings: settings
    ),
    .testTarget(
        name: "BenchmarkTrafficTests",
        dependencies: ["BenchmarkTraffic", "RTC", "RTCCrypto", "RTCDriver"],
        swiftSettings: settings
    ),
    .testTarget(
        name: "RTCDriverTests",
        dependencies: ["RTC", "RTCCrypto", "RTCDriver", "RTCTesting"],
        swiftSettings: settings
    ),
]

let serviceTargets: [Target] = [
    .target(
        name: "HTTPKit",
        dependencies: [
            .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
            .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
            .product(name: "NIOCore", package: "swift-nio"),
            .product(name: "NIOPosix", package: "swift-nio"),
            .product(name: "NIOHTTP1", package: "swift-nio"),
            .product(name: "NIOWebSocket", package: "swift-nio"),
            .product(name: "NIOSSL", package: "swift-nio-ssl"),
            .product(name: "Hummingbird", package: "hummingbird"),
            .product(name: "HummingbirdCore", package: "hummingbird"),
            .product(name: "HTTPTypes", package: "swift-http-types"),
            .product(name: "Logging", package: "swift-log"),
            .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        ],
        swiftSettings: settings
    ),
    .target(
        name: "SkyWay",
        dependencies: [
            "RTC", "HTTPKit",
            .product(name: "AsyncHTTPClient", package: "async-http-client"),
            .product(name: "JWTKit", package: "jwt-kit"),
            .product(name: "NIOCore", package: "swift-nio"),
            .product(name: "NIOHTTP1", package: "swift-nio"),
            .product(name: "Logging", package: "swift-log"),
        ],
        swiftSettings: settings
    ),
    .target(name: "CStudio", exclude: ["Pages"]),
    .target(
        name: "SkyWayLocal",
        dependencies: [
            "RTC", "RTCCrypto", "RTCDriver", "HTTPKit", "CStudio",
            .product(name: "Hummingbird", package: "hummingbird"),
            .product(name: "HTTPTypes", package: "swift-http-types"),
            .product(name: "JWTKit", package: "jwt-kit"),
            .product(name: "NIOCore", package: "swift-nio"),
            .product(name: "Logging", package: "swift-log"),
            .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        ],
        resources: [.embedInCode("State/Pages")],
        swiftSettings: settings
    ),
    .target(
        name: "WHIPClient",
        dependencies: [
            "RTC", "RTCCrypto", "RTCDriver", "HTTPKit",
            .product(name: "AsyncHTTPClient", package: "async-http-client"),
            .product(name: "NIOCore", package: "swift-nio"),
            .product(name: "NIOHTTP1", package: "swift-nio"),
            .product(name: "Logging", package: "swift-log"),
        ],
        swiftSettings: settings
    ),
    .target(
        name: "Gateway",
        dependencies: [
            "RTC", "RTCCrypto", "RTCDriver", "SkyWay", "HTTPKit",
            .product(name: "AsyncHTTPClient", package: "async-http-client"),
            .product(name: "Hummingbird", package: "hummingbird"),
            .product(name: "HummingbirdCore", package: "hummingbird"),
            .product(name: "HummingbirdHTTP2", package: "hummingbird"),
            .product(name: "HTTPTypes", package: "swift-http-types"),
            .product(name: "JWTKit", package: "jwt-kit"),
            .product(name: "NIOCore", package: "swift-nio"),
            .product(name: "NIOHTTP1", package: "swift-nio"),
            .product(name: "NIOPosix", package: "swift-nio"),
            .product(name: "NIOSSL", package: "swift-nio-ssl"),
            .product(name: "NIOTLS", package: "swift-nio"),
            .product(name: "SwiftASN1", package: "swift-asn1"),
            .product(name: "X509", package: "swift-certificates"),
            .product(name: "Configuration", package: "swift-configuration"),
            .product(name: "Logging", package: "swift-log"),
            .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        ],
        resources: [.embedInCode("Web/Pages")],
        swiftSettings: settings
    ),
    .target(name: "CSampleClip"),
    .executableTarget(
        name: "CLI",
        dependencies: [
            "Gateway", "SkyWay", "SkyWayLocal", "WHIPClient", "RTC", "RTCCrypto", "RTCDriver", "HTTPKit", "CSampleClip",
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
            .product(name: "AsyncHTTPClient", package: "async-http-client"),
            .product(name: "Configuration", package: "swift-configuration"),
            .product(name: "Logging", package: "swift-log"),
            .product(name: "NIOCore", package: "swift-nio"),
            .product(name: "NIOHTTP1", package: "swift-nio"),
            .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            .product(name: "UnixSignals", package: "swift-service-lifecycle"),
        ],
        swiftSettings: settings
    ),
    .executableTarget(
        name: "GatewayBenchmark",
        dependencies: [
            "BenchmarkTraffic", "RTC", "RTCCrypto", "RTCDriver", "SkyWayLocal", "WHIPClient",
            .product(name: "Logging", package: "swift-log"),
        ],
        path: "Benchmarks/Gateway",
        swiftSettings: settings
    ),
    .testTarget(
        name: "HTTPKitTests",
        dependencies: [
            .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            "HTTPKit",
            .product(name: "NIOCore", package: "swift-nio"),
            .product(name: "NIOEmbedded", package: "swift-nio"),
            .product(name: "NIOHTTP1", package: "swift-nio"),
            .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
            .product(name: "NIOPosix", package: "swift-nio"),
            .product(name: "NIOWebSocket", package: "swift-nio"),
            .product(name: "Hummingbird", package: "hummingbird"),
            .product(name: "HummingbirdCore", package: "hummingbird"),
            .product(name: "Logging", package: "swift-log"),
        ],
        swiftSettings: settings
    ),
    .testTarget(
        name: "SkyWayTests",
        dependencies: [
            .product(name: "Hummingbird", package: "hummingbird"),
            .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            .product(name: "AsyncHTTPClient", package: "async-http-client"),
            "SkyWay", "RTC", "HTTPKit", .product(name: "JWTKit", package: "jwt-kit"),
            .product(name: "Logging", package: "swift-log"),
        ],
        resources: [.copy("Fixtures")],
        swiftSettings: settings
    ),
    .testTarget(
        name: "SkyWayLocalTests",
        dependencies: [
            "SkyWayLocal", "RTC", "RTCCrypto", "RTCDriver", "RTCTesting", "HTTPKit", "CStudio",
            .product(name: "Hummingbird", package: "hummingbird"),
            .product(name: "HummingbirdTesting", package: "hummingbird"),
            .product(name: "JWTKit", package: "jwt-kit"),
            .product(name: "AsyncHTTPClient", package: "async-http-client"),
            .product(name: "HTTPTypes", package: "swift-http-types"),
            .product(name: "NIOCore", package: "swift-nio"),
            .product(name: "NIOHTTP1", package: "swift-nio"),
            .product(name: "NIOPosix", package: "swift-nio"),
            .product(name: "Logging", package: "swift-log"),
        ],
        swiftSettings: settings
    ),
    .testTarget(
        name: "WHIPClientTests",
        dependencies: [
            "WHIPClient", "RTC", "RTCCrypto", "RTCDriver", "RTCTesting", "HTTPKit", "CSampleClip",
            .product(name: "Hummingbird", package: "hummingbird"),
            .product(name: "HTTPTypes", package: "swift-http-types"),
            .product(name: "NIOCore", package: "swift-nio"),
            .product(name: "Logging", package: "swift-log"),
        ],
        swiftSettings: settings
    ),
    .testTarget(
        name: "GatewayTests",
        dependencies: [
            "Gateway", "SkyWay", "SkyWayLocal", "WHIPClient", "RTC", "RTCCrypto", "RTCDriver", "RTCTesting", "HTTPKit",
            .product(name: "JWTKit", package: "jwt-kit"),
            .product(name: "NIOHTTP1", package: "swift-nio"),
            .product(name: "NIOSSL", package: "swift-nio-ssl"),
            .product(name: "SwiftASN1", package: "swift-asn1"),
            .product(name: "X509", package: "swift-certificates"),
            .product(name: "Hummingbird", package: "hummingbird"),
            .product(name: "HummingbirdTesting", package: "hummingbird"),
            .product(name: "AsyncHTTPClient", package: "async-http-client"),
            .product(name: "HTTPTypes", package: "swift-http-types"),
            .product(name: "NIOCore", package: "swift-nio"),
            .product(name: "NIOPosix", package: "swift-nio"),
            .product(name: "Logging", package: "swift-log"),
        ],
        resources: [.copy("Doctor/Expected")],
        swiftSettings: settings
    ),
    .testTarget(
        name: "EndToEndTests",
        dependencies: [
            "WHIPClient", "RTC", "RTCCrypto", "RTCDriver",
            .product(name: "AsyncHTTPClient", package: "async-http-client"),
            .product(name: "Logging", package: "swift-log"),
            .product(name: "NIOCore", package: "swift-nio"),
            .product(name: "NIOHTTP1", package: "swift-nio"),
            .product(name: "Subprocess", package: "swift-subprocess"),
        ],
        exclude: ["Peers"],
        swiftSettings: settings
    ),
]

let package = Package(
    name: "skyway-whip-gateway",
    platforms: [.macOS(.v26)],
    products: coreOnly ? [] : [.executable(name: "skyway-whip-gateway", targets: ["CLI"])],
    dependencies: coreOnly
        ? []
        : [
            .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
            .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
            .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
            .package(url: "https://github.com/apple/swift-asn1.git", from: "1.7.4"),
            .package(url: "https://github.com/apple/swift-certificates.git", from: "1.21.1"),
            .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.35.2"),
            .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1"),
            .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
            .package(url: "https://github.com/vapor/jwt-kit.git", from: "5.7.1"),
            .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
            .package(url: "https://github.com/apple/swift-configuration.git", from: "1.4.0"),
            .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
            .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
            .package(url: "https://github.com/swiftlang/swift-subprocess.git", from: "1.0.2"),
        ],
    targets: coreTargets + (coreOnly ? [] : serviceTargets)
)
