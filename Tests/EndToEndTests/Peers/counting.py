# SPDX-FileCopyrightText: the skyway-whip-gateway authors
# SPDX-License-Identifier: Apache-2.0
"""Counts what arrived: frame numbers, tones, and the packets of an RTP stream."""
import testpicture as picture


class NumberLog:
    """The numbers read from frames, and when. Numbers may wrap (`modulo`); late ones keep their place.

    A gap lies between two numbers that are seen for the first time: a picture that stands still is one, too.
    """

    def __init__(self, modulo: int = picture.NUMBERS):
        self.modulo = modulo
        self.seen: dict[int, float] = {}
        self.frames = self.unreadable = self.repeated = 0
        self.largest_gap = 0.0
        self._last: int | None = None
        self._last_at = 0.0

    def add(self, number: int | None, at: float) -> None:
        """One frame that arrived at `at` seconds; None where its number could not be read."""
        self.frames += 1
        if number is None:
            self.unreadable += 1
            return
        if self._last is None:
            place = number
        else:
            step = (number - self._last) % self.modulo
            place = self._last + (step if step < self.modulo // 2 else step - self.modulo)
        if place in self.seen:
            self.repeated += 1
            return
        if self.seen:
            self.largest_gap = max(self.largest_gap, at - self._last_at)
        self.seen[place] = at
        self._last, self._last_at = place, at

    @property
    def last(self) -> int | None:
        """The newest number that was seen for the first time."""
        return None if self._last is None else self._last % self.modulo

    @property
    def last_at(self) -> float:
        """When it came."""
        return self._last_at

    def summary(self, list_missing: int = 40) -> dict:
        """`expected` counts the numbers from the first to the last one seen; `ratio` is the share that arrived."""
        if not self.seen:
            return {"frames": self.frames, "distinct": 0, "expected": 0, "ratio": 0.0, "unreadable": self.unreadable}
        first, last = min(self.seen), max(self.seen)
        missing = [number % self.modulo for number in range(first, last + 1) if number not in self.seen]
        return {
            "frames": self.frames,
            "distinct": len(self.seen),
            "first": first % self.modulo,
            "last": last % self.modulo,
            "expected": last - first + 1,
            "ratio": round(len(self.seen) / (last - first + 1), 4),
            "unreadable": self.unreadable,
            "repeated": self.repeated,
            "missing": missing[:list_missing],
            "firstAt": round(self.seen[first], 4),
            "lastAt": round(max(self.seen.values()), 4),
            "largestGapMilliseconds": round(self.largest_gap * 1000),
        }


class ToneLog:
    """The tones heard in windows of sound; each is the tone of one second modulo 20, or None."""

    def __init__(self):
        self.heard: list[tuple[float, int | None]] = []

    def add(self, frequency: float | None, at: float) -> None:
        self.heard.append((at, None if frequency is None else picture.nearest_tone(frequency)))

    def summary(self) -> dict:
        """`ratio` is the share of windows with one of the test's tones; `steps` the order in which they came."""
        steps: list[int] = []
        for _, second in self.heard:
            if second is not None and (not steps or steps[-1] != second):
                steps.append(second)
        clear = sum(second is not None for _, second in self.heard)
        rising = sum((b - a) % picture.TONE_STEPS == 1 for a, b in zip(steps, steps[1:]))
        return {
            "windows": len(self.heard),
            "ratio": round(clear / len(self.heard), 4) if self.heard else 0.0,
            "steps": steps,
            "risingSteps": rising,
            "firstAt": next((round(at, 4) for at, second in self.heard if second is not None), None),
        }


class PacketLog:
    """The sequence numbers and timestamps of one SSRC (RFC 3550 appendix A.1, without the probation)."""

    def __init__(self, ssrc: int, payload_type: int, at: float):
        self.ssrc, self.payload_type, self.first_at, self.last_at = ssrc, payload_type, at, at
        self.packets = self.late = self.repeated = self.empty = 0
        self.largest_gap, self.largest_gap_at = 0.0, at
        self.first_report_at: float | None = None
        self.seen: set[int] = set()
        self._highest: int | None = None
        self._timestamp: int | None = None
        self.timestamp_jumps = 0

    def add(self, sequence: int, timestamp: int, size: int, clock_rate: int, at: float) -> int:
        """One packet; returns its place, the sequence number without its wraps."""
        self.packets += 1
        self.empty += size == 0
        if at - self.last_at > self.largest_gap:
            self.largest_gap, self.largest_gap_at = at - self.last_at, at
        self.last_at = at
        if self._highest is None:
            self._highest = place = sequence
        else:
            step = (sequence - self._highest) & 0xFFFF
            place = self._highest + (step if step < 0x8000 else step - 0x10000)
            self.late += place < self._highest
        self.repeated += place in self.seen
        self.seen.add(place)
        if place >= self._highest:
            self._highest = place
            if self._timestamp is not None:
                moved = (timestamp - self._timestamp) & 0xFFFF_FFFF
                # More than 2 s forwards, or backwards at all.
                self.timestamp_jumps += moved > 2 * clock_rate
            self._timestamp = timestamp
        return place

    def summary(self) -> dict:
        expected = max(self.seen) - min(self.seen) + 1
        return {
            "ssrc": self.ssrc,
            "payloadType": self.payload_type,
            "packets": self.packets,
            "expected": expected,
            "lost": expected - len(self.seen),
            "late": self.late,
            "repeated": self.repeated,
            "empty": self.empty,
            "timestampJumps": self.timestamp_jumps,
            "largestGapMilliseconds": round(self.largest_gap * 1000),
            "largestGapEndedAt": round(self.largest_gap_at, 4),
            "firstAt": round(self.first_at, 4),
            "firstSenderReportAfterMilliseconds": None
            if self.first_report_at is None
            else round((self.first_report_at - self.first_at) * 1000),
        }


def self_test() -> None:
    log = NumberLog(modulo=300)
    for index, number in enumerate([297, 298, 0, 299, 1, 1, None, 4]):
        log.add(number, index / 15)
    result = log.summary()
    assert (result["first"], result["last"], result["expected"], result["distinct"]) == (297, 4, 8, 6), result
    assert result["missing"] == [2, 3] and result["repeated"] == 1 and result["unreadable"] == 1, result
    assert result["largestGapMilliseconds"] == 200, result
    packets = PacketLog(1, 96, 0.0)
    for sequence in [65534, 65535, 1, 0, 3]:
        packets.add(sequence, sequence, 10, 90_000, 0.0)
    assert packets.summary()["lost"] == 1 and packets.summary()["late"] == 1, packets.summary()


if __name__ == "__main__":
    self_test()
    print('{"selfTest": "passed"}')
