# SPDX-FileCopyrightText: the skyway-whip-gateway authors
# SPDX-License-Identifier: Apache-2.0
"""What attacks on HTTP are made of: many connections at once, each a small machine of its own."""
import collections
import resource
import selectors
import socket
import subprocess
import time

HEAD = b"POST /whip/attack HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/sdp\r\n"


def add_addresses(link: str, prefix: str, numbers: range) -> list[str]:
    """Gives a link of this namespace more addresses."""
    addresses = [f"{prefix}{number}" for number in numbers]
    for address in addresses:
        subprocess.run(["ip", "addr", "replace", f"{address}/24", "dev", link], check=True, capture_output=True)
    return addresses


class Connections:
    """Connections that are opened without waiting, and told what becomes of them."""

    def __init__(self, target: tuple[str, int], addresses: list[str]):
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 16_384) if hard > 0 else 16_384, hard))
        self.target, self.addresses = target, addresses
        self.counts: collections.Counter[str] = collections.Counter(opened=0)
        self.open: dict[socket.socket, float] = {}
        self._selector = selectors.EpollSelector()
        self._next = 0

    def add(self) -> socket.socket | None:
        each = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        each.setblocking(False)
        try:
            each.bind((self.addresses[self._next % len(self.addresses)], 0))
            self._next += 1
            each.connect_ex(self.target)
        except OSError:
            each.close()
            return None
        self._selector.register(each, selectors.EVENT_READ)
        self.open[each] = time.monotonic()
        self.counts["opened"] += 1
        return each

    def send(self, each: socket.socket, data: bytes) -> bool:
        try:
            return each.send(data) == len(data)
        except BlockingIOError:
            return False
        except OSError:
            self._forget(each)
            return False

    def look(self, pause: float) -> list[socket.socket]:
        """Counts answers and ends; returns those that have ended."""
        gone = []
        for key, _ in self._selector.select(pause):
            try:
                data = key.fileobj.recv(65_536)
            except BlockingIOError:
                continue
            except OSError:
                data = b""
            if data.startswith(b"HTTP/1.1 "):
                self.counts[f"status {data[9:12].decode(errors='replace')}"] += 1
            if not data:
                gone.append(key.fileobj)
                self._forget(key.fileobj)
        return gone

    def _forget(self, each: socket.socket) -> None:
        if self.open.pop(each, None) is None:
            return
        self._selector.unregister(each)
        each.close()
        self.counts["closed"] += 1

    def end(self) -> dict[str, int]:
        for each in list(self.open):
            self._selector.unregister(each)
            each.close()
        return dict(self.counts)


def slow(target, addresses, arguments) -> dict[str, int]:
    """So many connections at a time: half never end their heads, half never their bodies."""
    connections = Connections(target, addresses[:4])
    end, due = time.monotonic() + arguments.seconds, time.monotonic()
    begun: set[socket.socket] = set()
    count = 0
    while time.monotonic() < end:
        while len(connections.open) < arguments.rate and connections.add():
            pass
        connections.look(0.05)
        if time.monotonic() < due:
            continue
        due += 0.5
        for each in list(connections.open):
            if each in begun:
                connections.send(each, b"a")
            else:
                count += 1
                if connections.send(each, HEAD + (b"X-A: " if count % 2 else b"Content-Length: 5000\r\n\r\n")):
                    begun.add(each)
        begun &= connections.open.keys()
    return connections.end()


def connections(target, addresses, arguments) -> dict[str, int]:
    """So many connections in all, as fast as they are taken, each kept as long as it may be."""
    found = Connections(target, addresses[1:])
    end = time.monotonic() + arguments.seconds
    while time.monotonic() < end:
        for _ in range(200):
            if found.counts["opened"] < arguments.rate:
                found.add()
        found.look(0.02)
    return found.end()


def oversized(target, addresses, arguments) -> dict[str, int]:
    """So many offers a second, each of its own kind of too long."""
    line, section = b"a=" + b"x" * 60_000 + b"\r\n", b"m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 VP8/90000\r\n"
    session = b"v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
    chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    kinds = [
        HEAD + b"Content-Length: 1000000000\r\n\r\n" + b"x" * 100_000,
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 4,
        _whole(session + line),
        _whole(session + section * (60_000 // len(section))),
        _whole(session + b"a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n" * 1_400),
    ]
    found = Connections(target, addresses[:4])
    began, count = time.monotonic(), 0
    waiting: dict[socket.socket, bytes] = {}
    while (elapsed := time.monotonic() - began) < arguments.seconds:
        for _ in range(int(elapsed * arguments.rate) - count):
            if each := found.add():
                waiting[each] = kinds[count % len(kinds)]
            count += 1
        for each, data in list(waiting.items()):
            waiting[each] = data[_send(each, data) :]
            if not waiting[each] or each not in found.open:
                del waiting[each]
        found.look(0.005)
    return found.end()


def _send(each: socket.socket, data: bytes) -> int:
    try:
        return each.send(data)
    except BlockingIOError:
        return 0
    except OSError:
        return len(data)


def _whole(body: bytes) -> bytes:
    return HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body
