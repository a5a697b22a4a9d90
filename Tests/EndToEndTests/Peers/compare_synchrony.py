# SPDX-FileCopyrightText: the skyway-whip-gateway authors
# SPDX-License-Identifier: Apache-2.0
"""Publishes a flash and a beep each second in Chromium, and sees and hears them by two ways in the same page: over a
connection from the page to itself, and by WHIP, the gateway, SkyWay and WHEP.

Each way sound and picture lie to each other somehow, which is mostly the browser's doing; what differs is not.
Events: watching, left and returned (with --returns), measured. Result: measurements, one for each time of --flashes:
flashes (how many were compared), direct and viewer (milliseconds by which sound is late, medians), difference (median).
"""
import argparse
import statistics
import time
from pathlib import Path
from urllib.parse import quote, urlsplit

import chromium
import peer

SOURCE = (Path(__file__).parent / "beepflash.js").read_text()
# After a change the browser takes a while to bring sound and picture together.
SETTLING = 8.0
SEEN = "return { now: performance.now() / 1000, seen: window.beepFlash.seen }"


def lateness(log: dict, begin: float, end: float) -> dict[float, float]:
    """By how many seconds each beep is late, by the moment of its flash."""
    late = {}
    for flash in log["flashes"]:
        beep = min(log["beeps"], key=lambda at: abs(at - flash), default=None)
        if begin <= flash < end and beep is not None and abs(beep - flash) < 0.45:
            late[flash] = beep - flash
    return late


def measure(driver, flashes: int, wait: float) -> dict:
    """Compares so many flashes."""
    peer.sleep_until_stopped(SETTLING)
    begin = driver.execute_script(SEEN)["now"]
    end = time.monotonic() + flashes + wait
    while True:
        peer.sleep_until_stopped(1.0)
        found = driver.execute_script(SEEN)
        ways = {name: lateness(log, begin, found["now"] - 1) for name, log in found["seen"].items()}
        if all(len(ways.get(name, {})) >= flashes for name in ("direct", "viewer")):
            break
        if time.monotonic() > end:
            counts = {name: [len(log["flashes"]), len(log["beeps"])] for name, log in found["seen"].items()}
            raise peer.PeerError(f"{flashes} flashes not seen within {flashes + wait:.0f} s; seen in all: {counts}")
    direct, viewer = (statistics.median(ways[name].values()) * 1000 for name in ("direct", "viewer"))
    result = {
        "flashes": min(len(way) for way in ways.values()),
        "direct": round(direct, 1),
        "viewer": round(viewer, 1),
        "difference": round(viewer - direct, 1),
    }
    peer.report("measured", **result)
    return result


def main(arguments) -> dict:
    parts = urlsplit(arguments.url)
    origin = f"{parts.scheme}://{parts.netloc}"
    whip = f"{origin}/whip/{quote(arguments.channel, safe='')}"
    whep = f"{arguments.whep}/{quote(arguments.channel, safe='')}"
    with chromium.browser(origin, scripts=[SOURCE]) as driver:
        driver.get(f"{origin}/publish?lang=en")
        chromium.run_in_page(driver, "await beepFlash.direct()")
        chromium.run_in_page(driver, "await beepFlash.publish(...given)", whip, arguments.token)
        chromium.run_in_page(driver, "await beepFlash.watch(given[0])", whep)
        peer.report("watching")
        measurements = [measure(driver, arguments.flashes, arguments.wait)]
        for _ in range(arguments.returns):
            chromium.run_in_page(driver, "await beepFlash.leave()")
            peer.report("left")
            peer.sleep_until_stopped(arguments.pause)
            chromium.run_in_page(driver, "await beepFlash.publish(...given)", whip, arguments.token)
            peer.report("returned")
            measurements.append(measure(driver, arguments.flashes, arguments.wait))
    return {"measurements": measurements}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", help="the gateway's address, for example http://127.0.0.1:8080")
    parser.add_argument("whep", help="where channels are watched, for example http://127.0.0.1:8081/whep")
    parser.add_argument("channel")
    parser.add_argument("--token", default="")
    parser.add_argument("--flashes", type=int, default=12)
    parser.add_argument("--returns", type=int, default=0, help="how often the publisher leaves and comes back")
    parser.add_argument("--pause", type=float, default=3, help="how long it is away")
    parser.add_argument("--wait", type=float, default=20, help="how much longer than the flashes take to wait for them")
    options = parser.parse_args()
    length = (options.flashes + options.wait + SETTLING) * (options.returns + 1) + options.pause * options.returns
    peer.run(lambda: main(options), limit=length + 60)
