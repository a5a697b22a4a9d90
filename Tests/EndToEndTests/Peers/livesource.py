# SPDX-FileCopyrightText: the skyway-whip-gateway authors
# SPDX-License-Identifier: Apache-2.0
"""The test picture and tone as they happen, for publishers that encode themselves; and what these have in common."""
import argparse
import asyncio
import contextlib
import signal
import time
from collections.abc import Awaitable, Callable

import layers
import peer
import testpicture as picture

SAMPLES = picture.SAMPLE_RATE // 50


def parser(description: str, codecs: list[str], simulcast: bool = False) -> argparse.ArgumentParser:
    """Reads the command line of a publisher that encodes itself, several layers where it can."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--seconds", type=float, default=12)
    parser.add_argument("--token")
    parser.add_argument("--address", help="local address to use where there is only the loopback interface")
    parser.add_argument("--codec", action="append", choices=codecs, help="what is offered; all in order by default")
    parser.add_argument("--only", choices=["audio", "video"])
    parser.add_argument("--restart", action="store_true", help="restart ICE after a third and two thirds of the time")
    parser.add_argument("--without", action="append", default=[], help="pattern of lines to leave out of the offer")
    if simulcast:
        layers.add_arguments(parser)
    return parser


async def every(interval: float, count: int, step: Callable[[int], Awaitable[None]]) -> int:
    """Calls `step` with 0, 1, 2 … in real time and returns how many times; a late one is made up for."""
    begin = time.monotonic()
    for number in range(count):
        await asyncio.sleep(max(0.0, begin + number * interval - time.monotonic()))
        await step(number)
    return count


async def stopped_early(work: Awaitable) -> bool:
    """Waits for work, and says whether SIGTERM or SIGINT ended it first."""
    stopped = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    task, stop = asyncio.ensure_future(work), asyncio.ensure_future(stopped.wait())
    await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()
    if task.done():
        task.result()
        return False
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    return True


async def post(options: argparse.Namespace, sdp: str, agent: str) -> tuple[str, str]:
    """Posts an offer without the lines that are to be left out."""
    offer = peer.leave_out(sdp, options.without)
    peer.report("posting")
    answer, location = await asyncio.to_thread(peer.post_offer, options.url, offer, options.token, agent)
    peer.report("answered", setup=peer.attribute(answer, "setup"), location=location)
    return answer, location


async def wait_for(condition: Callable[[], bool], what: str, seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise peer.PeerError(f"not within {seconds:.0f} s: {what}")
        await asyncio.sleep(0.01)
