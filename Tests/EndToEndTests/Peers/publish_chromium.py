# SPDX-FileCopyrightText: the skyway-whip-gateway authors
# SPDX-License-Identifier: Apache-2.0
"""Publishes the test picture and tone from /publish in Chromium, with files for camera and microphone.

Events: live, firstFrame (first encoded frame sent), restarted. Result: frames (encoded), statistics, states of the page,
http (the protocol of the POST);
with --layers the picture is 960x540 in the given layers, of which one may pause;
with --restart also patches (the statuses of a trickle, a refused and a good ICE restart) and pairChanges.
"""
import argparse
import json
import time
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from selenium.webdriver.common.by import By

import chromium
import layers
import peer
import testpicture as picture

# Says when the first encoded frame left, to 20 ms.
FIRST_FRAME = """
window.__firstFrame = new Promise((done) => {
  const look = setInterval(async () => {
    for (const entry of (await window.__peers.at(-1)?.getStats())?.values() ?? []) {
      if (entry.type === "outbound-rtp" && entry.kind === "video" && entry.framesSent > 0) {
        clearInterval(look);
        done(Date.now() / 1000);
      }
    }
  }, 20);
});
"""


# Draws pictures that are large enough for layers in the camera's place, and sends them in the given encodings.
LAYERS = """
const capture = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (constraints) => {
  const stream = await capture(constraints);
  for (const track of stream.getVideoTracks()) { track.stop(); stream.removeTrack(track); }
  const canvas = new OffscreenCanvas(%(width)d, %(height)d), context = canvas.getContext("2d");
  const generator = new MediaStreamTrackGenerator({ kind: "video" }), writer = generator.writable.getWriter();
  const begin = performance.now();
  let number = 0;
  setInterval(() => {
    while (number * 1000 / %(rate)d <= performance.now() - begin) {
      testPicture.draw(context, canvas.width, canvas.height, number);
      if (%(noise)s) testPicture.addNoise(context, canvas.width, canvas.height, number);
      writer.write(new VideoFrame(canvas, { timestamp: number * 1e6 / %(rate)d }));
      number += 1;
    }
  }, 10);
  stream.addTrack(generator);
  return stream;
};
const add = RTCPeerConnection.prototype.addTransceiver;
RTCPeerConnection.prototype.addTransceiver = function (track, init) {
  if (track.kind !== "video") return add.call(this, track, init);
  const transceiver = add.call(this, track, { ...init, sendEncodings: %(encodings)s });
  window.__sender = transceiver.sender;
  return transceiver;
};
"""

# Stops sending a layer, or begins again.
SET_ACTIVE = """
const parameters = window.__sender.getParameters();
for (const encoding of parameters.encodings) if (encoding.rid === given[0]) encoding.active = given[1];
await window.__sender.setParameters(parameters);
"""


def layered(wanted: list[layers.Layer], noise: bool) -> list[str]:
    """The scripts that let a page send layers."""
    if not wanted:
        return []
    encodings = [
        {"rid": layer.rid, "scaleResolutionDownBy": layer.divisor, "maxBitrate": layer.bitrate} for layer in wanted
    ]
    size = {"width": layers.FACTOR * picture.WIDTH, "height": layers.FACTOR * picture.HEIGHT}
    drawing = (Path(__file__).parent / "testpicture.js").read_text()
    more = {"rate": picture.RATE, "encodings": json.dumps(encodings), "noise": json.dumps(noise)}
    return [drawing, LAYERS % {**size, **more}]


def pause_layer(driver, pause: layers.Pause) -> float:
    """Stops sending a layer, and begins again; returns how long that took in all."""
    for seconds, is_active in ((pause.at, False), (pause.seconds, True)):
        peer.sleep_until_stopped(seconds)
        chromium.run_in_page(driver, SET_ACTIVE, pause.rid, is_active)
        peer.report("resumed" if is_active else "paused", rid=pause.rid)
    return pause.at + pause.seconds


# Leaves lines out of the offer as it is posted.
LEAVE_OUT = """
const patterns = %s.map((pattern) => new RegExp(pattern));
const send = window.fetch;
window.fetch = (address, options = {}) => {
  if (options.method === "POST" && typeof options.body === "string") {
    const lines = options.body.split(/(?<=\\n)/);
    options.body = lines.filter((line) => !patterns.some((pattern) => pattern.test(line))).join("");
  }
  return send(address, options);
};
"""


# Keeps the address of the session that a POST has made.
KEEP_SESSION = """
const post = window.fetch;
window.fetch = async (address, options = {}) => {
  const response = await post(address, options);
  if (options.method === "POST") window.__session = new URL(response.headers.get("Location"), response.url).href;
  return response;
};
"""

# Sends an SDP fragment with the credentials of a description, and what else is given.
PATCH = """
const value = (sdp, name) => new RegExp(`^a=${name}:(.*)$`, "m").exec(sdp)[1].trim();
const patch = (sdp, condition, lines = []) => fetch(window.__session, {
  method: "PATCH",
  headers: { "Content-Type": "application/trickle-ice-sdpfrag", "If-Match": condition },
  body: [...["ice-ufrag", "ice-pwd"].map((name) => `a=${name}:${value(sdp, name)}`), ...lines, ""].join("\\r\\n"),
});
const peer = window.__peers.at(-1);
"""

