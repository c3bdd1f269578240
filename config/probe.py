"""Ask a web process whether it serves, from inside the machine or container it runs in.

Standard library alone, so that a health check costs a few milliseconds:
`python config/probe.py /readyz` exits 0 when the server on PORT answers that with 200.
"""

import os
import sys
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit


def status_of(url: str, *, host: str | None = None, timeout: float = 2.0) -> int | None:
    """Return the HTTP status that `url` answers, or None where nothing answers.

    `host` is the Host header, which must be one of ALLOWED_HOSTS. Proxy settings of the
    environment are ignored: the question is about this machine. `timeout` is in seconds.
    """
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=timeout)
    try:
        connection.request("GET", parts.path or "/", headers={"Host": host or parts.netloc})
        return connection.getresponse().status
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()


def main(path: str) -> int:
    """Exit code for a health check of `path` on the server of this environment."""
    allowed = os.environ.get("ALLOWED_HOSTS", "").split(",")[0]
    host = allowed or urlsplit(os.environ.get("BASE_URL", "")).hostname
    port = os.environ.get("PORT", "8000")
    return 0 if status_of(f"http://127.0.0.1:{port}{path}", host=host) == 200 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
