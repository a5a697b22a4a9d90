# SPDX-FileCopyrightText: the skyway-whip-gateway authors
# SPDX-License-Identifier: Apache-2.0
"""Sends runs of UDP_SEGMENT over a link and counts what crosses it, by the link's own counter.

First as the link is, then (for comparison, to show that the counter tells one from the other) with gso_max_segs 64.
Result: datagrams (sent each time), packets (as the link is), packetsOfRuns (with gso_max_segs 64; null with --keep).
"""
import argparse
import socket
import time
from pathlib import Path

import netns
import peer

UDP_SEGMENT = 103
SIZE, SEGMENTS, RUNS = 1_200, 4, 250


def packets(link: str) -> int:
    return int(Path(f"/sys/class/net/{link}/statistics/tx_packets").read_text())


def count(link: str, target: str) -> int:
    """How many packets the runs are on the link."""
    before = packets(link)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, SIZE)
        for _ in range(RUNS):
            sender.sendto(bytes(SIZE * SEGMENTS), (target, 9))
            # Not faster than any queue on the way.
            time.sleep(0.001)
    time.sleep(0.2)
    return packets(link) - before


def main(arguments) -> dict:
    crossed, as_runs = count(arguments.link, arguments.target), None
    if not arguments.keep:
        netns.ip("link", "set", arguments.link, "gso_max_segs", "64")
        as_runs = count(arguments.link, arguments.target)
        netns.ip("link", "set", arguments.link, "gso_max_segs", "1")
    return {"datagrams": RUNS * SEGMENTS, "packets": crossed, "packetsOfRuns": as_runs}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("link")
    parser.add_argument("target", help="an address beyond the link")
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    peer.run(lambda: main(options), limit=30)
