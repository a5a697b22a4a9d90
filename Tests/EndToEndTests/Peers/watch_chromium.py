# SPDX-FileCopyrightText: the skyway-whip-gateway authors
# SPDX-License-Identifier: Apache-2.0
"""Watches /watch/{channel} in Chromium and reads what a person would see and hear.

Numbers are read from every decoded frame (MediaStreamTrackProcessor with a deep queue, since paints are skipped under
load), tones from an AnalyserNode. Measures for --seconds from the first picture on.
Events: ready (page open), state (each one), firstPicture. Result: video (numbers), tone, statistics, states, width,
height, sessions. With --publishers several publishers come one after another, each counting from 0: a firstPicture
for each, and numbers of all of them, which mean nothing then.
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
OBSERVE = [(Path(__file__).parent / name).read_text() for name in ("testpicture.js", "observe.js")]


# Leaves the TCP candidates of what the other side says alone.
ONLY_TCP = """
const apply = RTCPeerConnection.prototype.setRemoteDescription;
RTCPeerConnection.prototype.setRemoteDescription = function (description) {
  const lines = description.sdp.split(/(?<=\\n)/);
  const sdp = lines.filter((line) => !line.startsWith("a=candidate:") || / tcp /i.test(line)).join("");
  return apply.call(this, { type: description.type, sdp });
};
"""


class Observations:
    """What the page has seen and heard so far."""

    def __init__(self, modulo: int):
        self.numbers, self.tones = counting.NumberLog(modulo), counting.ToneLog()
        self.states: list = []
        self.publishers = 0
        self._waiting = True

    def collect(self, driver) -> None:
        """Takes over what the page has seen since the last call."""
        offset = chromium.monotonic_offset()
        seen = driver.execute_script("return window.__observed.take()")
        events = [(at, "state", value) for value, at in seen["states"]]
        events += [(at, "number", value) for value, at in seen["numbers"]]
        for at, kind, value in sorted(events, key=lambda event: event[0]):
            getattr(self, f"_saw_{kind}")(value, at + offset)
        for frequency, at in seen["tones"]:
            self.tones.add(frequency, at + offset)

    def _saw_state(self, state: str, at: float) -> None:
        self.states.append([state, round(at, 3)])
        self._waiting = self._waiting or state == "waiting"
        peer.report("state", state=state, seenAt=round(at, 3))

    def _saw_number(self, number: int | None, at: float) -> None:
        if self._waiting:
            self._waiting = False
            self.publishers += 1
            peer.report("firstPicture", number=number, seenAt=round(at, 3))
        self.numbers.add(number, at)


def main(arguments) -> dict:
    parts = urlsplit(arguments.url)
    origin = f"{parts.scheme}://{parts.netloc}"
    seen = Observations(arguments.modulo)
    scripts = [*OBSERVE, ONLY_TCP] if arguments.only_tcp else OBSERVE
    with chromium.browser(origin, scripts=scripts) as driver:
        driver.get(f"{origin}/watch/{quote(arguments.channel, safe='')}?lang={arguments.language}")
        chromium.wait_for_state(driver, "player", {"waiting", "connecting", "playing", "stalled"}, 15, {"elsewhere"})
        peer.report("ready")

        def tick():
            seen.collect(driver)

        end = time.monotonic() + arguments.wait
        while seen.publishers < arguments.publishers:
            if time.monotonic() > end:
                raise peer.PeerError(f"no picture after {arguments.wait} s; states: {seen.states}")
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
        "video": seen.numbers.summary(),
        "tone": seen.tones.summary(),
        "width": int(page.get("width", 0)),
        "height": int(page.get("height", 0)),
        "sessions": int(page.get("sessions", 0)),
        "state": page["state"],
        "states": seen.states[-40:],
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
    parser.add_argument("--publishers", type=int, default=1, help="how many to wait for before measuring")
    parser.add_argument("--only-tcp", action="store_true", help="leave the SFU's other candidates out")
    parser.add_argument("--language", default="en", choices=["en", "ja"])
    parser.add_argument("--screenshot")
    options = parser.parse_args()
    peer.run(lambda: main(options), limit=options.seconds + options.wait + 60)
