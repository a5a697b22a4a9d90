# SPDX-FileCopyrightText: the skyway-whip-gateway authors
# SPDX-License-Identifier: Apache-2.0
"""Watches a channel for as long as it is told to, as an app does: it subscribes again when what is published is another.

It watches by WHEP, and looks at the channel through the RTC API meanwhile, where it learns what is published and what is
not any more. What counts is the picture: the numbers in it that were not seen before.
Events: session (number) for each subscription; moving, twice a second while the picture moves; gap (from, until) after
each time it stood for longer than --tolerance; room (publishers, origins, relays: ids) at each change. Times are those
of `at`. Result: sessions, gaps.
"""
import argparse
import asyncio
import contextlib
import signal
import time

import aiohttp

import consume_whep
import observe_channel
import peer
import sinkcodecs

# How often the channel is looked at.
PERIOD = 0.05


class Picture:
    """When the picture moved, over all subscriptions."""

    def __init__(self, tolerance: float, tell=peer.report):
        self.tolerance, self.tell = tolerance, tell
        self.gaps: list[tuple[float, float]] = []
        self._seen: set[int] = set()
        self._last_at: float | None = None
        self._told = 0.0

    def saw(self, number: int, at: float) -> None:
        if number in self._seen:
            return
        self._seen.add(number)
        last, self._last_at = self._last_at, at
        if last is not None and at - last > self.tolerance:
            self.gaps.append((last, at))
            self.tell("gap", **{"from": round(last, 4), "until": round(at, 4)})
        if at - self._told >= 0.5:
            self._told = at
            self.tell("moving", number=number)


class Viewer(consume_whep.Sink):
    """One subscription."""

    def __init__(self, arguments, picture: Picture):
        super().__init__(arguments, arguments.whep)
        self.picture = picture

    def _saw(self, frame) -> None:
        super()._saw(frame)
        number = self.numbers.last
        if number is not None:
            self.picture.saw(number, self.numbers.last_at)


class Room:
    """What is in the channel, as the RTC API tells it; for as long as that can't be reached, as it was."""

    def __init__(self, arguments):
        self.arguments = arguments
        self.publications: set[str] = set()
        # How often it was looked at.
        self.looks = 0
        self._told: dict | None = None

    async def watch(self, http: aiohttp.ClientSession) -> None:
        secret = observe_channel.token(observe_channel.APPLICATION, observe_channel.SECRET)
        credentials = {"appId": observe_channel.APPLICATION, "authToken": secret}
        number = 0
        while True:
            # A server that is gone, and asking again, is what this is for.
            with contextlib.suppress(aiohttp.ClientError, TimeoutError, OSError, TypeError):
                async with http.ws_connect(f"{self.arguments.url}/ws", protocols=[secret]) as socket:
                    while True:
                        number += 1
                        self._tell(await observe_channel.find(socket, number, self.arguments.channel, credentials))
                        await asyncio.sleep(PERIOD)
            await asyncio.sleep(PERIOD)

    def _tell(self, found: dict | None) -> None:
        entries = found["publications"] if found else []
        self.publications = {entry["id"] for entry in entries}
        self.looks += 1
        origins = [entry for entry in entries if not entry.get("origin")]
        seen = {
            "publishers": sorted({entry["publisherId"] for entry in origins}),
            "origins": sorted(entry["id"] for entry in origins),
            "relays": sorted(self.publications - {entry["id"] for entry in origins}),
        }
        if seen != self._told:
            self._told = seen
            peer.report("room", **seen)


async def subscribe(http, arguments, picture: Picture, room: Room, number: int) -> None:
    """Watches until what is watched is gone."""
    viewer = Viewer(arguments, picture)
    try:
        await viewer.open(http)
        looks = room.looks
        while room.looks < looks + 2 or not room.publications:
            await asyncio.sleep(PERIOD)
        subscribed = set(room.publications)
        peer.report("session", number=number)
        while viewer.connection.connectionState not in ("closed", "failed") and subscribed == room.publications:
            await asyncio.sleep(PERIOD)
    finally:
        await viewer.connection.close()


async def follow(arguments) -> dict:
    sinkcodecs.install()
    picture, room = Picture(arguments.tolerance), Room(arguments)
    stopped = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    sessions = 0

    async def watch(http: aiohttp.ClientSession) -> None:
        nonlocal sessions
        while True:
            with contextlib.suppress(peer.PeerError, aiohttp.ClientError, ConnectionError):
                await subscribe(http, arguments, picture, room, sessions + 1)
                sessions += 1
            await asyncio.sleep(PERIOD)

    async with aiohttp.ClientSession() as http:
        tasks = [asyncio.ensure_future(watch(http)), asyncio.ensure_future(room.watch(http))]
        tasks.append(asyncio.ensure_future(stopped.wait()))
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED, timeout=arguments.seconds)
        failures = [task.exception() for task in tasks if task.done() and not task.cancelled() and task.exception()]
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=5)
        if failures:
            raise failures[0]
    return {"sessions": sessions + 1, "gaps": picture.gaps}


def self_test() -> None:
    picture = Picture(0.5, tell=lambda *_, **__: None)
    for index, number in enumerate([1, 2, 2, 2, 3]):
        picture.saw(number, index * 0.4)
    assert len(picture.gaps) == 1 and picture.gaps[0] == (0.4, 1.6), picture.gaps


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", help="SkyWay's address, for example http://127.0.0.1:8081")
    parser.add_argument("channel", help="its name")
    parser.add_argument("--seconds", type=float, default=290)
    parser.add_argument("--tolerance", type=float, default=0.5, help="seconds that a picture may stand")
    options = parser.parse_args()
    # What a single subscription of consume_whep.py is told.
    options.whep = f"{options.url}/whep/{options.channel}"
    options.wait, options.retry, options.modulo = 40, 0.1, 1 << 16
    options.segments = options.only = options.token = options.address = None
    self_test()
    peer.run(lambda: asyncio.run(follow(options)), limit=options.seconds + 15)
