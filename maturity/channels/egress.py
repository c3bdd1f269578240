"""Which addresses a request that a tenant asked for may reach: public ones alone.

The name is resolved once, every answer is checked, and the socket connects to a checked answer,
so a name that resolves differently a moment later (DNS rebinding) reaches nothing else. It holds
for every connection that urllib3 opens inside `guarded()`: each hop of a redirect, and whatever
a library does with requests on our behalf.
"""

import ipaddress
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

from django.conf import settings
from urllib3.util import connection

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# What one message may take in all, well within a claim's lease; and how many of a name's addresses
# are tried.
LONGEST = 40.0
TRIED = 3

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_IPV4_COMPATIBLE = ipaddress.IPv6Network("::/96")
# The connections of the block that is guarded; None where nothing is.
_opened: ContextVar[list[socket.socket] | None] = ContextVar("opened", default=None)
_connect = connection.create_connection


class Forbidden(OSError):
    """The address is not public, and this installation does not allow it."""


@contextmanager
def guarded(*, seconds: float = LONGEST) -> Iterator[None]:
    """Let urllib3 reach only what may be reached, in this thread, for the block.

    After so many seconds its connections are cut off: a receiver that answers byte by byte keeps
    every single read short, and would hold a worker for ever.
    """
    opened: list[socket.socket] = []
    token = _opened.set(opened)
    end = threading.Timer(seconds, _cut_off, args=(opened,))
    end.daemon = True
    end.start()
    try:
        yield
    finally:
        end.cancel()
        _opened.reset(token)
        for each in opened:
            each.close()


def _cut_off(opened: list[socket.socket]) -> None:
    for each in opened:
        with suppress(OSError):  # it is closed already
            each.shutdown(socket.SHUT_RDWR)


def checked_addresses(host: str, port: int) -> list[str]:
    """Resolve a name once. Raises Forbidden if any answer may not be reached, or OSError."""
    answers = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(answer[4][0]) for answer in answers))
    for address in addresses:
        if not may_reach(address):
            raise Forbidden("the address is private, or not allowed here")
    if not addresses:
        raise OSError("the name has no address")
    return addresses


def may_reach(text: str) -> bool:
    """Whether an address is public, or in a network that the operator allowed."""
    address = ipaddress.ip_address(text)
    inner = _inner(address)
    if any(each in network for each in (address, inner) for network in _allowed()):
        return True
    return _is_public(inner)


def literal_is_forbidden(host: str) -> bool:
    """Whether a host is written as an address, or as localhost, that may not be reached."""
    try:
        return not may_reach(socket.inet_ntoa(socket.inet_aton(host)))
    except OSError:
        pass
    try:
        return not may_reach(host.strip("[]"))
    except ValueError:
        local = host.rstrip(".").lower()
        return (local == "localhost" or local.endswith(".localhost")) and not may_reach("127.0.0.1")


def _is_public(address: Address) -> bool:
    site_local = isinstance(address, ipaddress.IPv6Address) and address.is_site_local
    odd = address.is_multicast or address.is_unspecified or address.is_reserved or site_local
    return address.is_global and not odd


def _inner(address: Address) -> Address:
    """The IPv4 address that an IPv6 one carries inside, else the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64 or address in _IPV4_COMPATIBLE:
        return ipaddress.IPv4Address(address.packed[-4:])
    teredo = address.teredo[1] if address.teredo else None
    return address.ipv4_mapped or address.sixtofour or teredo or address


def _allowed() -> Iterator[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    for network in settings.OUTBOUND_ALLOWED_NETWORKS:
        yield ipaddress.ip_network(network)


def _create_connection(address: tuple[str, int], *args: Any, **kwargs: Any) -> socket.socket:
    """urllib3's own, to a checked address where the caller is guarded."""
    opened = _opened.get()
    if opened is None:
        return _connect(address, *args, **kwargs)
    host, port = address
    addresses = checked_addresses(host, port)[:TRIED]
    connected = _first_that_answers(addresses, port, args, kwargs)
    # A copy: TLS takes the socket itself over.
    opened.append(connected.dup())
    return connected


def _first_that_answers(
    addresses: Sequence[str], port: int, args: Any, kwargs: Any
) -> socket.socket:
    *others, last = addresses
    for each in others:
        try:
            return _connect((each, port), *args, **kwargs)
        except OSError:
            continue
    return _connect((last, port), *args, **kwargs)


# The one place where urllib3 (and with it requests and apprise) opens sockets.
connection.create_connection = _create_connection
