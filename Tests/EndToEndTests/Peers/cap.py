# SPDX-FileCopyrightText: the skyway-whip-gateway authors
# SPDX-License-Identifier: Apache-2.0
"""Caps the way from the gateway to the SFU with tbf at a share of what flows, for a while, and measures what crosses.

Once --settle seconds have passed, it measures for --measure seconds what leaves the gateway towards the SFU, caps that
way at --share of it, lifts the cap after --capped seconds, and ends when --return of the former rate flows again, at
the latest --after seconds later. What waits before the cap is read 20 times a second: divided by the cap it is the delay.

Events: measured, capped, lifted. Result: before, cap (bits per second), capped (the mean of what crossed, leaving out
the first --leave seconds), delays (milliseconds, the same while: median, percentile95, longest), drops (packets for
which there was no room, in all and after the first seconds), returned (seconds after the end of the cap; null where
it was not), rates (each second from the cap on).
"""
import argparse
import json
import subprocess
import time
from pathlib import Path

import netns
import peer

DEVICE = "viewer"
INTERVAL = 0.05


class Way:
    """The device by which the gateway reaches the SFU."""

    def __init__(self, owner: str):
        self.namespace = netns.name(owner, "gateway")
        with netns.inside(self.namespace):
            self.counter = open("/proc/self/net/dev")
        self.cap: float | None = None

    def bits(self) -> int:
        """All that ever left by it."""
        self.counter.seek(0)
        line = next(line for line in self.counter if line.strip().startswith(f"{DEVICE}:"))
        return int(line.split(":")[1].split()[8]) * 8

    def limit(self, rate: float | None) -> None:
        """Caps it, with room for half a second in its queue."""
        self.cap = rate
        if rate is None:
            self._tc(["qdisc", "del", "dev", DEVICE, "root"])
        else:
            wanted = ["tbf", "rate", f"{round(rate)}bit", "burst", "4kb", "latency", "500ms"]
            self._tc(["qdisc", "replace", "dev", DEVICE, "root", *wanted])

    def queue(self) -> tuple[float, int]:
        """How long what comes now waits, in milliseconds, and how many packets found no room."""
        shown = json.loads(self._tc(["-s", "-j", "qdisc", "show", "dev", DEVICE]))
        state = next(entry for entry in shown if entry["kind"] == "tbf")
        return state["backlog"] * 8 / self.cap * 1000, state["drops"]

    def _tc(self, arguments: list[str]) -> str:
        command = ["ip", "netns", "exec", self.namespace, "tc", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def watch(way: Way, seconds: float, until=lambda rate: False) -> list[tuple[float, float, float, int]]:
    """Each interval's end, rate, delay and drops."""
    begin = last_at = time.monotonic()
    last, seen = way.bits(), []
    while last_at - begin < seconds:
        if peer.sleep_until_stopped(INTERVAL):
            raise peer.Stopped
        now, bits = time.monotonic(), way.bits()
        delay, drops = way.queue() if way.cap else (0.0, 0)
        seen.append((now - begin, (bits - last) / (now - last_at), delay, drops))
        last, last_at = bits, now
        if until(seen):
            break
    return seen


def mean(seen: list, begin: float, end: float) -> float:
    rates = [rate for at, rate, _, _ in seen if begin <= at < end]
    return sum(rates) / max(1, len(rates))


def percentile(values: list[float], share: float) -> float:
    return round(sorted(values)[min(len(values) - 1, int(share * len(values)))], 1)


def main(arguments) -> dict:
    way = Way(arguments.owner)
    peer.sleep_until_stopped(arguments.settle)
    before = mean(watch(way, arguments.measure), 0, arguments.measure + 1)
    peer.report("measured", rate=round(before))
    way.limit(before * arguments.share)
    peer.report("capped", rate=round(way.cap))
    cap, seen = way.cap, watch(way, arguments.capped)
    way.limit(None)
    peer.report("lifted")

    def is_back(samples) -> bool:
        return samples[-1][0] > 2 and mean(samples, samples[-1][0] - 2, 1e9) >= arguments.back * before

    after = watch(way, arguments.after, is_back)
    late = [sample for sample in seen if sample[0] >= arguments.leave]
    delays = [delay for _, _, delay, _ in late]
    return {
        "before": round(before),
        "cap": round(cap),
        "capped": round(mean(seen, arguments.leave, arguments.capped)),
        "delays": {
            "median": percentile(delays, 0.5), "percentile95": percentile(delays, 0.95), "longest": max(delays),
        },
        "drops": {"all": seen[-1][3], "late": seen[-1][3] - late[0][3]},
        "returned": round(after[-1][0], 1) if is_back(after) else None,
        "rates": [
            round(mean(samples, second, second + 1) / 1000)
            for samples in (seen, after) for second in range(int(samples[-1][0]))
        ],
    }  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("owner", help="as netns.py was told")
    parser.add_argument("--settle", type=float, default=6)
    parser.add_argument("--measure", type=float, default=4)
    parser.add_argument("--share", type=float, default=0.5)
    parser.add_argument("--capped", type=float, default=30)
    parser.add_argument("--leave", type=float, default=10)
    parser.add_argument("--after", type=float, default=30)
    parser.add_argument("--back", type=float, default=0.85)
    options = parser.parse_args()
    limit = options.settle + options.measure + options.capped + options.after + 20
    peer.run(lambda: main(options), limit=limit)
