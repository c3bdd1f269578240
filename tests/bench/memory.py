"""How far this process grows while it streams one export: `python -m tests.bench.memory csv`."""

import os
import sys
from pathlib import Path

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
os.environ["LOG_LEVEL"] = "WARNING"

import django

django.setup()

from django.test import Client

URL = "/api/v1/feed/scores"


def main(suffix: str) -> None:
    client = Client(headers={"authorization": f"Bearer {os.environ['BENCH_KEY']}"})
    # What every worker has loaded after its first request of the kind.
    _stream(client, f"{URL}.{suffix}?since_seq={2**62}")
    before = _megabytes("VmRSS")
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    _stream(client, f"{URL}.{suffix}")
    print(_megabytes("VmHWM") - before)


def _stream(client: Client, url: str) -> None:
    response = client.get(url)
    for _piece in response.streaming_content:
        pass
    response.close()


def _megabytes(name: str) -> float:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024


main(sys.argv[1])
