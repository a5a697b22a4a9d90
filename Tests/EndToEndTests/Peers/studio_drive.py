# SPDX-FileCopyrightText: the skyway-whip-gateway authors
# SPDX-License-Identifier: Apache-2.0
"""Drives the studio page in Chromium: one window publishes in English, another watches in Japanese.

What a button did is asked of the server by an RTC API client of its own, and of the browser's decoders; the page's
words count for what a person should read. Events: step (name, seconds). Result: steps, measured (what was received),
unpressed (controls that nothing has used), console (what the browser wrote beside what a step provoked).
"""
import argparse
import subprocess
import time
from pathlib import Path
from urllib.parse import urlsplit

import chromium
import peer
from studio_page import CONTROLS, PLOTTED, REMEMBER, Page
from studio_server import Server, member, publications, subscriptions

CHANNEL = "studio-test"
ENCODINGS = {"low": 240, "mid": 480, "high": 960}
# Have one choice only: P2P is off, and there is one engine where the server has no SDK.
WITHOUT_CHOICE = {"route", "engine"}
MODULES = (Path(__file__).parent / "studio_modules.js").read_text()
SFU_PORT = 41000


class Drive:
    """Everything that is pressed, in the order of a person who tries the page for the first time."""

    # Which of its publications a publisher's buttons are at.
    own = "origin"
    has_sdk = False

    def __init__(self, arguments, driver, server: Server):
        self.arguments, self.driver, self.server = arguments, driver, server
        self.measured: dict = {}
        self.console: list[str] = []
        self.provoked: list[str] = []
        self.pressed: set[str] = set()
        first = driver.current_window_handle
        self.viewer = Page(driver, first, "the viewer")
        self.publisher = self.viewer

    def channel(self, what: str, holds, seconds: float = 8):
        return self.server.until(CHANNEL, what, holds, seconds)

    def listen(self) -> None:
        """Takes over what the browser's console has; what a step provokes is told by its words."""
        for line in self.driver.get_log("browser"):
            if not any(words in line["message"] for words in self.provoked):
                self.console.append(line["message"])

    def open(self, address: str, width: int = 1300) -> Page:
        self.driver.switch_to.new_window("window")
        self.driver.set_window_size(width, 1000)
        chromium.prepare_window(self.driver, [REMEMBER])
        self.driver.get(address)
        page = Page(self.driver, self.driver.current_window_handle, "the publisher")
        page.until("the page ready", lambda: page.state() == "closed")
        return page

    # Steps

    def languages(self) -> None:
        viewer, address = self.viewer, f"{self.arguments.url}/studio"
        self.driver.set_window_size(1300, 1000)
        self.driver.get(f"{address}?channel={CHANNEL}&member=watcher")
        viewer.until("the page ready", lambda: viewer.state() == "closed")
        assert viewer.text("connect") == "接続する", viewer.text("connect")
        viewer.press("language")
        assert viewer.text("connect") == "Connect", viewer.text("connect")
        viewer.press("language")
        assert viewer.text("connect") == "接続する", viewer.text("connect")
        self.publisher = self.open(f"{address}?lang=en")
        assert self.publisher.text("connect") == "Connect"
        sdk = self.publisher.script("return document.querySelector('#engine option[value=sdk]').disabled")
        assert sdk == (not self.has_sdk), "the official SDK is offered only where there is one"

    def connection(self) -> None:
        page = self.publisher
        self.provoked.append("WebSocket connection to")
        page.type("secret", "not the secret of this application at all")
        page.press("connect")
        page.notice("lets nobody in")
        page.choose("service", "skyway")
        page.press("connect")
        page.notice("application id and the secret key")
        page.choose("service", "local")
        page.press("connect")
        page.until("a connection", lambda: page.state() == "open")
        first = page.text("token-remaining")
        page.until("the countdown running", lambda: page.text("token-remaining") < first)
        page.script("document.querySelector('#token summary').click()")
        assert "10ca1000-57a7-4c0d-8e11-5c1e9a7e0001" in page.text("token-claims")

    def token_update(self) -> None:
        page = self.publisher
        for version in ("1", "2"):
            page.choose("token-version", version)
            page.press("update-token")
            page.until(f"version {version}", lambda: page.text("token-shown-version") == version)
        page.choose("token-version", "3")
        page.type("lifetime", "35")
        page.press("update-token")
        page.until("what to do before it runs out", lambda: page.script(
            "return document.getElementById('token-soon').offsetParent !== null"), 15)
        page.choose("token-from", "paste")
        page.type("token-text", self.server.token.rsplit(".", 1)[0])
        page.press("update-token")
        page.notice("no token")
        page.choose("token-from", "sign")
        page.type("lifetime", "3600")
        page.press("update-token")
        page.until("a fresh token", lambda: page.text("token-remaining") > "00:59:00")

    def channels(self) -> None:
        page = self.publisher
        page.type("channel-key", CHANNEL)
        page.press("find")
        page.notice("no such channel")
        page.type("new-metadata", "first words")
        page.press("create")
        made = self.channel("the channel", lambda channel: channel["metadata"] == "first words")
        page.until("the channel", lambda: page.text("channel-id") == made["id"])
        page.press("create")
        page.notice("A channel of this name exists")
        page.press("close-channel")
        page.until("no channel", lambda: page.script("return document.getElementById('channel').hidden"))
        page.choose("channel-by", "id")
        page.type("channel-key", made["id"])
        page.press("find")
        page.until("the channel by its id", lambda: page.text("channel-name") == CHANNEL)
        page.choose("channel-by", "name")
        page.type("channel-key", CHANNEL)
        page.press("find-or-create")
        page.until("the channel again", lambda: page.text("channel-id") == made["id"])
        page.press("edit-channel")
        page.dialog("never said", button="dialog-no")
        page.press("edit-channel")
        page.dialog("second words")
        self.channel("new metadata", lambda channel: channel["metadata"] == "second words")
        page.until("new metadata", lambda: page.text("channel-metadata") == "second words")

    def joining(self) -> None:
        page, viewer = self.publisher, self.viewer
        page.type("member-name", "speaker")
        page.type("member-metadata", "on stage")
        page.press("join")
        self.channel("the speaker", lambda channel: member(channel, "speaker")["metadata"] == "on stage")
        host = urlsplit(self.arguments.url).netloc
        viewer.choose("service", "other")
        for name in ("rtc", "sfu", "ice"):
            viewer.type(f"host-{name}", host)
        viewer.check("host-secure", False)
        viewer.type("app-id", "10ca1000-57a7-4c0d-8e11-5c1e9a7e0001")
        viewer.type("secret", "skyway-local-development-secret-not-a-secret")
        viewer.press("connect")
        viewer.until("a connection", lambda: viewer.state() == "open")
        viewer.press("find-or-create")
        viewer.type("member-name", "speaker")
        viewer.press("join")
        viewer.notice("同じ名前のメンバーがいます")
        viewer.type("member-name", "watcher")
        viewer.press("join")
        self.channel("the watcher", lambda channel: member(channel, "watcher"))
        speaker = page.until("both members", lambda: len(page.items("members")) == 2 and page.items("members")[0])
        page.act(speaker, "edit-metadata")
        page.dialog("in the first row")
        self.channel("metadata", lambda channel: member(channel, "speaker")["metadata"] == "in the first row")
        viewer.until("the speaker's metadata", lambda: "in the first row" in viewer.text("members"))

    def publishing(self) -> None:
        page = self.publisher
        page.choose("codec", "VP9")
        page.until("what VP9 can't", lambda: page.script(
            "return document.querySelector('#encodings option[value=\"3\"]').disabled"))
        assert page.script("return document.querySelector('#route option[value=p2p]').disabled")
        page.choose("codec", "VP8")
        page.choose("encodings", "3")
        page.type("max-subscribers", "2")
        page.check("forward", False)
        page.press("create-bot")
        self.channel("a bot", lambda channel: [m for m in channel["members"] if m["type"].lower() == "bot"])
        page.press("publish")
        channel = self.channel("both origins", lambda c: len(c["publications"]) == 2)
        (video,) = publications(channel, "video", relayed=False)
        assert [entry["id"] for entry in video["encodings"]] == list(ENCODINGS), video
        for kind in ("video", "audio"):
            page.act(page.item("publications", kind=kind, role="origin"), "start-forwarding")
            self.channel(f"{kind} relayed", lambda c: len(publications(c, kind, relayed=True)) == 1)

    def watching(self) -> None:
        viewer = self.viewer
        for kind in ("video", "audio"):
            relay = viewer.item("publications", kind=kind, role="relay")
            if kind == "video":
                viewer.prefer(relay, "low")
            viewer.act(relay, "subscribe")
            viewer.item("subscriptions", kind=kind, mine="true")
        self.channel("the watcher's subscriptions", lambda channel: len(subscriptions(channel, "watcher")) == 2)
        self.frames(ENCODINGS["low"])
        sound = viewer.item("subscriptions", kind="audio", mine="true")
        muted = "return arguments[0].querySelector('video').muted"
        viewer.act(sound, "sound")
        assert viewer.script(muted, sound) is False
        viewer.until("sound", lambda: (viewer.received("audio") or {"energy": 0})["energy"] > 0)
        viewer.act(sound, "sound")
        assert viewer.script(muted, sound) is True

    def confirming(self) -> None:
        """What the publisher confirmed is told beside its relays and at the viewer's subscriptions."""
        page = self.publisher
        page.until("confirmations", lambda: len(page.items("subscriptions", confirmed="true")) == 2)
        page.until("viewers", lambda: "viewers confirmed: 1" in page.text("publications"))

    def frames(self, width: int, seconds: float = 10, count: int = 10) -> dict:
        """Waits for decoded frames of this width, `count` of them."""
        viewer = self.viewer

        def now():
            return viewer.received("video") or {"width": 0, "frames": 0}

        first = viewer.until(f"pictures {width} wide", lambda: (lambda v: v["width"] == width and v)(now()), seconds)
        return viewer.until(f"{count} more of them", lambda: (
            lambda v: v["width"] == width and v["frames"] >= first["frames"] + count and v)(now()))

    def layers(self) -> None:
        """Each encoding is there within 5 s once the publisher sends it, which is the browser's own decision."""
        page = self.publisher
        channel = self.channel("the relay", lambda c: publications(c, "video", relayed=True))
        # A browser that is told nothing about bandwidth keeps to what two encodings need.
        wanted = ["mid", "high", "low"] if self.server.tells_bandwidth(channel) else ["mid", "low"]
        begun = time.monotonic()
        first = page.sent()
        page.until("the encodings sent", lambda: all(
            page.sent().get(ENCODINGS[name], 0) > first.get(ENCODINGS[name], 0) + 15 for name in wanted), 30)
        self.measured["allSentAfterSeconds"] = round(time.monotonic() - begun, 1)
        for encoding in wanted:
            self.viewer.prefer(self.viewer.item("subscriptions", kind="video", mine="true"), encoding)
            begun = time.monotonic()
            self.frames(ENCODINGS[encoding], 5, count=1)
            self.measured[f"{encoding}AfterSeconds"] = round(time.monotonic() - begun, 2)
            self.frames(ENCODINGS[encoding])
        self.measured["encodings"] = len(wanted)

    def enabling(self) -> None:
        page, viewer = self.publisher, self.viewer
        for wanted in (False, True):
            page.act(page.item("publications", kind="video", role=self.own), "toggle")
            self.channel(f"the relay's isEnabled {wanted}", lambda channel: all(
                entry["isEnabled"] == wanted for entry in channel["publications"] if entry["contentType"] == "Video"))
            viewer.item("publications", kind="video", role="relay", enabled=str(wanted).lower())
            if not wanted:
                self.stillness()
        before = viewer.received("video")["frames"]
        viewer.until("pictures again", lambda: viewer.received("video")["frames"] > before + 10, 10)

    def stillness(self) -> None:
        """Waits until no frame has come for half a second."""
        last, since = -1, time.monotonic()
        while time.monotonic() - since < 0.5:
            frames = self.viewer.received("video")["frames"]
            if frames != last:
                last, since = frames, max(since, time.monotonic()) if last == -1 else time.monotonic()
            time.sleep(0.05)

    def publication_metadata(self) -> None:
        page = self.publisher
        page.act(page.item("publications", kind="audio", role=self.own), "edit-metadata")
        page.dialog("a rising tone")
        self.channel("the metadata", lambda c: publications(c, "audio", False)[0]["metadata"] == "a rising tone")
        self.viewer.until("the metadata", lambda: "a rising tone" in self.viewer.text("publications"))

    def statistics(self) -> None:
        for page, direction in ((self.publisher, "send"), (self.viewer, "receive")):
            video = page.item("streams", kind="video", direction=direction)
            page.until("a bit rate", lambda: int(video.get_attribute("data-bit-rate") or 0) > 20_000)
            page.until("frames", lambda: int(video.get_attribute("data-frame-rate") or 0) >= 5)
            page.until("a resolution", lambda: int(video.get_attribute("data-resolution") or 0) >= 135)
            page.item("streams", kind="audio", direction=direction)
            # The grid has one colour; each plot has lines beside it.
            colors = page.until("six plots", lambda: (
                lambda found: len(found) == 6 and min(found) >= 2 and found)(page.script(PLOTTED)))
            self.measured[f"{direction}Colors"] = colors

    def log(self) -> None:
        page = self.publisher
        shown = "return [...document.querySelectorAll('#log li')].filter((line) => !line.hidden).length"
        every = page.script(shown)
        page.type("log-filter", "confirm-subscription")
        some = page.until("fewer lines", lambda: 0 < page.script(shown) < every and page.script(shown))
        assert some >= 4, some
        assert "authToken" not in page.text("log") or "…" in page.text("log")
        assert self.server.token not in page.text("log")
        page.press("log-clear")
        assert page.script(shown) == 0
        page.type("log-filter", " ")

    def pictures(self) -> None:
        folder = self.arguments.screenshots
        if not folder:
            return
        self.publisher.screenshot(folder, "publisher-en")
        self.viewer.screenshot(folder, "viewer-ja")
        dark = {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
        for page, name in ((self.publisher, "publisher-en-dark"), (self.viewer, "viewer-ja-dark")):
            page.look()
            self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", dark)
            # The plots take the colours of the moment once a second.
            time.sleep(1.2)
            page.screenshot(folder, name)
            self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
        narrow = {"width": 420, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        for page, name in ((self.publisher, "publisher-en-narrow"), (self.viewer, "viewer-ja-narrow")):
            page.look()
            self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", narrow)
            page.screenshot(folder, name)
            overflow = page.script("return document.documentElement.scrollWidth - innerWidth")
            self.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
            assert overflow <= 0, f"{page.name} is {overflow} pixels too wide for a narrow window"

    def viewers_limit(self) -> None:
        """A publication for two has a third one turned away with a sentence."""
        page = self.publisher
        host = f"{self.arguments.url}/studio?lang=en&member=late&channel={CHANNEL}"
        relays = self.channel("relays", lambda c: len(publications(c, "video", True)) == 1)
        assert relays and page
        thirds = [self.open(host.replace("late", f"late-{index}")) for index in (1, 2)]
        for index, third in enumerate(thirds):
            for button in ("connect", "find-or-create", "join"):
                third.press(button)
            third.act(third.item("publications", kind="video", role="relay"), "subscribe")
            if index == 0:
                third.item("subscriptions", kind="video", mine="true")
            else:
                self.provoked.append("429 (Too Many Requests)")
                third.notice("all the viewers it may have")
        for third in thirds:
            self.listen()
            self.leave(third)
            third.look().close()
        self.viewer.look()

    def modules(self) -> None:
        """What the page's modules do with what this server never does."""
        self.publisher.look()
        cases = chromium.run_in_page(self.driver, MODULES)
        wrong = [name for name, holds in cases if not holds]
        assert not wrong, f"not so: {wrong}"
        self.measured["moduleCases"] = len(cases)

    def interruption(self) -> None:
        """The SFU is cut off until both sides have noticed: ICE is restarted, the subscription stays."""
        if not self.arguments.interrupt:
            return
        page, viewer = self.publisher, self.viewer
        kept = self.channel("the subscription", lambda channel: subscriptions(channel, "watcher"))
        drops = "\n".join(f"udp {side}port {SFU_PORT} drop" for side in "ds")
        rules = f"table inet studio {{\nchain cut {{\ntype filter hook output priority 0;\n{drops}\n}}\n}}"
        subprocess.run(["nft", rules], check=True)
        begun = time.monotonic()
        try:
            for one in (page, viewer):
                one.until("a restart", lambda: "restarting" in one.text("log"), 25)
        finally:
            subprocess.run(["nft", "delete table inet studio"], check=True)
        cut = time.monotonic()
        before = viewer.received("video")["frames"]
        viewer.until("pictures again", lambda: viewer.received("video")["frames"] > before + 10, 20)
        after = self.channel("the subscription", lambda channel: subscriptions(channel, "watcher"))
        assert [s["id"] for s in subscriptions(kept, "watcher")] == [s["id"] for s in subscriptions(after, "watcher")]
        assert "PUT /transports/connections/ice" in viewer.text("log")
        self.measured["cutForSeconds"] = round(cut - begun, 1)
        self.measured["backAfterSeconds"] = round(time.monotonic() - cut, 1)

    def unsubscribing(self) -> None:
        self.viewer.act(self.viewer.item("subscriptions", kind="audio", mine="true"), "unsubscribe")
        self.channel("one subscription fewer", lambda channel: len(subscriptions(channel, "watcher")) == 1)

    def stopping(self) -> None:
        page = self.publisher
        page.act(page.item("publications", kind="video", role="relay"), "stop-forwarding")
        self.channel("no relay of video", lambda channel: not publications(channel, "video", relayed=True))
        self.viewer.until("no video", lambda: not self.viewer.items("subscriptions", kind="video", mine="true"))
        page.act(page.item("publications", kind="video", role="origin"), "start-forwarding")
        self.channel("the relay again", lambda channel: publications(channel, "video", relayed=True))
        self.watch_once("video", 540)
        for kind in ("video", "audio"):
            page.act(page.item("publications", kind=kind, role="origin"), "unpublish")
        self.channel("no publication", lambda channel: not channel["publications"])

    def watch_once(self, kind: str, most: int) -> dict:
        """Subscribes, sees ten frames of whatever size, and unsubscribes."""
        viewer = self.viewer
        before = (viewer.received("video") or {"frames": 0})["frames"]
        viewer.act(viewer.item("publications", kind=kind, role="relay"), "subscribe")
        watched = viewer.item("subscriptions", kind=kind, mine="true")

        def seen():
            video = viewer.received("video")
            return video and 0 < video["height"] <= most and video["frames"] >= 10 and video

        video = viewer.until("ten pictures", seen, 12)
        viewer.act(watched, "unsubscribe")
        viewer.until("nothing watched", lambda: not viewer.items("subscriptions", kind=kind, mine="true"))
        return {**video, "before": before}

    def sources(self) -> None:
        """Camera in H.264 and screen in VP9, forwarded at once."""
        page = self.publisher
        page.check("forward", True)
        for source, codec, audio in (("camera", "H264", True), ("screen", "VP9", False)):
            page.choose("source", source)
            page.choose("codec", codec)
            page.choose("encodings", "1")
            page.check("with-audio", audio)
            page.press("publish")
            self.channel(f"{source} relayed", lambda c: len(publications(c, "video", relayed=True)) == 1, 12)
            seen = self.watch_once("video", 2160)
            self.measured[source] = {key: seen[key] for key in ("width", "height")}
            for origin in range(2 if audio else 1):
                page.act(page.item("publications", role="origin"), "unpublish")
                self.channel("one origin fewer", lambda c: len(publications(c, "video", False) + publications(
                    c, "audio", False)) == (1 if audio else 0) - origin)
        page.check("with-video", False)
        page.check("with-audio", False)
        page.press("publish")
        page.notice("Choose video, audio or both")
        page.check("with-video", True)
        page.choose("source", "test")

    def leaving(self) -> None:
        page, viewer = self.publisher, self.viewer
        self.leave(page)
        self.channel("no speaker", lambda c: "speaker" not in [m.get("name") for m in c["members"]])
        page.press("join")
        self.channel("the speaker again", lambda channel: member(channel, "speaker"))
        speaker = viewer.until("the speaker", lambda: next(
            (item for item in viewer.items("members") if "speaker" in item.text), None))
        viewer.act(speaker, "remove-member")
        viewer.dialog()
        self.channel("no speaker", lambda c: "speaker" not in [m.get("name") for m in c["members"]])
        page.notice("You are in the channel no more")

    def leave(self, page: Page) -> None:
        page.press("leave")
        page.until("a way to join", lambda: not page.script("return document.getElementById('join').disabled"))

    def second_tab(self) -> None:
        page = self.publisher
        address = page.script("return document.getElementById('another').href")
        made = self.channel("the channel", lambda channel: channel)
        assert f"channel={made['id']}" in address, address

    def termination(self) -> None:
        page, viewer = self.publisher, self.viewer
        page.press("terminate-channel")
        page.dialog()
        self.channel("no channel", lambda channel: channel is None)
        viewer.notice("チャンネルは終了しました")
        page.notice("The channel has ended")
        for one in (page, viewer):
            one.press("disconnect")
            one.until("no connection", lambda: one.state() == "closed")

    def insecure(self) -> None:
        """On an origin without WebCrypto the page says so and takes a token that was made elsewhere."""
        page = self.open(f"{self.arguments.insecure}/studio?lang=en&member=plain&channel={CHANNEL}")
        assert page.script("return window.isSecureContext") is False
        page.until("what is missing", lambda: "Paste" in page.text("insecure") or "paste" in page.text("insecure"))
        page.type("token-text", self.server.token_for(("create",), ("publish", "subscribe", "updateMetadata")))
        for button in ("connect", "find-or-create", "join", "publish"):
            page.press(button)
        self.channel("a relay", lambda channel: len(publications(channel, "video", relayed=True)) == 1)
        page.until("media", lambda: "connected" in page.text("transports"))
        page.choose("source", "camera")
        page.press("publish")
        page.notice("gives no camera or screen")
        if self.arguments.screenshots:
            page.screenshot(self.arguments.screenshots, "insecure-en")
        self.collect(page)
        page.look().close()
        self.driver.switch_to.window(self.publisher.handle)

    def collect(self, *pages: Page) -> None:
        for page in pages:
            self.pressed |= set(page.script("return [...window.__pressed]"))

    def steps(self) -> list:
        return [
            self.languages, self.connection, self.token_update, self.channels, self.joining, self.publishing,
            self.watching, self.confirming, self.layers, self.enabling, self.publication_metadata, self.statistics,
            self.pictures, self.interruption, self.viewers_limit, self.log, self.modules, self.unsubscribing,
            self.stopping, self.sources, self.second_tab, self.leaving, self.termination, self.insecure,
        ]

    def all(self) -> dict:
        """Does every step; the controls of a page are looked for after each."""
        known: set[str] = set()
        for step in self.steps():
            begun = time.monotonic()
            try:
                step()
                if step != self.insecure:
                    for page in (self.publisher, self.viewer):
                        known |= set(page.script(CONTROLS))
            except (AssertionError, peer.PeerError) as error:
                self.keep_failure()
                raise peer.PeerError(f"{step.__name__}: {error}") from error
            self.listen()
            peer.report("step", name=step.__name__, seconds=round(time.monotonic() - begun, 2))
        self.collect(self.publisher, self.viewer)
        return {
            "steps": [step.__name__ for step in self.steps()], "measured": self.measured,
            "unpressed": sorted(known - self.pressed - WITHOUT_CHOICE), "console": self.console[-10:],
        }

    def keep_failure(self) -> None:
        if not self.arguments.screenshots:
            return
        for page in {self.publisher, self.viewer}:
            page.screenshot(self.arguments.screenshots, f"failed-{page.name.split()[-1]}")


def drive(make) -> None:
    """Reads the arguments, opens browser and server, and does everything."""
    parser = argparse.ArgumentParser(formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", help="SkyWayLocal on loopback, for example http://127.0.0.1:8081")
    parser.add_argument("--insecure", required=True, help="the same server by an address that browsers don't trust")
    parser.add_argument("--interrupt", action="store_true", help="cut the SFU off for a while, in this namespace")
    parser.add_argument("--screenshots", help="a folder for them")
    options = parser.parse_args()

    def main() -> dict:
        server = Server(options.url)
        try:
            with chromium.browser(options.url, scripts=[REMEMBER], languages="ja,en") as driver:
                return make(options, driver, server).all()
        finally:
            server.close()

    peer.run(main, limit=150)


if __name__ == "__main__":
    drive(Drive)
