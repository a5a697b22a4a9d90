# SPDX-FileCopyrightText: the skyway-whip-gateway authors
# SPDX-License-Identifier: Apache-2.0
"""Runs a scenario of SkyWay's official JavaScript SDK, as it is, in Chromium against SkyWayLocal.

The page (sdk_page.html) and its scenarios (sdk_*.js) are served from 127.0.0.1, the SDK's files from the folder of the
file that is named. What a scenario tells becomes an event; what it asks of the harness is done here (`Harness`).
Result: what the scenario returns, with the seconds that it took, the lines of the browser's console that are warnings
or errors, and the SDK's version.
"""
import argparse
import http.server
import json
import re
import signal
import subprocess
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import chromium
import peer

FOLDER = Path(__file__).parent
KINDS = {".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8"}


class Harness:
    """What a scenario can have done outside the browser, in the namespace that it runs in."""

    def __init__(self, target: str):
        self.address, self.port = urlsplit(f"//{target}").hostname, urlsplit(f"//{target}").port
        self.go_on = threading.Event()
        signal.signal(signal.SIGUSR1, lambda *_: self.go_on.set())

    def tell(self, event: str, fields: dict) -> dict:
        peer.report(event, **fields)
        return {}

    def block(self, port: int, protocol: str = "udp", action: str = "drop") -> dict:
        """Lets nothing from here reach a port of SkyWayLocal, at whatever address of this namespace.

        Others reach it as before: their packets leave for another address.
        """
        ends = f"ip daddr {{ {self.address}, 127.0.0.1 }} ip saddr {{ {self.address}, 127.0.0.1 }} {protocol}"
        rules = f"{ends} dport {port} {action}; {ends} sport {port} drop"
        self._run("nft", f"table ip sdk {{ chain output {{ type filter hook output priority 0; {rules}; }}; }}")
        return {}

    def unblock(self) -> dict:
        self._run("nft", "delete table ip sdk")
        return {}

    def cut(self) -> dict:
        """Resets the connections to SkyWayLocal's HTTP port; returns how many there were."""
        killed = self._run("ss", "-K", "-H", "-t", "dst", self.address, "dport", "=", str(self.port))
        return {"connections": len(killed.splitlines())}

    def signalled(self) -> dict:
        """Waits until the test says to go on, by SIGUSR1."""
        if not self.go_on.wait(30):
            raise peer.PeerError("the test did not say to go on")
        self.go_on.clear()
        return {}

    @staticmethod
    def _run(*command: str) -> str:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10)
        if done.returncode != 0:
            raise peer.PeerError(f"{' '.join(command)}: {done.stderr.strip()}")
        return done.stdout


def handler(sdk: Path, settings: dict, harness: Harness):
    """The class that answers the page."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            path = urlsplit(self.path).path.lstrip("/")
            if path == "settings.json":
                return self.answer(200, json.dumps(settings).encode(), "application/json")
            if path == "document/":
                return self.answer(200, page_of_the_document().encode(), KINDS[".html"])
            if path == "document/skyway_room-latest.js":
                return self.answer(200, (sdk / settings["libraries"]["room"][0]).read_bytes(), KINDS[".js"])
            folder = sdk if path.startswith("sdk/") else FOLDER
            name = Path(path).name
            if folder is FOLDER and path != name or Path(name).suffix not in KINDS or not (folder / name).is_file():
                return self.answer(404, b"{}", "application/json")
            return self.answer(200, (folder / name).read_bytes(), KINDS[Path(name).suffix])

        def do_POST(self):
            fields = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            action = self.path.removeprefix("/harness/")
            try:
                status, value = 200, getattr(harness, action)(**fields)
            except Exception as error:
                status, value = 500, {"error": f"{type(error).__name__}: {error}"}
            self.answer(status, json.dumps(value).encode(), "application/json")

        def answer(self, status: int, body: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    return Handler


def page_of_the_document() -> str:
    """The page that docs/local.md shows, as it is written there."""
    document = (FOLDER.parents[2] / "docs" / "local.md").read_text()
    return re.search(r"^```html\n(.*?)^```", document, re.MULTILINE | re.DOTALL)[1]


def libraries(room: Path) -> dict[str, list[str]]:
    """The files of each library: Room is the one that is named, Core's two are looked for beside it."""
    beside = [sorted(file.name for file in room.parent.glob(f"skyway_{name}-*.js")) for name in ("core", "sfu_bot")]
    return {"room": [room.name], "core": [files[-1] for files in beside if files]}


def main(arguments) -> dict:
    sdk = Path(arguments.sdk).resolve()
    settings = {
        "domain": arguments.target,
        "applicationId": arguments.application,
        "secret": arguments.secret,
        "libraries": libraries(sdk),
    }
    answering = handler(sdk.parent, settings, Harness(arguments.target))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), answering) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        origin = f"http://127.0.0.1:{server.server_port}"
        with chromium.browser(origin, arguments.seconds) as driver:
            driver.set_script_timeout(arguments.seconds)
            driver.get(f"{origin}/sdk_page.html")
            chromium.wait_until(driver, "return document.documentElement.dataset.state === 'ready'", 15)
            began = time.monotonic()
            given = [arguments.module, arguments.scenario, json.loads(arguments.options)]
            try:
                value = chromium.run_in_page(driver, "return await window.run(...given)", *given)
            except peer.PeerError as error:
                raise peer.PeerError(f"{error}; console: {console(driver)}") from None
            finally:
                if arguments.screenshot:
                    driver.save_screenshot(arguments.screenshot)
            return {"value": value, "seconds": round(time.monotonic() - began, 2), "console": console(driver)}


def console(driver) -> list[str]:
    return [f"{line['level']} {line['message']}" for line in driver.get_log("browser") if line["level"] != "INFO"]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", help="host and port of SkyWayLocal, for example 127.0.0.1:8081")
    parser.add_argument("module", help="a file of scenarios, without .js")
    parser.add_argument("scenario", help="the function")
    parser.add_argument("--sdk", required=True, help="the SDK's file, skyway_room-….js")
    parser.add_argument("--options", default="{}", help="JSON for the scenario")
    parser.add_argument("--seconds", type=int, default=90)
    parser.add_argument("--application", default="10ca1000-57a7-4c0d-8e11-5c1e9a7e0001")
    parser.add_argument("--secret", default="skyway-local-development-secret-not-a-secret")
    parser.add_argument("--screenshot")
    options = parser.parse_args()
    peer.run(lambda: main(options), limit=options.seconds + 40)
