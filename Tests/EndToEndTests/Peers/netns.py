# SPDX-FileCopyrightText: the skyway-whip-gateway authors
# SPDX-License-Identifier: Apache-2.0
"""Network namespaces around a gateway, so that each leg can be impaired and captured apart:

    publisher 10.77.1.2 ── 10.77.1.1 gateway 10.77.2.1 ── 10.77.2.2 viewer (and the SFU)
                            10.77.3.1 └─── 10.77.3.2 attacker

    netns.py create OWNER     makes them for the process OWNER (a pid) and prints names and addresses as JSON
    netns.py remove OWNER     ends what still runs in them and removes them
    netns.py run OWNER ROLE COMMAND…   runs a command in one of them

The others have a default route to the gateway, which leads nowhere from there. No packet leaves the machine.
Namespaces of owners that are gone are removed by `create`. Every veth gets gso_max_segs 1: a UDP_SEGMENT run would
cross as one packet, be dropped as one by a loss rule, and show as one in a capture.
"""
import contextlib
import json
import os
import signal
import subprocess
import sys

ROLES = ("publisher", "gateway", "viewer", "attacker")
LEGS = {
    "publisher": ("10.77.1.1", "10.77.1.2"),
    "viewer": ("10.77.2.1", "10.77.2.2"),
    "attacker": ("10.77.3.1", "10.77.3.2"),
}


def name(owner: str, role: str) -> str:
    return f"swg-{owner}-{role}"


def ip(*arguments: str, check: bool = True) -> str:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True)
    if check and done.returncode != 0:
        raise SystemExit(f"ip {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout


@contextlib.contextmanager
def inside(namespace: str):
    """What is opened meanwhile is opened in a namespace."""
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    other = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    os.setns(other, os.CLONE_NEWNET)
    try:
        yield
    finally:
        os.setns(home, os.CLONE_NEWNET)
        os.close(home)
        os.close(other)


def existing() -> list[str]:
    return [line.split()[0] for line in ip("netns", "list").splitlines() if line.startswith("swg-")]


def create(owner: str) -> dict:
    """Makes the namespaces; a leg's link is called by its end's role at the gateway, and `gateway` at its end."""
    for gone in {entry.split("-")[1] for entry in existing()}:
        if gone == owner or not os.path.exists(f"/proc/{gone}"):
            remove(gone)
    for role in ROLES:
        ip("netns", "add", name(owner, role))
        ip("-n", name(owner, role), "link", "set", "lo", "up")
    gateway = name(owner, "gateway")
    for role, (near, far) in LEGS.items():
        end = name(owner, role)
        ip("link", "add", role, "netns", gateway, "type", "veth", "peer", "name", "gateway", "netns", end)
        for namespace, link, address in ((gateway, role, near), (end, "gateway", far)):
            ip("-n", namespace, "addr", "add", f"{address}/24", "dev", link)
            # An IPv6 address that comes a second later is a change of network, at which Chromium drops its requests.
            ip("-n", namespace, "link", "set", link, "addrgenmode", "none")
            ip("-n", namespace, "link", "set", link, "gso_max_segs", "1", "up")
        ip("-n", end, "route", "add", "default", "via", near)
    return {
        "publisher": {"namespace": name(owner, "publisher"), "link": "gateway", "address": LEGS["publisher"][1]},
        "gateway": {
            "namespace": gateway,
            "links": {role: role for role in LEGS},
            "addressForPublisher": LEGS["publisher"][0],
            "addressForViewer": LEGS["viewer"][0],
        },
        "viewer": {"namespace": name(owner, "viewer"), "link": "gateway", "address": LEGS["viewer"][1]},
    }


def remove(owner: str) -> dict:
    """Removes the namespaces and says which processes were still there."""
    left = []
    for role in ROLES:
        namespace = name(owner, role)
        if namespace not in existing():
            continue
        for pid in map(int, ip("netns", "pids", namespace).split()):
            left.append(_command_of(pid))
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        ip("netns", "delete", namespace)
    return {"leftBehind": left}


def _command_of(pid: int) -> str:
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read().replace(b"\0", b" ").decode(errors="replace").strip()[:120]
    except OSError:
        return str(pid)


def main() -> None:
    match sys.argv[1:]:
        case ["create", owner]:
            print(json.dumps(create(owner)))
        case ["remove", owner]:
            print(json.dumps(remove(owner)))
        case ["run", owner, role, *command] if role in ROLES and command:
            os.execvp("ip", ["ip", "netns", "exec", name(owner, role), *command])
        case _:
            print(__doc__, file=sys.stderr)
            raise SystemExit(2)


if __name__ == "__main__":
    main()
