# SPDX-FileCopyrightText: the skyway-whip-gateway authors
# SPDX-License-Identifier: Apache-2.0
"""Starts headless Chromium for a peer, and sees the connections that a page makes."""
import contextlib
import time

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

import media
import peer

FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1000,860",
    "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required", "--allow-loopback-in-peer-connection",
    "--disable-background-timer-throttling", "--disable-renderer-backgrounding",
    # A page without permissions hides its addresses behind names, which nobody resolves in a network namespace.
    "--disable-features=WebRtcHideLocalIpsWithMdns",
]  # fmt: skip

# Keeps every connection of the page where a peer finds it.
KEEP_CONNECTIONS = """
window.__peers = [];
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...given) { super(...given); window.__peers.push(this); }
};
"""


@contextlib.contextmanager
def browser(origin: str, seconds_of_camera: int = 0, scripts: list[str] = (), languages: str = "en-US,en"):
    """A browser that treats `origin` as secure; `scripts` run in each page before its own."""
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for flag in [*FLAGS, f"--accept-lang={languages}", f"--unsafely-treat-insecure-origin-as-secure={origin}"]:
        options.add_argument(flag)
    if origin.startswith("https:"):
        # Certificates of tests are signed by themselves.
        options.add_argument("--ignore-certificate-errors")
    if seconds_of_camera:
        options.add_argument(f"--use-file-for-fake-video-capture={media.cached('y4m', seconds_of_camera)}")
        options.add_argument(f"--use-file-for-fake-audio-capture={media.cached('wav', seconds_of_camera)}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    try:
        driver.set_script_timeout(20)
        driver.set_page_load_timeout(20)
        prepare_window(driver, scripts)
        yield driver
    finally:
        driver.quit()


def prepare_window(driver, scripts: list[str] = ()) -> None:
    """Has `scripts` run in each page of the current window before its own; each further window needs it too."""
    for script in [KEEP_CONNECTIONS, *scripts]:
        driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": script})


def run_in_page(driver, body: str, *arguments):
    """Runs the body of an async function in the page; `given` are its arguments."""
    script = f"""
        const done = arguments[arguments.length - 1], given = [...arguments].slice(0, -1);
        (async () => {{ {body} }})().then((value) => done({{value}}), (error) => done({{error: String(error)}}));
    """
    outcome = driver.execute_async_script(script, *arguments)
    if "error" in outcome:
        raise peer.PeerError(f"in the page: {outcome['error']}")
    return outcome.get("value")


def data(driver, identifier: str) -> dict[str, str]:
    """The data attributes of an element: what the project's pages say about themselves."""
    return driver.execute_script("return {...document.getElementById(arguments[0]).dataset}", identifier)


def wait_for_state(driver, identifier: str, wanted: set[str], seconds: float, hopeless: set[str] = frozenset()) -> str:
    end = time.monotonic() + seconds
    while True:
        state = data(driver, identifier).get("state", "")
        if state in wanted:
            return state
        if state in hopeless or time.monotonic() > end:
            said = driver.execute_script("return document.getElementById('status')?.textContent")
            raise peer.PeerError(f"the page is '{state}' ({said}) and not one of {sorted(wanted)}")
        time.sleep(0.05)


def wait_until(driver, condition: str, seconds: float) -> None:
    """Waits until a script returns something true."""
    end = time.monotonic() + seconds
    while not driver.execute_script(condition):
        if time.monotonic() > end:
            raise peer.PeerError(f"not within {seconds} s: {condition}")
        time.sleep(0.05)


def monotonic_offset() -> float:
    """What to add to a page's wall clock (seconds) to get CLOCK_MONOTONIC."""
    return time.monotonic() - time.time()


# getStats of the newest connection as a list, with the transport's ciphers by name.
STATISTICS = """
const peer = window.__peers.at(-1);
if (!peer) return null;
const report = [...(await peer.getStats()).values()];
const transport = report.find((entry) => entry.type === "transport") ?? {};
const pair = report.find((entry) => entry.id === transport.selectedCandidatePairId);
const pick = (entry, keys) => Object.fromEntries(keys.filter((key) => key in entry).map((key) => [key, entry[key]]));
return {
  connection: peer.connectionState,
  ice: peer.iceConnectionState,
  ...pick(transport, ["dtlsState", "dtlsCipher", "srtpCipher", "tlsVersion", "dtlsRole"]),
  roundTripSeconds: pair?.currentRoundTripTime,
  protocol: report.find((entry) => entry.id === pair?.localCandidateId)?.protocol,
  receiverReports: report.filter((entry) => entry.type === "remote-inbound-rtp").map((entry) =>
    pick(entry, ["kind", "packetsLost", "roundTripTimeMeasurements"])),
  streams: report.filter((entry) => /^(in|out)bound-rtp$/.test(entry.type)).map((entry) => ({
    ...pick(entry, ["kind", "ssrc", "rid", "packetsSent", "packetsReceived", "packetsLost", "bytesSent",
      "bytesReceived", "framesEncoded", "framesSent", "framesDecoded", "framesDropped", "keyFramesEncoded",
      "keyFramesDecoded", "pliCount", "firCount", "nackCount", "frameWidth", "frameHeight",
      "retransmittedPacketsSent", "freezeCount",
      "totalFreezesDuration", "jitter"]),
    codec: report.find((other) => other.id === entry.codecId)?.mimeType,
  })),
};
"""
