// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

import Testing

/// What is carried over the whole way in virtual time.
///
/// One test at a time, so that they keep no more than one processor from the tests that need real time.
@Suite("The whole way in virtual time", .serialized)
enum ChainTests {}
