# SPDX-FileCopyrightText: the skyway-whip-gateway authors
# SPDX-License-Identifier: Apache-2.0
"""What publishers of simulcast layers have in common: how layers are named on the command line, and when one pauses."""
import argparse
from typing import NamedTuple


class Layer(NamedTuple):
    """One layer: its RTP stream id, and by how much its sides are smaller than those of the picture."""

    rid: str
    divisor: float
    most: int | None = None

    @property
    def bitrate(self) -> int:
        """Bits per second at most: what is enough for the test picture, enlarged three times, unless told otherwise."""
        return self.most or int(600_000 / self.divisor)


class Pause(NamedTuple):
    """For `seconds` from second `at` on a layer is not sent."""

    rid: str
    at: float
    seconds: float

    def holds(self, rid: str, second: float) -> bool:
        return rid == self.rid and self.at <= second < self.at + self.seconds


# How many times the sides of the test picture are longer where there are layers.
FACTOR = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--layers", type=_layers, default=[], help="layers in the order of the offer: q:4,h:2,f:1, or f:1:900000")
    parser.add_argument("--noise", action="store_true", help="layers that take what bit rate they get")
    parser.add_argument("--pause", type=_pause, help="layer that is not sent, from when on, for how long: f:5:6")


def _layers(text: str) -> list[Layer]:
    parts = [part.split(":") for part in text.split(",")]
    return [Layer(part[0], float(part[1]), int(part[2]) if len(part) > 2 else None) for part in parts]


def _pause(text: str) -> Pause:
    rid, at, seconds = text.split(":")
    return Pause(rid, float(at), float(seconds))
