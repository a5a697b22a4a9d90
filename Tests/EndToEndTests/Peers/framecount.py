# SPDX-FileCopyrightText: the skyway-whip-gateway authors
# SPDX-License-Identifier: Apache-2.0
"""Tells from the headers of RTP which frames came whole.

A frame is the packets of one timestamp. It is whole when all of them came, up to the one with the marker, and when
nothing is missing before its first one. Those that should have come are told by the timestamps.
"""
from array import array

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


def keeps_time(streams: dict[int, Stream], frame_ticks: int) -> bool:
    """Whether the timestamps move by whole frames."""
    steps = [
        (later - earlier) % frame_ticks
        for stream in streams.values()
        for earlier, later in zip(stream.timestamp, stream.timestamp[1:])
        if later > earlier
    ]
    return bool(steps) and steps.count(0) > len(steps) / 2


def packet_count(streams: dict[int, Stream]) -> int:
    return sum(len(stream.at) for stream in streams.values())


def summary(streams: dict[int, Stream], began: float, ended: float, step: float, frame_rate: int) -> dict:
    """What came of all streams together, in bins of `step` seconds."""
    count = int((ended - began) / step) + 1
    bins = [{"complete": 0, "expected": 0, "longestGap": 0.0} for _ in range(count)]
    for stream in streams.values():
        for at, is_whole, expected in frames(stream.packets(), CLOCK_RATE // frame_rate):
            found = bins[_place(at, began, step, count)]
            found["complete"] += is_whole
            found["expected"] += expected
        for earlier, later in zip(stream.at, stream.at[1:]):
            found = bins[_place(later, began, step, count)]
            found["longestGap"] = max(found["longestGap"], round(later - earlier, 3))
    return {"began": began, "step": step, "streams": len(streams), "bins": bins}


def _place(at: float, began: float, step: float, count: int) -> int:
    return min(count - 1, max(0, int((at - began) / step)))


def self_test() -> None:
    def counted(missing: set[int], order=lambda packets: packets) -> tuple[int, int]:
        # Ten frames of three packets, across a wrap.
        packets = [
            (index, bytes([0x80, 0x80 * (index % 3 == 2) + 96]) + ((65_530 + index) & 0xFFFF).to_bytes(2, "big")
            + (index // 3 * 6_000).to_bytes(4, "big"))
            for index in range(30)
        ]  # fmt: skip
        stream = Stream()
        for index, packet in order([each for each in packets if each[0] not in missing]):
            stream.add(packet, index / 45)
        result = summary({1: stream}, 0.0, 1.0, 0.25, 15)["bins"]
        return sum(each["complete"] for each in result), sum(each["expected"] for each in result)

    assert counted(set()) == (10, 10)
    assert counted(set(), lambda packets: [packets[0], *reversed(packets[1:])]) == (10, 10)
    # A packet in the middle, the one with the marker, and a whole frame; the frame after the last two is not sure either.
    assert counted({10}) == (9, 10)
    assert counted({11}) == (8, 10)
    assert counted({9, 10, 11}) == (8, 10)
    sound = Stream()
    for index in range(100):
        sound.add(bytes([0x80, 111, 0, index]) + (index * 960).to_bytes(4, "big"), index / 50)
    assert not keeps_time({1: sound}, 6_000)


if __name__ == "__main__":
    self_test()
    print('{"selfTest": "passed"}')
