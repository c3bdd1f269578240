"""Error pages need nothing: no request, no user, no database; who is logged in stays at home."""

from types import SimpleNamespace

import pytest
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.db import DatabaseError
from django.template.loader import render_to_string
from django.test import RequestFactory

from config.refusals import bad_request, not_found

PAGES = {
    "400.html": "The request could not be read",
    "403.html": "Not allowed",
    "403_csrf.html": "The form could not be sent",
    "404.html": "Page not found",
    "500.html": "Something went wrong",
}


@pytest.mark.parametrize(("template", "title"), PAGES.items())
def test_error_page_renders_without_any_context(template, title):
    html = render_to_string(template)

    assert f"<h1>{title}</h1>" in html
    assert f"<title>{title} · Plumbline</title>" in html
    assert '<html lang="en" dir="ltr">' in html
    assert 'action="/logout"' not in html


def test_address_that_does_not_exist_answers_with_the_product_s_own_page(client):
    response = client.get("/no-such-page")

    assert response.status_code == 404
    assert "<h1>Page not found</h1>" in response.content.decode()


@pytest.mark.parametrize(
    ("query", "status"), [("/orgs/nowhere", 404), ("/no-such-page", 404), ("/?sort=age", 400)]
)
def test_who_is_logged_in_keeps_navigation_and_language(ana, login, query, status):
    response = login(ana).get(query)
    html = response.content.decode()

    assert response.status_code == status
    assert 'action="/logout"' in html
    assert "Organisations</a>" in html
    assert 'class="pl-languages"' in html


def test_who_is_not_logged_in_gets_neither_navigation_nor_a_cookie(client, db):
    response = client.get("/no-such-page")

    assert 'class="pl-nav"' not in response.content.decode()
    assert not response.cookies


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"unit": "<b>"}, "unit: there is none with this key"),
        ({"from": "2026-02-01", "to": "2026-01-01"}, "from: lies after to"),
    ],
)
def test_bad_request_names_the_parameter(organization, ana, login, query, said):
    response = login(ana).get(f"/orgs/{organization.slug}", query)

    assert response.status_code == 400
    assert f'<code lang="en">{said}</code>' in response.content.decode()


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (BadRequest("a: <i>is wrong</i>"), "a: &lt;i&gt;is wrong&lt;/i&gt;"),
        (SuspiciousOperation("secret"), None),
    ],
)
def test_only_what_we_say_ourselves_is_told_and_escaped(error, told):
    html = bad_request(RequestFactory().get("/"), error).content.decode()

    assert "secret" not in html
    assert ("<code" in html) == (told is not None)
    assert told is None or told in html


class Gone(SimpleNamespace):
    """A user of a database that does not answer."""

    @property
    def is_authenticated(self):
        raise DatabaseError


@pytest.mark.parametrize(("view", "status"), [(bad_request, 400), (not_found, 404)])
def test_page_without_a_database_is_still_the_same(view, status):
    request = RequestFactory().get("/")
    request.user = Gone()

    response = view(request, BadRequest("unit: there is none with this key"))

    assert response.status_code == status
    assert PAGES[f"{status}.html"] in response.content.decode()
