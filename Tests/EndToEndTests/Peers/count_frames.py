# SPDX-FileCopyrightText: the skyway-whip-gateway authors
# SPDX-License-Identifier: Apache-2.0
"""Counts the frames that arrive at the SFU whole, of every stream at once, by the headers that SRTP leaves in plain.

A frame is the packets of one timestamp. It is whole when all of them came, up to the one with the marker, and when
nothing is missing before its first one. Those that should have come are told by the timestamps, of which one in 15 of a
second has a frame. The picture's payload type is told by that, too: of the two that keep this time, the other one of
which has what is sent again, it is that of most packets.

Event: counting. It lasts until SIGTERM. Result: began (CLOCK_MONOTONIC), step (seconds of a bin), streams (of the
picture, all that there ever were), bins: complete, expected, and the longest time without a packet of some stream.
"""
import argparse
from array import array
from collections import defaultdict

import capture
import peer

CLOCK_RATE = 90_000


class Stream:
    """The packets of one SSRC in the order of their arrival."""

    def __init__(self):
        self.sequence, self.timestamp, self.marker, self.at = array("H"), array("L"), array("B"), array("d")

    def add(self, payload: bytes, at: float) -> None:
        self.sequence.append(int.from_bytes(payload[2:4], "big"))
        self.timestamp.append(int.from_bytes(payload[4:8], "big"))
        self.marker.append(payload[1] >> 7)
        self.at.append(at)

    def packets(self) -> list[tuple[int, int, int, float]]:
        """By their place, which is the sequence number without its wraps; each once."""
        found: dict[int, tuple[int, int, int, float]] = {}
        highest = self.sequence[0]
        for number, timestamp, marker, at in zip(self.sequence, self.timestamp, self.marker, self.at):
            step = (number - highest) & 0xFFFF
            place = highest + (step if step < 0x8000 else step - 0x10000)
            highest = max(highest, place)
            found.setdefault(place, (place, timestamp, marker, at))
        return [found[place] for place in sorted(found)]


def frames(packets: list, frame_ticks: int):
    """For each frame: when it began to come, whether it is whole, and how many there should be since the last one."""
    before, last_timestamp = None, None
    start = 0
    while start < len(packets):
        end = start
        while end + 1 < len(packets) and packets[end + 1][1] == packets[start][1]:
            end += 1
        first, last = packets[start], packets[end]
        is_whole = last[0] - first[0] == end - start and last[2] == 1
        follows = before is None or (before[0] + 1 == first[0] and before[2] == 1)
        expected = 1
        if last_timestamp is not None:
            expected = max(1, round(((first[1] - last_timestamp) & 0xFFFF_FFFF) / frame_ticks))
        yield first[3], is_whole and follows, expected
        before, last_timestamp = last, first[1]
        start = end + 1


def summary(streams: dict, began: float, ended: float, arguments) -> dict:
    count = int((ended - began) / arguments.step) + 1
    bins = [[0, 0, 0.0] for _ in range(count)]
    place = lambda at: min(count - 1, max(0, int((at - began) / arguments.step)))  # noqa: E731
    for stream in streams.values():
        for at, is_whole, expected in frames(stream.packets(), CLOCK_RATE // arguments.frame_rate):
            found = bins[place(at)]
            found[0] += is_whole
            found[1] += expected
        for earlier, later in zip(stream.at, stream.at[1:]):
            found = bins[place(later)]
            found[2] = max(found[2], round(later - earlier, 3))
    return {
        "began": began,
        "step": arguments.step,
        "streams": len(streams),
        "bins": [{"complete": whole, "expected": due, "longestGap": gap} for whole, due, gap in bins],
    }


def main(arguments) -> dict:
    seen: dict[int, dict[int, Stream]] = defaultdict(lambda: defaultdict(Stream))
    link = capture.Capture(arguments.link, arguments.port)
    peer.report("counting")
    began = last = None
    try:
        for datagram in link.datagrams(until=float("inf")):
            if datagram is None or not capture.is_rtp(datagram.payload):
                continue
            payload, last = datagram.payload, datagram.at
            began = began or last
            seen[payload[1] & 0x7F][int.from_bytes(payload[8:12], "big")].add(payload, last)
    except peer.Stopped:
        pass
    pictures = [streams for streams in seen.values() if keeps_time(streams, CLOCK_RATE // arguments.frame_rate)]
    if not pictures:
        raise peer.PeerError("no picture came")
    return summary(max(pictures, key=packet_count), began, last, arguments)


def keeps_time(streams: dict[int, Stream], frame_ticks: int) -> bool:
    steps = [
        (later - earlier) % frame_ticks
        for stream in streams.values()
        for earlier, later in zip(stream.timestamp, stream.timestamp[1:])
        if later > earlier
    ]
    return bool(steps) and steps.count(0) > len(steps) / 2


def packet_count(streams: dict[int, Stream]) -> int:
    return sum(len(stream.at) for stream in streams.values())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--link", default="gateway")
    parser.add_argument("--port", type=int, default=41000, help="UDP port of the SFU")
    parser.add_argument("--frame-rate", type=int, default=15)
    parser.add_argument("--step", type=float, default=0.5, help="seconds of a bin")
    parser.add_argument("--seconds", type=float, default=200, help="at most")
    options = parser.parse_args()
    peer.run(lambda: main(options), limit=options.seconds)
