# SPDX-FileCopyrightText: the skyway-whip-gateway authors
# SPDX-License-Identifier: Apache-2.0
"""Network namespaces around a gateway, so that each leg can be impaired and captured apart:

    publisher 10.77.1.2 ── 10.77.1.1 gateway 10.77.2.1 ── 10.77.2.2 viewer (and the SFU)
                            10.77.3.1 └─── 10.77.3.2 attacker

    netns.py create OWNER [LAYOUT]   makes them for the process OWNER (a pid) and prints names and addresses as JSON
    netns.py remove OWNER     ends what still runs in them and removes them
    netns.py run OWNER ROLE COMMAND…   runs a command in one of them

Layouts other than `plain` change the publisher's leg:

    ipv6   it has no IPv4: publisher 2001:db8:77::2 ── 2001:db8:77::1 gateway
    nat    a router stands in it: publisher 10.78.1.2 ── 10.78.1.1 router 10.77.1.2 ── 10.77.1.1 gateway
           It hides the publisher behind its own address, passes all that comes for 203.0.113.7 on to the gateway, and
           drops what comes for the gateway's own address. The gateway's hosts file has 203.0.113.7 as media.test.

One layout has a further namespace, for a TURN server between gateway and SFU:

    relay  gateway 10.77.4.1 ── 10.77.4.2 turn 10.77.5.2 ── 10.77.5.1 viewer

The gateway's hosts file has the SFU's address as skyway.test. The others have a default route to the gateway, which
leads nowhere from there. No packet leaves the machine.
Namespaces of owners that are gone are removed by `create`. Every veth gets gso_max_segs 1: a UDP_SEGMENT run would
cross as one packet, be dropped as one by a loss rule, and show as one in a capture.
"""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys

ROLES = ("publisher", "gateway", "viewer", "attacker", "router", "turn")
LAYOUTS = ("plain", "ipv6", "nat", "relay")
FURTHER_ROLES = {"nat": ("router",), "relay": ("turn",)}
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


NAT = """
table ip nat {
    chain prerouting {
        type nat hook prerouting priority dstnat;
        ip daddr 203.0.113.7 dnat to 10.77.1.1
    }
    chain postrouting {
        type nat hook postrouting priority srcnat;
        oifname "gateway" masquerade random
    }
}
table ip filter {
    chain forward {
        type filter hook forward priority filter; policy drop;
        ct state established,related accept
        ct status dnat accept
    }
}
"""


def settings(namespace: str) -> pathlib.Path:
    """Where `ip netns exec` finds files that it puts over those in /etc."""
    return pathlib.Path("/etc/netns") / namespace


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


def create(owner: str, layout: str = "plain") -> dict:
    """Makes the namespaces; a leg's link is called by its end's role at the gateway, and `gateway` at its end."""
    for gone in {entry.split("-")[1] for entry in existing()}:
        if gone == owner or not os.path.exists(f"/proc/{gone}"):
            remove(gone)
    for role in (*ROLES[:4], *FURTHER_ROLES.get(layout, ())):
        ip("netns", "add", name(owner, role))
        ip("-n", name(owner, role), "link", "set", "lo", "up")
    gateway = name(owner, "gateway")
    for role, (near, far) in LEGS.items():
        end, prefix = name(owner, role), 24
        if role == "publisher" and layout == "ipv6":
            near, far, prefix = "2001:db8:77::1", "2001:db8:77::2", 64
        if role == "publisher" and layout == "nat":
            end = name(owner, "router")
        connect(gateway, role, f"{near}/{prefix}", end, "gateway", f"{far}/{prefix}")
        if end != name(owner, "router"):
            ip("-n", end, "route", "add", "default", "via", near)
    name_hosts(gateway, "203.0.113.7 media.test" if layout == "nat" else "")
    if layout == "nat":
        hide(owner)
    if layout == "relay":
        turn, viewer = name(owner, "turn"), name(owner, "viewer")
        connect(gateway, "turn", "10.77.4.1/24", turn, "gateway", "10.77.4.2/24")
        connect(viewer, "turn", "10.77.5.1/24", turn, "viewer", "10.77.5.2/24")
        # To the SFU's address on the other leg; nothing is passed on for anybody.
        ip("-n", turn, "route", "add", LEGS["viewer"][1], "via", "10.77.5.1")
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


def connect(near: str, near_link: str, near_address: str, far: str, far_link: str, far_address: str) -> None:
    """Makes a link between two namespaces."""
    ip("link", "add", near_link, "netns", near, "type", "veth", "peer", "name", far_link, "netns", far)
    for namespace, link, address in ((near, near_link, near_address), (far, far_link, far_address)):
        ip("-n", namespace, "addr", "add", address, "dev", link, *(["nodad"] if ":" in address else []))
        # An IPv6 address that comes a second later is a change of network, at which Chromium drops its requests.
        ip("-n", namespace, "link", "set", link, "addrgenmode", "none")
        ip("-n", namespace, "link", "set", link, "gso_max_segs", "1", "up")


def hide(owner: str) -> None:
    """Puts a router with NAT both ways between publisher and gateway."""
    router, publisher = name(owner, "router"), name(owner, "publisher")
    connect(router, "publisher", "10.78.1.1/24", publisher, "gateway", "10.78.1.2/24")
    ip("-n", publisher, "route", "add", "default", "via", "10.78.1.1")
    shell = ["ip", "netns", "exec", router]
    subprocess.run([*shell, "sysctl", "-qw", "net.ipv4.ip_forward=1"], check=True)
    subprocess.run([*shell, "nft", "-f", "-"], input=NAT, text=True, check=True)


def name_hosts(gateway: str, more: str) -> None:
    """Writes the gateway's hosts file."""
    folder = settings(gateway)
    folder.mkdir(parents=True, exist_ok=True)
    skyway = f"{LEGS['viewer'][1]} skyway.test"
    (folder / "hosts").write_text(f"127.0.0.1 localhost\n::1 localhost\n{skyway}\n{more}\n")


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
        shutil.rmtree(settings(namespace), ignore_errors=True)
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
        case ["create", owner, layout] if layout in LAYOUTS:
            print(json.dumps(create(owner, layout)))
        case ["remove", owner]:
            print(json.dumps(remove(owner)))
        case ["run", owner, role, *command] if role in ROLES and command:
            os.execvp("ip", ["ip", "netns", "exec", name(owner, role), *command])
        case _:
            print(__doc__, file=sys.stderr)
            raise SystemExit(2)


if __name__ == "__main__":
    main()
