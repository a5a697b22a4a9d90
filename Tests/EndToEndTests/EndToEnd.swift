// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Testing

/// Everything from a publisher to a viewer, with real peers in network namespaces, one test at a time.
///
/// Its peers are the scripts in `Peers`; each says at its top what it reports. What a run keeps (logs, captures,
/// screenshots) lies under `.artifacts/EndToEnd/<name of the stage>` until the next run.
@Suite(.serialized, .timeLimit(.minutes(5)), .enabled(if: Machine.takesPart, Machine.complaint))
enum EndToEnd {}
