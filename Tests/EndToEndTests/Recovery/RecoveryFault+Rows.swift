// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Foundation

extension RecoveryFault {
    /// What nobody may notice.
    ///
    /// - Parameter seconds: how long what lasts does.
    /// - Returns: the rows.
    static func unnoticed(lasting seconds: Int) -> [RecoveryFault] {
        [
            RecoveryFault("RTC API sockets lost", "drop-sockets", goal: .unnoticed, keepsSubscriptions: true),
            RecoveryFault(
                "RTC API sockets lost, and refused for \(seconds) s",
                "refuse-sockets seconds=\(seconds) abrupt=true",
                "drop-sockets",
                goal: .unnoticed,
                keepsSubscriptions: true,
                // Until the next attempt after the refusals, which comes within 5 s.
                lasting: Double(seconds) + 6
            ),
            RecoveryFault("Tokens expire", "expire-tokens", goal: .unnoticed, keepsSubscriptions: true),
            RecoveryFault(
                "Twelve calls fail after the sockets are lost",
                "fail-calls method=* count=12 status=503",
                "drop-sockets",
                goal: .unnoticed,
                keepsSubscriptions: true
            ),
            RecoveryFault(
                "The server's clock jumps a minute ahead",
                "skew-clock seconds=60",
                "drop-sockets",
                goal: .unnoticed,
                keepsSubscriptions: true
            ),
        ]
    }

    /// What nobody may notice and takes long.
    ///
    /// - Parameter seconds: how long what lasts does.
    /// - Returns: the rows.
    static func unnoticedAtLength(lasting seconds: Int) -> [RecoveryFault] {
        [
            RecoveryFault(
                "RTC API half-open for \(seconds) s",
                knob: "a firewall drops TCP",
                goal: .unnoticed,
                keepsSubscriptions: true
            ) { Loss(at: monotonicSeconds(), back: try await $0.cut("tcp", seconds: seconds)) },
            RecoveryFault(
                "Answers take 3 s after the sockets are lost",
                "delay-calls method=* seconds=3 count=12",
                "drop-sockets",
                goal: .unnoticed,
                keepsSubscriptions: true,
                lasting: 5
            ),
            RecoveryFault(
                "Three answers are lost after the sockets are",
                "lose-calls method=* count=3",
                "drop-sockets",
                goal: .unnoticed,
                keepsSubscriptions: true,
                lasting: 5
            ),
            RecoveryFault(
                "SkyWay's name is not found for 10 s after the sockets are lost",
                knob: "the hosts file is empty, `drop-sockets`",
                goal: .unnoticed,
                keepsSubscriptions: true
            ) { on in
                try on.setHosts("")
                let lost = monotonicSeconds()
                try await on.fault("drop-sockets")
                try await on.pause(10)
                try on.setHosts("127.0.0.1 localhost\n\(Namespaces.viewerAddress) \(RecoveryStage.host)\n")
                return Loss(at: lost, back: monotonicSeconds())
            },
        ]
    }

    /// The gateway's process is stopped, as when a laptop sleeps.
    static func stopped(_ seconds: Int) -> RecoveryFault {
        RecoveryFault(
            "The gateway's process is stopped for \(seconds) s",
            knob: "SIGSTOP, SIGCONT",
            goal: .back(3),
            keepsSubscriptions: true
        ) { on in
            let lost = monotonicSeconds()
            try await on.stopGateway(Double(seconds))
            return Loss(at: lost, back: monotonicSeconds())
        }
    }

    /// The same for longer than publishers wait that check whether they are heard: this one comes again by itself.
    static func asleep(_ seconds: Int) -> RecoveryFault {
        RecoveryFault(
            "The gateway's process is stopped for \(seconds) s, and the publisher comes again",
            knob: "SIGSTOP, SIGCONT",
            goal: .back(3),
            keepsSubscriptions: true
        ) { on in
            let lost = monotonicSeconds()
            try await on.stopGateway(Double(seconds))
            return Loss(at: lost, back: try await on.publishAgain(from: 9_000))
        }
    }

    /// Ways to the SFU that are lost and come back, or others that come.
    ///
    /// - Parameter seconds: how long the way is lost.
    /// - Returns: the rows.
    static func paths(lost seconds: Int) -> [RecoveryFault] {
        [
            RecoveryFault(
                "The way to the SFU is lost for \(seconds) s",
                knob: "a firewall drops UDP",
                goal: .back(3),
                keepsSubscriptions: true
            ) { Loss(at: monotonicSeconds(), back: try await $0.cut("udp", seconds: seconds)) },
            RecoveryFault(
                "The gateway's address becomes another one",
                knob: "`ip addr del`, `ip addr add`",
                goal: .back(3),
                keepsSubscriptions: true
            ) { on in
                let lost = monotonicSeconds()
                return Loss(at: lost, back: try await on.changeAddress())
            },
        ]
    }

    /// What the SFU loses, told or not.
    static let sfu = [
        RecoveryFault("The transport ends with close_notify", "close-dtls direction=sending", goal: .live(3)),
        RecoveryFault("The transport is gone without a word", "drop-transport direction=sending", goal: .live(8)),
        RecoveryFault("The forwardings are removed", "remove-forwarding forwarding=…", goal: .live(3)),
        RecoveryFault("The bot is removed", "remove-bot channel=stage", goal: .live(3)),
        RecoveryFault(
            "An SFU worker is lost: transport and forwardings, the bot stays",
            "drop-transport direction=sending",
            "remove-forwarding forwarding=…",
            goal: .live(3)
        ),
        RecoveryFault("The publications are removed", "remove-publication publication=…", goal: .live(3)),
    ]

    /// What the SFU loses while its API is bad.
    static let badSFU = [
        RecoveryFault(
            "The bot is removed, and two forwardings fail",
            "fail-calls method=startForwarding status=503 count=2",
            "remove-bot channel=stage",
            goal: .live(3)
        ),
        RecoveryFault(
            "The bot is removed, and answers take 2 s",
            "delay-calls method=startForwarding seconds=2",
            "remove-bot channel=stage",
            goal: .live(6)
        ),
    ]

    /// What takes the member with it.
    static let member = [
        RecoveryFault("The member is removed", "remove-member member=studio", goal: .live(6)),
        RecoveryFault("The member's time is over", "skew-clock seconds=600", goal: .live(6)),
        RecoveryFault(
            "Everything is restarted",
            knob: "SkyWayLocal killed and started again",
            goal: .live(6)
        ) { on in
            let lost = monotonicSeconds()
            return Loss(at: lost, back: try await on.restartSkyWay())
        },
    ]
}
