"""Who answers, when and from where is in no log line."""

import io
import json
import logging
import traceback

import pytest
from django.test import Client

from surveys.apps import REQUEST_LOGGERS, AnswerPathFilter
from surveys.models import IntakeResponse
from tests.surveys.conftest import tokens

SECRET = "the answer nobody may read"


@pytest.fixture
def log():
    """Everything the process logs, formatted as production formats it."""
    stream = io.StringIO()
    production = next(h for h in logging.getLogger().handlers if h.name == "stderr")
    handler = logging.StreamHandler(stream)
    handler.setFormatter(production.formatter)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture
def link(opened) -> str:
    return f"/s/{tokens(opened())[0]}"


def _send(client: Client, method: str, link: str) -> None:
    headers = {"user-agent": "TellTale/1.0", "referer": f"http://testserver{link}"}
    getattr(client, method)(link, {"LEV1": "9"}, headers=headers, REMOTE_ADDR="203.0.113.9")


@pytest.mark.parametrize("method", ["get", "post", "put"])
def test_no_line_is_written_on_the_answer_path(log, client, link, method):
    log.truncate(0)

    _send(client, method, link)
    _send(client, method, "/s/a-link-that-is-unknown-but-long")

    lines = [line for line in log.getvalue().splitlines() if "django.db" not in line]
    assert lines == []


def test_other_paths_are_logged_as_ever(log, client, db):
    client.get("/nowhere")

    assert "GET /nowhere" in log.getvalue()


def test_a_fault_of_ours_is_reported_without_link_address_or_content(log, link, monkeypatch):
    def fail(self, *args, **kwargs) -> None:
        raise ValueError(f"DETAIL: Failing row contains ({SECRET})")

    monkeypatch.setattr(IntakeResponse, "save", fail)
    client = Client(raise_request_exception=False)

    response = client.post(link, {"LEV1": "4", "OPN1": SECRET}, REMOTE_ADDR="203.0.113.9")

    assert response.status_code == 500
    reported = [
        json.loads(line) for line in log.getvalue().splitlines() if "An answer page failed" in line
    ]
    assert len(reported) == 1
    assert "ValueError" in reported[0]["event"]
    assert "services/answers.py" in reported[0]["event"]
    text = log.getvalue()
    for private in (link.removeprefix("/s/"), SECRET, "203.0.113.9"):
        assert private not in text


def test_gunicorns_access_log_leaves_answers_out(log, link):
    access = logging.getLogger("gunicorn.access")
    access.setLevel(logging.INFO)
    line = '%(h)s "%(r)s" %(s)s'

    access.info(line, {"h": "203.0.113.9", "r": f"GET {link} HTTP/1.1", "s": "200"})
    access.info(line, {"h": "203.0.113.9", "r": "GET /login HTTP/1.1", "s": "200"})

    text = log.getvalue()
    assert "GET /login" in text
    assert link not in text
    assert text.count("203.0.113.9") == 1


def test_every_request_logger_is_filtered():
    for name in REQUEST_LOGGERS:
        filters = logging.getLogger(name).filters
        assert any(isinstance(one, AnswerPathFilter) for one in filters), name


def test_a_mailed_error_report_has_no_request_to_quote():
    record = logging.makeLogRecord({"msg": "%s: %s", "args": ("Error", "/s/" + "x" * 43)})
    record.__dict__["request"] = object()
    try:
        raise ValueError(SECRET)
    except ValueError as error:
        record.exc_info = (ValueError, error, error.__traceback__)

    assert AnswerPathFilter().filter(record)

    assert record.__dict__["request"] is None
    assert record.exc_info is None
    assert SECRET not in record.getMessage()
    assert traceback.format_exc() == "NoneType: None\n"
