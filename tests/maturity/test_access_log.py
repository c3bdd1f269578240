"""A real gunicorn that is told to log every access: keys are masked there, too."""

import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

ROOT = Path(__file__).resolve().parents[2]
SECRET = "plumb_0123abcd_" + "s3cr-t_" * 6 + "x"
LISTENING = re.compile(r"Listening at: (http://127\.0\.0\.1:\d+)")


@pytest.mark.processes
def test_no_key_reaches_the_access_log():
    command = [
        *(sys.executable, "-m", "gunicorn", "config.wsgi:application"),
        *("--bind", "127.0.0.1:0", "--threads", "1", "--no-control-socket"),
        *("--access-logfile", "-", "--access-logformat", "%(r)s %({authorization}i)s"),
    ]
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"}
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as server:
        told = []
        for line in server.stdout:
            told.append(line)
            if found := LISTENING.search(line):
                break
        request = Request(  # noqa: S310  # our own server
            f"{found[1]}/api/nothing?api_key={SECRET}",
            headers={"Authorization": f"Bearer {SECRET}"},
        )
        with pytest.raises(HTTPError) as refused:
            urlopen(request, timeout=30)  # noqa: S310
        refused.value.close()
        server.terminate()
        told += server.stdout.readlines()

    logged = [line for line in told if "gunicorn.access" in line]
    assert len(logged) == 1
    assert "GET /api/nothing?api_key=plumb_0123abcd_… HTTP/1.1 Bearer plumb_0123abcd_…" in logged[0]
    assert "s3cr-t" not in "".join(told)