TRICKLE = PATCH + """
const media = ["m=audio 9 UDP/TLS/RTP/SAVPF 0", "a=mid:0", "a=end-of-candidates"];
return (await patch(peer.localDescription.sdp, "*", media)).status;
"""

# Restarts ICE, or goes on as before where that is refused; returns the status.
RESTART = PATCH + """
const offer = await peer.createOffer({ iceRestart: true });
await peer.setLocalDescription(offer);
const response = await patch(offer.sdp, given[0]);
if (response.status === 200) {
  const fragment = await response.text();
  const answer = ["ice-ufrag", "ice-pwd"].reduce(
    (sdp, name) => sdp.replace(new RegExp(`^a=${name}:.*$`, "gm"), () => `a=${name}:${value(fragment, name)}`),
    peer.remoteDescription.sdp.replace(/\\r\\n/g, "\\n"),
  );
  await peer.setRemoteDescription({ type: "answer", sdp: answer.replace(/\\n/g, "\\r\\n") });
} else {
  await peer.setLocalDescription({ type: "rollback" });
}
return response.status;
"""

# The protocol by which the POST was sent, such as h2.
HTTP = """
return performance.getEntriesByType("resource").find((entry) => entry.name.includes("/whip"))?.nextHopProtocol;
"""

PAIR_CHANGES = """
const report = [...(await window.__peers.at(-1).getStats()).values()];
return report.find((entry) => entry.type === "transport").selectedCandidatePairChanges;
"""


def patches(driver, seconds: float) -> dict:
    """Trickles, and restarts ICE in vain and in earnest, while media flows."""
    statuses = [chromium.run_in_page(driver, TRICKLE)]
    for condition in ('"another"', "*"):
        peer.sleep_until_stopped(seconds / 3)
        statuses.append(chromium.run_in_page(driver, RESTART, condition))
        peer.report("restarted", status=statuses[-1])
    peer.sleep_until_stopped(seconds / 3)
    return {"patches": statuses, "pairChanges": chromium.run_in_page(driver, PAIR_CHANGES)}


def main(arguments) -> dict:
    parts = urlsplit(arguments.url)
    wanted = {"lang": "en", "processing": "off", "channel": arguments.channel, "codec": arguments.codec}
    page = f"{parts.scheme}://{parts.netloc}/publish?{urlencode({k: v for k, v in wanted.items() if v})}"
    length = int(arguments.seconds) + 20
    scripts = [FIRST_FRAME, LEAVE_OUT % json.dumps(arguments.without), KEEP_SESSION, *layered(arguments.layers, arguments.noise)]
    with chromium.browser(f"{parts.scheme}://{parts.netloc}", length, scripts) as driver:
        driver.get(page)
        chromium.wait_for_state(driver, "publisher", {"idle"}, 10, {"insecure"})
        if arguments.token:
            driver.find_element(By.ID, "token").send_keys(arguments.token)
        driver.find_element(By.ID, "start").click()
        chromium.wait_for_state(driver, "publisher", {"live"}, 15, {"failed", "denied", "noDevice"})
        peer.report("live")
        first = chromium.run_in_page(driver, "return await window.__firstFrame")
        peer.report("firstFrame", sentAt=round(first + chromium.monotonic_offset(), 3))
        more = patches(driver, arguments.seconds) if arguments.restart else {}
        passed = pause_layer(driver, arguments.pause) if arguments.pause else 0
        peer.sleep_until_stopped(0 if arguments.restart else arguments.seconds - passed)
        statistics = chromium.run_in_page(driver, chromium.STATISTICS)
        protocol = chromium.run_in_page(driver, HTTP)
        if arguments.screenshot:
            driver.save_screenshot(arguments.screenshot)
        state = chromium.data(driver, "publisher")["state"]
        driver.find_element(By.ID, "stop").click()
        # The DELETE leaves while the browser is still there.
        time.sleep(0.5)
    if state != "live":
        raise peer.PeerError(f"the page was '{state}' at the end")
    video = next(stream for stream in statistics["streams"] if stream["kind"] == "video")
    codec = video.get("codec", "").removeprefix("video/")
    seen = {"frames": video["framesEncoded"], "rate": picture.RATE, "codec": codec, "http": protocol}
    return {**seen, "statistics": statistics, **more}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", help="the gateway's address, for example http://127.0.0.1:8080")
    parser.add_argument("--channel", default="")
    parser.add_argument("--codec", default="", choices=["", "VP8", "H264", "VP9", "AV1"])
    parser.add_argument("--seconds", type=float, default=12)
    parser.add_argument("--token")
    parser.add_argument("--without", action="append", default=[], help="pattern of lines to leave out of the offer")
    parser.add_argument("--restart", action="store_true", help="restart ICE after a third and two thirds of the time")
    parser.add_argument("--screenshot")
    layers.add_arguments(parser)
    options = parser.parse_args()
    peer.run(lambda: main(options), limit=options.seconds + 60)
