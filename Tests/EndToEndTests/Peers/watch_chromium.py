# SPDX-FileCopyrightText: the skyway-whip-gateway authors
# SPDX-License-Identifier: Apache-2.0
"""Watches /watch/{channel} in Chromium and reads what a person would see and hear.

Numbers are read from every decoded frame (MediaStreamTrackProcessor with a deep queue, since paints are skipped under
load), tones from an AnalyserNode. Measures for --seconds from the first picture on.
Events: ready (page open), firstPicture. Result: video (numbers), tone, statistics, states, width, height, sessions.
"""
import argparse
import time
from pathlib import Path
from urllib.parse import quote, urlsplit

import chromium
import counting
import peer
import testpicture as picture

# Reads numbers as testpicture.read_number does, and looks at the spectrum every 100 ms.
OBSERVE = (Path(__file__).parent / "observe.js").read_text()


def collect(driver, numbers: counting.NumberLog, tones: counting.ToneLog, states: list) -> None:
    """Takes over what the page has seen since the last call."""
    offset = chromium.monotonic_offset()
    seen = driver.execute_script("return window.__observed.take()")
    for number, at in seen["numbers"]:
        if not numbers.frames:
            peer.report("firstPicture", number=number, seenAt=round(at + offset, 3))
        numbers.add(number, at + offset)
    for frequency, at in seen["tones"]:
        tones.add(frequency, at + offset)
    states += [[state, round(at + offset, 3)] for state, at in seen["states"]]


def main(arguments) -> dict:
    parts = urlsplit(arguments.url)
    origin = f"{parts.scheme}://{parts.netloc}"
    numbers, tones, states = counting.NumberLog(arguments.modulo), counting.ToneLog(), []
    with chromium.browser(origin, scripts=[OBSERVE]) as driver:
        driver.get(f"{origin}/watch/{quote(arguments.channel, safe='')}?lang={arguments.language}")
        chromium.wait_for_state(driver, "player", {"waiting", "connecting", "playing", "stalled"}, 15, {"elsewhere"})
        peer.report("ready")

        def tick():
            collect(driver, numbers, tones, states)

        end = time.monotonic() + arguments.wait
        while not numbers.seen:
            if time.monotonic() > end:
                raise peer.PeerError(f"no picture after {arguments.wait} s; states: {states}")
            time.sleep(0.05)
            tick()
        peer.sleep_until_stopped(arguments.seconds, tick)
        tick()
        page = chromium.data(driver, "player")
        statistics = chromium.run_in_page(driver, chromium.STATISTICS)
        if arguments.screenshot:
            driver.save_screenshot(arguments.screenshot)
        messages = [line["message"] for line in driver.get_log("browser")]
    return {
        "video": numbers.summary(),
        "tone": tones.summary(),
        "width": int(page.get("width", 0)),
        "height": int(page.get("height", 0)),
        "sessions": int(page.get("sessions", 0)),
        "state": page["state"],
        "states": states[-40:],
        "statistics": statistics,
        # The page asks until there is a publisher, and the browser notes each refusal.
        "console": [message for message in messages if "404" not in message][-10:],
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", help="the gateway's address, for example http://127.0.0.1:8080")
    parser.add_argument("channel")
    parser.add_argument("--seconds", type=float, default=10, help="how long to measure from the first picture on")
    parser.add_argument("--wait", type=float, default=20, help="how long to wait for a picture")
    parser.add_argument("--modulo", type=int, default=picture.NUMBERS, help="300 for the sample clip")
    parser.add_argument("--language", default="en", choices=["en", "ja"])
    parser.add_argument("--screenshot")
    options = parser.parse_args()
    peer.run(lambda: main(options), limit=options.seconds + options.wait + 60)
