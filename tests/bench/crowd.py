"""What four exports at once do to somebody who wants a small page, on the product's own server."""

import http.client
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

EXPORTS = ("csv", "ndjson", "parquet", "arrow")
URL = "/api/v1/feed/scores"
SMALL = f"{URL}?page_size=100"
SECONDS = float(os.environ.get("BENCH_CROWD_SECONDS", "15"))
PAUSE = 0.05
# As the product is started, by docker-compose.yml and by `make demo`.
SERVE = ("config.wsgi:application", "--workers", "2", "--threads", "12", "--no-control-socket")


def bench_crowd(secret: str) -> None:
    with _server(secret) as port:
        _wait(port, secret)
        idle = _latencies(port, secret)
        stop, received = threading.Event(), [0] * len(EXPORTS)
        threads = [
            threading.Thread(target=_export, args=(port, secret, number, stop, received))
            for number in range(len(EXPORTS))
        ]
        for thread in threads:
            thread.start()
        time.sleep(2)
        busy = _latencies(port, secret)
        stop.set()
        for thread in threads:
            thread.join()
    before, during = _p95(idle), _p95(busy)
    print(f"small page while {len(EXPORTS)} exports run (100 rows, over HTTP, 2 workers)")
    print(
        f"  idle p50 {statistics.median(idle):.1f} ms, p95 {before:.1f} ms; meanwhile"
        f" p50 {statistics.median(busy):.1f} ms, p95 {during:.1f} ms:"
        f" {during / before:.2f} times (under 2); exports moved {sum(received) / 1e6:.0f} MB"
    )


@contextmanager
def _server(secret: str) -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", *SERVE, "--bind", f"127.0.0.1:{port}"]
    process = subprocess.Popen(command, env=os.environ | {"LOG_LEVEL": "ERROR"})
    try:
        yield port
    finally:
        process.terminate()
        process.wait()


def _wait(port: int, secret: str) -> None:
    """Until both workers have loaded what they need."""
    for _ in range(600):
        try:
            _get(port, secret, SMALL)
        except OSError:
            time.sleep(0.1)
        else:
            break
    for _ in range(20):
        _get(port, secret, SMALL)


def _latencies(port: int, secret: str) -> list[float]:
    """Milliseconds of small pages, one after the other, for SECONDS."""
    found = []
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        began = time.perf_counter()
        _get(port, secret, SMALL)
        found.append((time.perf_counter() - began) * 1000)
        time.sleep(PAUSE)
    return found


def _get(port: int, secret: str, url: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", url, headers=_headers(secret))
    response = connection.getresponse()
    response.read()
    connection.close()
    if response.status != 200:
        raise RuntimeError(response.status)


def _export(
    port: int, secret: str, number: int, stop: threading.Event, received: list[int]
) -> None:
    """Download one format over and over."""
    buffer = bytearray(1 << 18)
    while not stop.is_set():
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", f"{URL}.{EXPORTS[number]}", headers=_headers(secret))
        response = connection.getresponse()
        if response.status != 200:
            raise RuntimeError(response.status)
        while not stop.is_set() and (size := response.readinto(buffer)):
            received[number] += size
        connection.close()


def _headers(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}", "Host": "testserver"}


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[18]
