# SPDX-FileCopyrightText: the skyway-whip-gateway authors
# SPDX-License-Identifier: Apache-2.0
"""Drives the studio page on the official SDK (SKYWAY_SDK_JS), as studio_drive.py does on the page's own engine.

Both windows run on the SDK. What it does by itself (bots, forwardings, confirmations) has no buttons then.
"""
from studio_drive import CHANNEL, ENCODINGS, Drive, drive
from studio_server import member, publications


class SDKDrive(Drive):
    """What a person does with the SDK underneath."""

    # A room shows relays, and leads what is done to them to their origins.
    own = "relay"
    has_sdk = True

    def engines(self) -> None:
        # The SDK writes the failures that are provoked here into the console.
        self.provoked += ["channelNotFound", "alreadySameNameMemberExist"]
        for page in (self.publisher, self.viewer):
            page.choose("engine", "sdk")
        page = self.publisher
        page.press("connect")
        page.until("a connection", lambda: page.state() == "open")
        page.choose("token-version", "2")
        page.press("update-token")
        page.until("version 2", lambda: page.text("token-shown-version") == "2")

    def rooms(self) -> None:
        page = self.publisher
        page.type("channel-key", CHANNEL)
        page.press("find")
        page.notice("no such channel")
        page.type("new-metadata", "first words")
        page.press("create")
        self.channel("the channel", lambda channel: channel["metadata"] == "first words")
        page.until("the channel", lambda: page.text("channel-name") == CHANNEL)
        page.press("close-channel")
        page.press("find")
        page.until("the channel again", lambda: page.text("channel-name") == CHANNEL)
        page.press("edit-channel")
        page.dialog("second words")
        self.channel("new metadata", lambda channel: channel["metadata"] == "second words")

    def publishing(self) -> None:
        page = self.publisher
        page.choose("encodings", "3")
        page.press("publish")
        channel = self.channel("both relays", lambda c: len(c["publications"]) == 4)
        (video,) = publications(channel, "video", relayed=False)
        assert [entry["id"] for entry in video["encodings"]] == list(ENCODINGS), video
        page.item("publications", kind="audio", role="relay")

    def unpublishing(self) -> None:
        page = self.publisher
        for kind in ("video", "audio"):
            page.act(page.item("publications", kind=kind, role="relay"), "unpublish")
            self.channel(f"no {kind}", lambda channel: not publications(channel, kind, relayed=False))

    def speaking(self) -> None:
        self.channel("both", lambda channel: member(channel, "speaker") and member(channel, "watcher"))

    def steps(self) -> list:
        return [
            self.languages, self.engines, self.rooms, self.joining, self.speaking, self.publishing, self.watching,
            self.layers, self.enabling, self.publication_metadata, self.statistics, self.pictures, self.unsubscribing,
            self.unpublishing, self.leaving, self.termination,
        ]

    def all(self) -> dict:
        # Which buttons there are is the other test's business.
        return {**super().all(), "unpressed": []}


if __name__ == "__main__":
    drive(SDKDrive)
