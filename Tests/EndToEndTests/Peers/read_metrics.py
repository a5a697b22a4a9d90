# SPDX-FileCopyrightText: the skyway-whip-gateway authors
# SPDX-License-Identifier: Apache-2.0
"""Reads metrics as Prometheus does, by the parser of its own client. Result: families (name, type, help, samples)."""
import argparse
import urllib.request

from prometheus_client.parser import text_string_to_metric_families

import peer


def main(arguments) -> dict:
    request = urllib.request.Request(arguments.url, headers={"Authorization": f"Bearer {arguments.key}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        content_type = answer.headers["Content-Type"]
        text = answer.read().decode()
    families = []
    series = set()
    for family in text_string_to_metric_families(text):
        samples = []
        for sample in family.samples:
            name = (sample.name, *sorted(sample.labels.items()))
            if name in series:
                raise peer.PeerError(f"{name} is there twice")
            series.add(name)
            samples.append({"name": sample.name, "labels": sample.labels, "value": sample.value})
        families.append({"name": family.name, "type": family.type, "help": family.documentation, "samples": samples})
    return {"contentType": content_type, "families": families}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--key", default="")
    parsed = parser.parse_args()
    peer.run(lambda: main(parsed), limit=15)
