# SPDX-FileCopyrightText: the skyway-whip-gateway authors
# SPDX-License-Identifier: Apache-2.0
"""Makes one HTTP request. Result: status (0 where nobody answered), headers (names in lower case), body, seconds."""
import argparse
import ssl
import time
import urllib.error
import urllib.request
from pathlib import Path

import peer


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def main(arguments) -> dict:
    body = Path(arguments.body).read_bytes() if arguments.body else None
    headers = dict(header.split(": ", 1) for header in arguments.header)
    request = urllib.request.Request(arguments.url, body, headers, method=arguments.method)
    began = time.monotonic()
    try:
        # Certificates of tests are signed by themselves.
        secure = urllib.request.HTTPSHandler(context=ssl._create_unverified_context())
        answer = urllib.request.build_opener(NoRedirect, secure).open(request, timeout=arguments.wait)
    except urllib.error.HTTPError as error:
        answer = error
    except OSError as error:
        return {"status": 0, "headers": {}, "body": str(error), "seconds": round(time.monotonic() - began, 4)}
    with answer:
        text = answer.read(1 << 20).decode(errors="replace")
    return {
        "status": answer.status,
        "headers": {name.lower(): value for name, value in answer.headers.items()},
        "body": text,
        "seconds": round(time.monotonic() - began, 4),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("method")
    parser.add_argument("url")
    parser.add_argument("--header", action="append", default=[], help="name: value")
    parser.add_argument("--body", help="a file")
    parser.add_argument("--wait", type=float, default=10)
    options = parser.parse_args()
    peer.run(lambda: main(options), limit=options.wait + 5)
