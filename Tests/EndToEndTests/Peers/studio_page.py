# SPDX-FileCopyrightText: the skyway-whip-gateway authors
# SPDX-License-Identifier: Apache-2.0
"""Handles the studio page in one window of Chromium as a person does: by what is to be seen and pressed."""
import base64
import time

from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

import chromium
import peer

# Remembers what has been pressed, by id or action.
REMEMBER = """
window.__pressed = new Set();
for (const type of ["click", "change"]) {
  addEventListener(type, ({ target }) => {
    const control = target.closest?.("button, select, input, textarea, summary, a");
    if (control) window.__pressed.add(control.id || control.dataset.action || control.tagName);
  }, true);
}
"""

# What of the page can be pressed or chosen, by id or action.
CONTROLS = """
return [...document.querySelectorAll("button, select")].map((control) => control.id || control.dataset.action);
"""

# What the browser received so far, of whatever connection: not the page's own words.
RECEIVED = """
const entries = [];
for (const peer of window.__peers) {
  if (peer.connectionState === "closed") continue;
  for (const entry of (await peer.getStats()).values()) if (entry.type === "inbound-rtp") entries.push({
    kind: entry.kind, frames: entry.framesDecoded ?? 0, width: entry.frameWidth ?? 0, height: entry.frameHeight ?? 0,
    packets: entry.packetsReceived ?? 0, energy: entry.totalAudioEnergy ?? 0, lost: entry.packetsLost ?? 0,
  });
}
return entries;
"""

# The frames that the browser sent so far, by the width of their encoding.
SENT = """
const sent = {};
for (const peer of window.__peers) {
  if (peer.connectionState === "closed") continue;
  for (const entry of (await peer.getStats()).values()) {
    if (entry.type === "outbound-rtp" && entry.kind === "video") sent[entry.frameWidth ?? 0] = entry.framesSent ?? 0;
  }
}
return sent;
"""

# How many opaque colours each canvas of the statistics has: that of the grid, and those of the lines.
PLOTTED = """
return [...document.querySelectorAll("#streams canvas")].map((canvas) => {
  const { width, height } = canvas;
  const again = Object.assign(document.createElement("canvas"), { width, height });
  const copy = again.getContext("2d", { willReadFrequently: true });
  copy.drawImage(canvas, 0, 0);
  const { data } = copy.getImageData(0, 0, width, height);
  const colors = new Set();
  for (let at = 0; at < data.length; at += 4) {
    if (data[at + 3] === 255) colors.add(data[at] << 16 | data[at + 1] << 8 | data[at + 2]);
  }
  return colors.size;
});
"""


class Page:
    """One window with the studio."""

    def __init__(self, driver, handle: str, name: str):
        self.driver, self.handle, self.name = driver, handle, name

    def look(self):
        """Makes this the window that is driven."""
        self.driver.switch_to.window(self.handle)
        return self.driver

    # What is to be seen

    def script(self, body: str, *arguments):
        return self.look().execute_script(body, *arguments)

    def text(self, identifier: str) -> str:
        return self.script("return document.getElementById(arguments[0]).textContent", identifier)

    def state(self) -> str:
        return self.script("return document.body.dataset.state")

    def until(self, what: str, holds, seconds: float = 20):
        """Waits until something holds in the page."""
        end = time.monotonic() + seconds
        while True:
            value = holds()
            if value:
                return value
            if time.monotonic() > end:
                said = f"notices: {self.notices()}; console: {self.driver.get_log('browser')}"
                raise peer.PeerError(f"{self.name} does not show: {what}; {said}")
            time.sleep(0.05)

    def notices(self) -> list[str]:
        return self.script("return [...document.querySelectorAll('#notices p')].map((line) => line.textContent)")

    def notice(self, part: str) -> str:
        """Waits for a notice, and dismisses it."""
        said = self.until(f"a notice with “{part}”", lambda: next((n for n in self.notices() if part in n), None))
        self.script("for (const b of document.querySelectorAll('#notices button')) b.click()")
        return said

    def items(self, listed: str, **data) -> list:
        """The items of a list with these data attributes."""
        conditions = "".join(f"[data-{key}='{value}']" for key, value in data.items())
        return self.look().find_elements(By.CSS_SELECTOR, f"#{listed} > li{conditions}")

    def item(self, listed: str, seconds: float = 8, **data):
        found = self.until(f"{data} among {listed}", lambda: next(iter(self.items(listed, **data)), None), seconds)
        found.again = lambda: self.item(listed, seconds, **data)
        return found

    def received(self, kind: str) -> dict | None:
        self.look()
        entries = chromium.run_in_page(self.driver, RECEIVED)
        live = [entry for entry in entries if entry["kind"] == kind]
        return max(live, key=lambda entry: entry["frames"] + entry["packets"], default=None)

    def sent(self) -> dict[int, int]:
        """Frames sent by the width of their encoding."""
        self.look()
        return {int(width): frames for width, frames in chromium.run_in_page(self.driver, SENT).items()}

    # What is to be pressed

    def press(self, identifier: str) -> None:
        button = self.until(
            f"“{identifier}” ready",
            lambda: self.script(
                "const b = document.getElementById(arguments[0]);"
                "return b && !b.disabled && b.getAttribute('aria-busy') !== 'true' && b.offsetParent ? b : null",
                identifier,
            ),
        )
        self._click(button)

    def act(self, item, action: str) -> None:
        """Presses a button of an item, or of the one that has taken its place meanwhile."""

        def ready():
            return self.script(
                "const b = arguments[0].querySelector(`[data-action='${arguments[1]}']`);"
                "return b && b.offsetParent && b.getAttribute('aria-busy') !== 'true' ? b : null",
                item, action,
            )

        try:
            self._click(self.until(f"“{action}” ready", ready))
        except StaleElementReferenceException:
            self.act(item.again(), action)

    def _click(self, button) -> None:
        # The head of the page stays in place and would lie over what is scrolled to the very top.
        self.script("arguments[0].scrollIntoView({block: 'center'})", button)
        button.click()

    def choose(self, identifier: str, value: str) -> None:
        Select(self.look().find_element(By.ID, identifier)).select_by_value(value)

    def prefer(self, item, encoding: str) -> None:
        select = self.script("return arguments[0].querySelector('select')", item)
        self.script("arguments[0].scrollIntoView({block: 'center'})", select)
        Select(select).select_by_value(encoding)

    def type(self, identifier: str, words: str) -> None:
        field = self.look().find_element(By.ID, identifier)
        field.clear()
        field.send_keys(words)

    def check(self, identifier: str, wanted: bool) -> None:
        box = self.look().find_element(By.ID, identifier)
        if box.is_selected() != wanted:
            self._click(box)

    def dialog(self, words: str | None = None, button: str = "dialog-yes") -> None:
        """Answers the page's dialog."""
        self.until("its dialog", lambda: self.script("return document.getElementById('dialog').open"))
        if words is not None:
            self.type("dialog-text", words)
        self.look().find_element(By.ID, button).click()

    def screenshot(self, folder: str, name: str) -> None:
        """The whole page as a picture, not only what fits the window."""
        self.script("scrollTo(0, 0)")
        size = self.driver.execute_cdp_cmd("Page.getLayoutMetrics", {})["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 4000), "scale": 1}
        shot = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True, "clip": clip})
        with open(f"{folder}/{name}.png", "wb") as file:
            file.write(base64.b64decode(shot["data"]))
