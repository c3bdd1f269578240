"""Who answers, when and from where is in no log line."""

import io
import json
import logging
import traceback

import pytest
import structlog
from django.test import Client, RequestFactory
from django.views.debug import ExceptionReporter

from surveys.apps import REQUEST_LOGGERS, AnswerPathFilter
from surveys.models import IntakeResponse
from surveys.views import answering, respond
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


def test_gunicorns_access_log_leaves_answers_out(log, link, monkeypatch):
    access = logging.getLogger("gunicorn.access")
    # It writes by itself; here it is heard where everything else is.
    monkeypatch.setattr(access, "propagate", True)
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


JOURNEY = {
    "HTTP_USER_AGENT": "TellTale/1.0",
    "REMOTE_ADDR": "203.0.113.9",
    "HTTP_X_FORWARDED_FOR": "198.51.100.7",
    "HTTP_X_REQUEST_ID": "req-telltale",
    "HTTP_COOKIE": "telltale=1",
}
TELLTALES = ("TellTale", "203.0.113.9", "198.51.100.7", "telltale", SECRET, "LEV1")


def test_a_whole_visit_leaves_no_trace_in_any_line(log, client, link):
    """Look, preview, err, send, look again, switch language, read the results of before."""
    log.truncate(0)

    for path, data in (
        (link, None),
        (f"{link}?lang=de", None),
        (link, {"LEV1": "9"}),
        (link, {"LEV1": "4", "OPN1": SECRET, "preview": "1"}),
        (link, {"LEV1": "4", "OPN1": SECRET}),
        (link, {"LEV1": "4", "OPN1": SECRET}),
        (link, None),
        ("/s/results/" + "A" * 43, None),
    ):
        client.post(path, data, **JOURNEY) if data else client.get(path, **JOURNEY)

    lines = [line for line in log.getvalue().splitlines() if "django.db" not in line]
    assert lines == []
    assert IntakeResponse.objects.count() == 1


def test_what_is_logged_while_an_answer_is_stored_knows_no_request(log, client, link, monkeypatch):
    def store(invitation, submission) -> None:
        structlog.get_logger("surveys.services").warning("storing")

    monkeypatch.setattr(answering, "submit_response", store)

    client.post(link, {"LEV1": "4"}, **JOURNEY)

    (line,) = [json.loads(row) for row in log.getvalue().splitlines() if '"storing"' in row]
    assert set(line) == {"event", "logger", "level", "timestamp"}


@pytest.mark.parametrize(
    "body",
    [
        {f"f{number}": SECRET for number in range(1_100)},
        {"OPN1": SECRET * 110_000},
    ],
)
def test_a_form_that_is_too_large_is_refused_without_a_word_about_it(log, link, body):
    client = Client(raise_request_exception=False)

    refused = client.post(link, body, **JOURNEY)

    assert refused.status_code in {400, 413}
    text = "\n".join(row for row in log.getvalue().splitlines() if "django.db" not in row)
    assert [word for word in (*TELLTALES, link[3:]) if word in text] == []
    assert not IntakeResponse.objects.exists()


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data; boundary=x", b"--x\r\nnonsense"),
        ("multipart/form-data", b""),
        ("application/x-www-form-urlencoded; charset=nonsense", b"LEV1=4"),
        ("application/x-www-form-urlencoded", b"LEV1=%ff%fe&\x00=1"),
        ("application/json", b'{"LEV1": 4}'),
    ],
)
def test_no_body_is_a_fault_of_ours(log, link, content_type, body):
    client = Client(raise_request_exception=False)

    refused = client.generic("POST", link, body, content_type, **JOURNEY)

    assert refused.status_code in {303, 400}
    assert not [word for word in TELLTALES[:4] if word in log.getvalue()]


def test_an_error_page_shows_neither_answers_nor_their_variables(link, monkeypatch):
    def fail(self, *args, **kwargs) -> None:
        raise ValueError("broken")

    monkeypatch.setattr(IntakeResponse, "save", fail)
    request = RequestFactory().post(link, {"LEV1": "4", "OPN1": SECRET})
    try:
        respond(request, token=link.removeprefix("/s/"))
    except ValueError as error:
        report = ExceptionReporter(request, ValueError, error, error.__traceback__)
        text = report.get_traceback_html() + report.get_traceback_text()

    assert SECRET not in text
