# SPDX-FileCopyrightText: the skyway-whip-gateway authors
# SPDX-License-Identifier: Apache-2.0
"""Tells the segments apart that follow each other in one stream, and how sound and picture lie to each other in each.

A segment begins with the numbers of another publisher, each of which begins with a multiple of `length`, and after each
pause. Both streams of a segment are laid on the clock of the sender reports that came in it (RFC 3550 §6.4.1), as a
player does that keeps them in step.
"""
import statistics

import testpicture as picture


class Synchrony:
    """What came, by its place in the RTP streams."""

    # Pictures whose timestamps are farther apart have a pause between them, in seconds.
    PAUSE = 1.0

    def __init__(self, length: int):
        assert length % (picture.RATE * picture.TONE_STEPS) == 0
        self.length = length
        # Of each segment: number, timestamp in seconds, when it came.
        self.segments: list[list[tuple[int, float, float]]] = []
        self.changes: list[tuple[int, float, float]] = []  # tone that begins, timestamp in seconds, when it came
        # Of each stream: wall clock and timestamp in seconds, when it came.
        self.reports: dict[str, list[tuple[float, float, float]]] = {"audio": [], "video": []}
        self._tone: tuple[int, float] | None = None

    def report(self, kind: str, wall_clock: float, timestamp: float, at: float) -> None:
        self.reports[kind].append((wall_clock, timestamp, at))

    def saw(self, number: int, timestamp: float, at: float) -> bool:
        """A picture; says whether a segment begins with it."""
        begins = not self.segments
        if not begins:
            last, last_timestamp, _ = self.segments[-1][-1]
            begins = number // self.length != last // self.length or timestamp - last_timestamp > self.PAUSE
        if begins:
            self.segments.append([])
        self.segments[-1].append((number, timestamp, at))
        return begins

    def heard(self, tone: int | None, timestamp: float, at: float) -> None:
        """The tone in the middle of a short window."""
        if tone is None:
            return
        if self._tone and (tone - self._tone[0]) % picture.TONE_STEPS == 1 and timestamp - self._tone[1] < 0.2:
            self.changes.append((tone, (timestamp + self._tone[1]) / 2, at))
        self._tone = (tone, timestamp)

    def arrivals(self) -> list[tuple[int, float]]:
        """The numbers, and when each was shown."""
        return [(number, round(at, 4)) for entries in self.segments for number, _, at in entries]

    def summary(self) -> list[dict]:
        """For each segment when its first picture came, how many did, and by how much its sound is late."""
        return [self._segment(entries) for entries in self.segments]

    def _segment(self, entries: list[tuple[int, float, float]]) -> dict:
        numbers = [number for number, _, _ in entries]
        begin, end = entries[0][2], entries[-1][2]
        return {
            "first": numbers[0],
            "firstAt": round(begin, 4),
            "frames": len(set(numbers)),
            "rises": all(a <= b for a, b in zip(numbers, numbers[1:])),
            "soundLateMilliseconds": self._lateness(entries, begin, end),
        }

    def _lateness(self, entries, begin: float, end: float) -> float | None:
        """By how much sound is late against the picture; None where no tone changed."""
        clocks = [self._clock(kind, begin, end) for kind in ("video", "audio")]
        if None in clocks:
            return None
        video, audio = clocks
        shown = statistics.median(timestamp + video - number / picture.RATE for number, timestamp, _ in entries)
        late = []
        for tone, timestamp, at in self.changes:
            if not begin <= at <= end:
                continue
            place = timestamp + audio - shown
            # The second that begins with this tone, the nearest one.
            second = tone + picture.TONE_STEPS * round((place - tone) / picture.TONE_STEPS)
            late.append(place - second)
        return round(statistics.median(late) * 1000, 1) if late else None

    def _clock(self, kind: str, begin: float, end: float) -> float | None:
        """What is added to the timestamps of a stream to get the wall clock, by what was reported in between."""
        added = [wall_clock - timestamp for wall_clock, timestamp, at in self.reports[kind] if begin <= at <= end]
        return statistics.median(added) if added else None


def self_test() -> None:
    log = Synchrony(300)
    for at in (1.0, 201.0):
        log.report("video", 1000.0 + at, 50.0 + at, at)
        log.report("audio", 1000.0 + at, 7.0 + at, at)
    for segment, late in ((0, 0.02), (2, -0.04)):
        for number in range(60):
            at = segment * 100 + number / picture.RATE
            log.saw(segment * 300 + number, 50 + at, at)
        for step in range(200):
            at = segment * 100 + step * 0.02
            log.heard(int(segment * 20 + step * 0.02) % 20, 7 + at + late, at)
    first, second = log.summary()
    assert (first["first"], second["first"]) == (0, 600), (first, second)
    for segment, late in ((first, 20), (second, -40)):
        assert abs(segment["soundLateMilliseconds"] - late) < 12, segment
    assert first["rises"] and first["frames"] == 60


if __name__ == "__main__":
    self_test()
    print('{"selfTest": "passed"}')
