# SPDX-FileCopyrightText: the skyway-whip-gateway authors
# SPDX-License-Identifier: Apache-2.0
"""What every peer shares: JSON lines on standard output, a bound in time, and a clean end on SIGTERM and SIGINT.

Each line is {"event": …, "at": seconds of CLOCK_MONOTONIC, …}. The last one has the event "result" with "ok", and
with "error" where ok is false. Exit codes: 0 ok, 1 not ok, 2 wrong usage.
"""
import json
import os
import re
import signal
import sys
import threading
import time
import urllib.error
import urllib.request
from urllib.parse import urljoin


class PeerError(Exception):
    """The peer could not do what it is there for; its text goes into the result."""


class Stopped(BaseException):
    """SIGTERM or SIGINT: the peer ends as a person would end it."""


_printing = threading.Lock()


def report(event: str, **fields) -> None:
    line = json.dumps({"event": event, "at": round(time.monotonic(), 4), **fields}) + "\n"
    with _printing:
        sys.stdout.write(line)
        sys.stdout.flush()


def run(main, limit: float) -> None:
    """Runs `main()`, which returns the fields of the result, for `limit` seconds at most."""

    def stop(*_):
        raise Stopped

    def expire():
        report("result", ok=False, error=f"not done after {limit:.0f} s")
        os._exit(1)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    watchdog = threading.Timer(limit, expire)
    watchdog.daemon = True
    watchdog.start()
    try:
        fields = main()
        report("result", ok=True, **(fields or {}))
        status = 0
    except Stopped:
        report("result", ok=False, error="stopped by a signal before it began")
        status = 1
    except Exception as error:
        report("result", ok=False, error=f"{type(error).__name__}: {error}")
        status = 1
    sys.stdout.flush()
    # Native libraries with threads of their own do not always let an interpreter end.
    os._exit(status)


def sleep_until_stopped(seconds: float, tick=None) -> bool:
    """Waits for `seconds`, calling `tick()` every 50 ms; returns whether a signal ended it."""
    end = time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            if tick:
                tick()
            time.sleep(min(0.05, max(0.0, end - time.monotonic())))
    except Stopped:
        return True
    return False


def post_offer(url: str, sdp: str, token: str | None, agent: str) -> tuple[str, str]:
    """Posts an offer; returns the answer and the session's address, or raises with what the server said."""
    headers = {"Content-Type": "application/sdp", "User-Agent": agent, **bearer(token)}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, sdp.encode(), headers), timeout=8) as response:
            if response.status != 201:
                raise PeerError(f"status {response.status} instead of 201")
            return response.read().decode(), urljoin(url, response.headers["Location"])
    except urllib.error.HTTPError as error:
        raise PeerError(f"status {error.code}: {error.read().decode(errors='replace')}") from None
    except (urllib.error.URLError, OSError) as error:
        raise PeerError(f"{url}: {error}") from None


def patch(address: str, fragment: list[str], condition: str, token: str | None) -> tuple[int, str]:
    """Sends an SDP fragment for a session; returns the status and the body."""
    headers = {"Content-Type": "application/trickle-ice-sdpfrag", "If-Match": condition, **bearer(token)}
    body = "".join(f"{line}\r\n" for line in fragment).encode()
    try:
        request = urllib.request.Request(address, body, headers, method="PATCH")
        with urllib.request.urlopen(request, timeout=8) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace")
    except OSError as error:
        raise PeerError(f"{address}: {error}") from None


def delete(address: str, token: str | None) -> int:
    """Ends a session; returns the status, 0 where nobody answered."""
    try:
        request = urllib.request.Request(address, method="DELETE", headers=bearer(token))
        with urllib.request.urlopen(request, timeout=8) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def bearer(token: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}


def leave_out(sdp: str, patterns: list[str]) -> str:
    """A session description without the lines that one of the patterns is found in."""
    return "".join(line for line in sdp.splitlines(keepends=True) if not any(re.search(p, line) for p in patterns))


def with_credentials(sdp: str, fragment: str) -> str:
    """A session description with the ICE credentials of a fragment in the place of its own."""
    for name in ("ice-ufrag", "ice-pwd"):
        sdp = re.sub(rf"(?m)^a={name}:[^\r\n]*", lambda _, name=name: f"a={name}:{attribute(fragment, name)}", sdp)
    return sdp


def attribute(sdp: str, name: str) -> str | None:
    """The first value of an attribute in a session description."""
    return next((line.split(":", 1)[1].strip() for line in sdp.splitlines() if line.startswith(f"a={name}:")), None)
