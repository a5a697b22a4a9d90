// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Testing

/// Which of the project's targets may import which; what is not named here is forbidden.
private let arrows: [String: Set<String>] = [
    "COpenSSL": [],
    "CDatagram": [],
    "CMemory": [],
    "CSampleClip": [],
    "CStudio": [],
    "RTCCrypto": ["COpenSSL"],
    "RTC": ["RTCCrypto", "CMemory"],
    "RTCDriver": ["RTC", "RTCCrypto", "CDatagram"],
    "RTCTesting": ["RTC", "RTCCrypto", "RTCDriver"],
    "HTTPKit": [],
    "SkyWay": ["RTC", "RTCCrypto", "HTTPKit"],
    "SkyWayLocal": ["RTC", "RTCCrypto", "RTCDriver", "HTTPKit", "CStudio"],
    "WHIPClient": ["RTC", "RTCCrypto", "RTCDriver", "HTTPKit"],
    "Gateway": ["RTC", "RTCCrypto", "RTCDriver", "SkyWay", "HTTPKit"],
    "CLI": [
        "RTC", "RTCCrypto", "RTCDriver", "HTTPKit", "SkyWay", "SkyWayLocal", "WHIPClient", "Gateway", "CSampleClip",
    ],
]

/// Modules that stay out of the sans-IO core and of the targets below the services.
private let forbiddenBelowServices: [String: Set<String>] = [
    "RTCCrypto": ["Foundation", "FoundationEssentials", "Logging", "Dispatch"],
    "RTC": ["Foundation", "FoundationEssentials", "Logging", "Dispatch", "Glibc", "Darwin", "COpenSSL"],
    "RTCDriver": ["Foundation", "FoundationEssentials", "COpenSSL"],
]

@Suite("The arrows between the targets")
struct ArrowTests {
    @Test("No file imports a target that its own may not know")
    func importsFollowTheArrows() throws {
        let files = try SourceTree.swiftFiles(below: "Sources")
        #expect(files.count > 20)
        for file in files {
            let allowed = try #require(arrows[file.target], "\(file.path): the target is not in the table of arrows")
            let own = Set(file.imports).intersection(arrows.keys).subtracting([file.target])
            let wrong = own.subtracting(allowed)
            #expect(wrong.isEmpty, "\(file.path) imports \(wrong.sorted()) against the arrows")
        }
    }

    @Test("The core knows no clock, logger, socket or Foundation")
    func coreHasNoEnvironment() throws {
        for file in try SourceTree.swiftFiles(below: "Sources") {
            let forbidden = forbiddenBelowServices[file.target] ?? []
            let wrong = forbidden.intersection(file.imports)
            #expect(wrong.isEmpty, "\(file.path) imports \(wrong.sorted())")
        }
    }

    @Test("The targets below the services import no package")
    func coreImportsNoPackage() throws {
        let packages: Set = [
            "NIOCore", "NIOPosix", "NIOHTTP1", "NIOSSL", "Hummingbird", "AsyncHTTPClient", "JWTKit", "Configuration",
            "ServiceLifecycle", "HTTPTypes", "Crypto", "Metrics", "Logging",
        ]
        let core: Set = ["RTCCrypto", "RTC", "RTCDriver", "RTCTesting"]
        for file in try SourceTree.swiftFiles(below: "Sources") where core.contains(file.target) {
            let wrong = packages.intersection(file.imports)
            #expect(wrong.isEmpty, "\(file.path) imports \(wrong.sorted())")
        }
    }

    @Test(
        "An import line is recognised in each of its forms",
        arguments: [
            ("import RTC", "RTC"),
            ("package import RTCCrypto", "RTCCrypto"),
            ("@preconcurrency public import Gateway", "Gateway"),
            ("import struct SkyWay.Channel", "SkyWay"),
        ]
    )
    func importLinesAreRead(line: String, module: String) {
        #expect(SourceTree.File(path: "Sources/X/Y.swift", lines: [line]).imports == [module])
    }
}
