# SPDX-FileCopyrightText: the skyway-whip-gateway authors
# SPDX-License-Identifier: Apache-2.0
# What the scripts of this folder share: they run from the top of the checkout and speak alike.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# say TEXT…: one line about what happens now.
say() { printf '==> %s\n' "$*"; }

# fail TEXT…: says what is wrong and what to do, and stops.
fail() {
    printf '!!! %s\n' "$@" >&2
    exit 1
}

# skip TEXT…: something optional is missing. In CI nothing is optional.
skip() {
    if [[ -n ${CI:-} ]]; then fail "$@"; fi
    printf '!!! SKIPPED: %s\n' "$@" >&2
}

# phase NAME COMMAND…: runs a step and prints how long it took.
phase() {
    local name=$1 began=$SECONDS status=0
    shift
    say "$name"
    "$@" || status=$?
    say "$name: $((SECONDS - began)) s$([[ $status == 0 ]] || printf ', failed (%s)' "$status")"
    return "$status"
}
