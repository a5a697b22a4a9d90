// SPDX-FileCopyrightText: the skyway-whip-gateway authors
// SPDX-License-Identifier: Apache-2.0

// A worker that ticks every so many milliseconds: in a hidden page timers of its own come once a second only.
addEventListener("message", ({ data }) => setInterval(() => postMessage(null), data));
