"""Requests that a tenant asked for reach public addresses alone, whatever the name says."""

import socket
import threading
import time
from contextlib import contextmanager

import pytest
import urllib3

from maturity.channels import egress
from maturity.channels.egress import Forbidden, checked_addresses, guarded, may_reach
from tests.maturity.receiver import receiving

LOOPBACK = ["127.0.0.0/8", "::1/128"]


def resolving(monkeypatch, *answers):
    """Let every name resolve to these addresses, one list per call; return the calls."""
    calls = []
    real = socket.getaddrinfo

    def fake(host, port, *args, **kwargs):
        if host[:1].isdigit() or ":" in host:
            return real(host, port, *args, **kwargs)
        calls.append(host)
        addresses = answers[min(len(calls), len(answers)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", fake)
    return calls


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",  # noqa: S104
 "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.9.9.9", "169.254.169.254",
        "172.16.0.1", "192.0.0.1", "192.0.2.1", "192.168.1.1", "198.18.0.1", "224.0.0.1",
        "240.0.0.1", "255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1",
        "::ffff:10.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::169.254.169.254", "2002:7f00:1::",
        "2002:a00:1::1", "fc00::1", "fd12:3456::1", "fe80::1", "fe80::1%1", "fec0::1", "ff02::1",
        "2001:db8::1", "100::1",
    ],
)  # fmt: skip
def test_what_is_not_public_is_not_reached(address):
    assert not may_reach(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "8.8.8.8", "2606:4700:4700::1111", "64:ff9b::8.8.8.8", "2002:808:808::"]
)
def test_what_is_public_is_reached(address):
    assert may_reach(address)


def test_the_operator_can_allow_a_network(settings):
    settings.OUTBOUND_ALLOWED_NETWORKS = ["10.0.0.0/8"]

    assert may_reach("10.1.2.3")
    assert may_reach("::ffff:10.1.2.3")
    assert not may_reach("192.168.1.1")


def test_one_private_answer_among_public_ones_refuses_them_all(monkeypatch):
    resolving(monkeypatch, ["8.8.8.8", "10.0.0.1"])

    with pytest.raises(Forbidden):
        checked_addresses("rebound.example", 443)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "[::1]", "::ffff:127.0.0.1",
     "localhost", "LOCALHOST.", "a.localhost", "10.0.0.1"],
)  # fmt: skip
def test_a_private_address_is_seen_however_it_is_written(host):
    assert egress.literal_is_forbidden(host)


@pytest.mark.parametrize("host", ["example.org", "8.8.8.8", "localhost.example.org"])
def test_names_are_left_to_the_moment_of_connecting(host):
    assert not egress.literal_is_forbidden(host)


@contextmanager
def dripping():
    """A server that sends one byte of an endless header after the other."""
    over = threading.Event()

    def drip(listener):
        client, _address = listener.accept()
        with client:
            client.sendall(b"HTTP/1.1 200 OK\r\nX: ")
            while not over.wait(0.05):
                try:
                    client.sendall(b"x")
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip, args=(listener,))
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            over.set()
            thread.join()


class TestConnecting:
    @pytest.fixture
    def receiver(self):
        with receiving() as receiver:
            yield receiver

    def post(self, url):
        with urllib3.PoolManager(retries=False) as pool:
            return pool.request("POST", url, redirect=False, timeout=2).status

    def test_a_guarded_request_does_not_reach_loopback(self, receiver):
        with guarded(), pytest.raises(urllib3.exceptions.HTTPError) as refused:
            self.post(receiver.url())

        assert isinstance(refused.value.__cause__, Forbidden)
        assert receiver.requests == []

    def test_an_unguarded_one_does(self, receiver):
        assert self.post(receiver.url()) == 204

    def test_the_name_is_resolved_once_and_the_checked_answer_is_used(
        self, monkeypatch, receiver, settings
    ):
        """Rebinding: a second answer, whatever it is, is never asked for."""
        settings.OUTBOUND_ALLOWED_NETWORKS = LOOPBACK
        calls = resolving(monkeypatch, ["127.0.0.1"], ["10.0.0.1"])

        with guarded():
            status = self.post(receiver.url(host="rebound.example"))

        assert (status, calls) == (204, ["rebound.example"])
        assert receiver.requests[0][1]["host"] == f"rebound.example:{receiver.port}"

    def test_a_name_that_turns_private_is_refused_at_the_next_connection(
        self, monkeypatch, receiver
    ):
        resolving(monkeypatch, ["127.0.0.1"])

        with guarded(), pytest.raises(urllib3.exceptions.HTTPError):
            self.post(receiver.url(host="rebound.example"))

        assert receiver.requests == []

    def test_an_answer_that_drips_is_cut_off(self, settings):
        settings.OUTBOUND_ALLOWED_NETWORKS = LOOPBACK
        with dripping() as port:
            began = time.monotonic()

            with guarded(seconds=0.3):
                self.post(f"http://127.0.0.1:{port}/")

        assert time.monotonic() - began < 2

    def test_every_hop_of_a_redirect_is_checked(self, monkeypatch, receiver, settings):
        settings.OUTBOUND_ALLOWED_NETWORKS = ["127.0.0.1/32"]
        receiver.answer = (307, {"Location": "http://127.0.0.2:1/secret"}, b"")

        with (
            guarded(),
            urllib3.PoolManager() as pool,
            pytest.raises(urllib3.exceptions.HTTPError) as refused,
        ):
            pool.request("POST", receiver.url(), retries=urllib3.Retry(connect=0), timeout=2)

        assert "127.0.0.2" in str(refused.value)
        assert len(receiver.requests) == 1
